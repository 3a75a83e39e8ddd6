import { createHash } from "node:crypto";
import { isRecord } from "./object.ts";

/** JSON with sorted keys and without undefined fields: equal values give equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

/** Hexadecimal digits that stand for a value; equal values give equal digests in every process. */
export function digest(value: unknown, digits = 16): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, digits);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([field, inner]) => [field, sorted(inner)]));
}
