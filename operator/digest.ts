import { createHash } from "node:crypto";
import { isRecord } from "./object.ts";

/** JSON with sorted keys and without undefined fields: equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  let fields = "";
  for (const field of Object.keys(value).sort()) {
    if (value[field] === undefined) continue;
    fields += `${fields === "" ? "" : ","}${JSON.stringify(field)}:${canonical(value[field])}`;
  }
  return `{${fields}}`;
}

/** Hexadecimal digits that stand for a value; equal values give equal digests in every process. */
export function digest(value: unknown, digits = 16): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, digits);
}
