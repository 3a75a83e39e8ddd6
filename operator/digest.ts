import { hash } from "node:crypto";
import { isRecord } from "./object.ts";

/** JSON with sorted keys and without undefined fields: equal values give equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return canonicalList(value);
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  let fields = "";
  for (const field of inOrder(Object.keys(value))) {
    const inner = value[field];
    if (inner !== undefined) fields += `${fields === "" ? "" : ","}${JSON.stringify(field)}:${canonical(inner)}`;
  }
  return `{${fields}}`;
}

function canonicalList(values: readonly unknown[]): string {
  let members = "";
  for (let index = 0; index < values.length; index++) members += `${index === 0 ? "" : ","}${canonical(values[index])}`;
  return `[${members}]`;
}

/** Sorted in place; most are already, and every object of every plan comes by here. */
function inOrder(fields: string[]): string[] {
  for (let index = 1; index < fields.length; index++)
    if ((fields[index - 1] ?? "") > (fields[index] ?? "")) return fields.sort();
  return fields;
}

/** Hexadecimal digits that stand for a value; equal values give equal digests in every process. */
export function digest(value: unknown, digits = 16): string {
  return hash("sha256", canonical(value), "hex").slice(0, digits);
}
