import { isDeepStrictEqual } from "node:util";
import { Environment } from "@marcbachmann/cel-js";
import { addressOf, rangeOf, within } from "./address.ts";
import { quantityOf } from "./covers.ts";
import { at, isRecord, listAt, mapAt, textAt } from "./object.ts";

/** One step of a path into a value: a field of an object, a member of a list by its place, an entry of a map by its key. */
export type PathStep = { readonly field: string } | { readonly index: number } | { readonly key: string };

/** Why a value is refused: where, as the API server writes it, and what is wrong there. */
export interface Refused {
  readonly path: string;
  readonly message: string;
  /** Only as a change of what was there before; as a new object it would be admitted. */
  readonly transition?: true;
}

/** What becomes of a value that is sent to an API server: what it stores, and why it does not. */
export interface Admission {
  readonly stored: unknown;
  readonly refused: readonly Refused[];
}

/** The path of a value as the API server writes it: `spec.tolerations[0].key`. */
export function pathText(steps: readonly PathStep[]): string {
  return steps
    .map((step) => ("field" in step ? `.${step.field}` : "index" in step ? `[${step.index}]` : `.${step.key}`))
    .join("")
    .replace(/^\./, "");
}

/** The schema by which an API server admits objects of a CustomResourceDefinition's first version. */
export function objectSchemaOf(crd: unknown): Readonly<Record<string, unknown>> {
  const schema = mapAt(listAt(crd, "spec", "versions")[0], "schema", "openAPIV3Schema");
  const metadata = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return { ...schema, properties: { ...mapAt(schema, "properties"), metadata } };
}

/**
 * Admits a value as the API server does for a structural schema, with strict field validation: refuses what the schema does not know,
 * drops nulls, fills in defaults, then checks every rule. Rules about a change need `before`, as it was stored. Throws for a schema with
 * a keyword that it does not know.
 */
export function admit(schema: unknown, sent: unknown, before?: unknown, root: readonly PathStep[] = []): Admission {
  const unknown = unknownFields(schema, sent, root);
  const stored = defaulted(schema, withoutNulls(schema, sent));
  const broken = [...unknown, ...violations(schema, stored, root)];
  // Rules are only asked about what has the right shape.
  return { stored, refused: broken.length > 0 ? broken : brokenRules(schema, stored, before, root) };
}

/** A value in a value, with its schema. */
interface Inner {
  readonly step: PathStep;
  readonly schema: unknown;
  readonly value: unknown;
}

/** The nodes right below a value; what the schema does not know is left out. */
function inner(schema: unknown, value: unknown): Inner[] {
  if (Array.isArray(value)) {
    const items = at(schema, "items");
    return value.map((each: unknown, index) => ({ step: { index }, schema: items, value: each }));
  }
  const [fields, rest] = [mapAt(schema, "properties"), at(schema, "additionalProperties")];
  return entriesOf(value).flatMap(([name, each]): Inner[] => {
    if (Object.hasOwn(fields, name)) return [{ step: { field: name }, schema: fields[name], value: each }];
    return isRecord(rest) ? [{ step: { key: name }, schema: rest, value: each }] : [];
  });
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

function unknownFields(schema: unknown, value: unknown, path: readonly PathStep[]): Refused[] {
  const open =
    at(schema, "x-kubernetes-preserve-unknown-fields") === true || isRecord(at(schema, "additionalProperties"));
  const known = mapAt(schema, "properties");
  const own =
    open || at(schema, "type") !== "object"
      ? []
      : entriesOf(value)
          .filter(([name]) => !Object.hasOwn(known, name))
          .map(([name]) => ({ path: pathText([...path, { field: name }]), message: "unknown field" }));
  return [
    ...own,
    ...inner(schema, value).flatMap((each) => unknownFields(each.schema, each.value, [...path, each.step])),
  ];
}

/**
 * Without the nulls that the schema does not allow: they stand for absence, and in a map with a default for that. In lists they stay, and
 * are refused later.
 */
function withoutNulls(schema: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => withoutNulls(at(schema, "items"), each));
  if (!isRecord(value)) return value;
  const [fields, rest] = [mapAt(schema, "properties"), at(schema, "additionalProperties")];
  const kept = Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
    const own = Object.hasOwn(fields, name) ? fields[name] : rest;
    if (each !== null || at(own, "nullable") === true) return [[name, withoutNulls(own, each)]];
    return own === rest && "default" in mapAt(rest) ? [[name, at(rest, "default")]] : [];
  });
  return Object.fromEntries(kept);
}

function defaulted(schema: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => defaulted(at(schema, "items"), each));
  if (!isRecord(value)) return value;
  const [fields, rest] = [mapAt(schema, "properties"), at(schema, "additionalProperties")];
  const missing = Object.entries(fields).filter(
    ([name, field]) => !Object.hasOwn(value, name) && "default" in mapAt(field),
  );
  const whole = [
    ...Object.entries(value),
    ...missing.map(([name, field]): [string, unknown] => [name, at(field, "default")]),
  ];
  return Object.fromEntries(
    whole.map(([name, each]) => [name, defaulted(Object.hasOwn(fields, name) ? fields[name] : rest, each)]),
  );
}

const typesOf: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
};

function rightType(schema: unknown, value: unknown): boolean {
  if (value === null) return at(schema, "nullable") === true;
  if (at(schema, "x-kubernetes-int-or-string") === true)
    return typeof value === "string" || Number.isSafeInteger(value);
  return typesOf[textAt(schema, "type") ?? ""]?.(value) ?? at(schema, "x-kubernetes-preserve-unknown-fields") === true;
}

function violations(schema: unknown, value: unknown, path: readonly PathStep[]): Refused[] {
  const refuse = (message: string): Refused => ({ path: pathText(path), message });
  if (!rightType(schema, value)) return [refuse(`must be of type ${textAt(schema, "type") ?? "int or string"}`)];
  const own = Object.entries(mapAt(schema)).flatMap(([keyword, limit]) => {
    const rule = keywords[keyword];
    if (rule === undefined) throw new Error(`${pathText(path)}: the keyword ${keyword} is not known here`);
    const message = rule(value, limit, schema);
    return message === undefined ? [] : [refuse(message)];
  });
  const missing = listAt(schema, "required").filter((name) => isRecord(value) && !Object.hasOwn(value, String(name)));
  return [
    ...own,
    ...missing.map((name) => ({ path: pathText([...path, { field: String(name) }]), message: "required" })),
    ...inner(schema, value).flatMap((each) => violations(each.schema, each.value, [...path, each.step])),
  ];
}

/** Says what a keyword of a schema has against a value of the right type. */
type Keyword = (value: unknown, limit: unknown, schema: unknown) => string | undefined;

const silent: Keyword = () => undefined;
const measured =
  (
    sizeOf: (value: unknown) => number | undefined,
    bad: (size: number, limit: number) => boolean,
    what: string,
  ): Keyword =>
  (value, limit) => {
    const size = sizeOf(value);
    return size !== undefined && bad(size, Number(limit)) ? `${what} ${String(limit)}` : undefined;
  };
const less = (size: number, limit: number): boolean => size < limit;
const more = (size: number, limit: number): boolean => size > limit;
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const lengthOf = (value: unknown): number | undefined =>
  typeof value === "string" ? Array.from(value).length : undefined;
const countOf = (value: unknown): number | undefined => (Array.isArray(value) ? value.length : undefined);
const fieldsOf = (value: unknown): number | undefined => (isRecord(value) ? Object.keys(value).length : undefined);

/** Every keyword that may stand in a schema; those that are looked at elsewhere are silent here. */
const keywords: Readonly<Record<string, Keyword>> = {
  ...Object.fromEntries(
    [
      "type",
      "description",
      "title",
      "default",
      "nullable",
      "required",
      "properties",
      "additionalProperties",
      "items",
    ].map((keyword) => [keyword, silent]),
  ),
  "x-kubernetes-int-or-string": silent,
  "x-kubernetes-preserve-unknown-fields": silent,
  "x-kubernetes-map-type": silent,
  "x-kubernetes-list-map-keys": silent,
  "x-kubernetes-validations": silent,
  "x-kubernetes-list-type": (value, type, schema) => twins(value, type, schema),
  exclusiveMinimum: silent,
  exclusiveMaximum: silent,
  minimum: (value, limit, schema) =>
    measured(numberOf, at(schema, "exclusiveMinimum") === true ? (size, low) => size <= low : less, "less than")(
      value,
      limit,
      schema,
    ),
  maximum: (value, limit, schema) =>
    measured(numberOf, at(schema, "exclusiveMaximum") === true ? (size, high) => size >= high : more, "more than")(
      value,
      limit,
      schema,
    ),
  multipleOf: measured(numberOf, (size, factor) => size % factor !== 0, "no multiple of"),
  minLength: measured(lengthOf, less, "shorter than"),
  maxLength: measured(lengthOf, more, "longer than"),
  minItems: measured(countOf, less, "fewer items than"),
  maxItems: measured(countOf, more, "more items than"),
  minProperties: measured(fieldsOf, less, "fewer entries than"),
  maxProperties: measured(fieldsOf, more, "more entries than"),
  enum: (value, allowed) =>
    Array.isArray(allowed) && !allowed.some((each: unknown) => isDeepStrictEqual(each, value))
      ? `none of ${allowed.join(", ")}`
      : undefined,
  pattern: (value, pattern) =>
    typeof value === "string" && !expressionOf(String(pattern)).test(value)
      ? `does not match ${String(pattern)}`
      : undefined,
  format: (value, format) => {
    const form = formats[String(format)];
    if (form === undefined) throw new Error(`the format ${String(format)} is not known here`);
    return form(value) ? undefined : `no ${String(format)}`;
  },
};

const formats: Readonly<Record<string, (value: unknown) => boolean>> = {
  int32: (value) => typeof value !== "number" || Math.abs(value + 0.5) < 2 ** 31,
  int64: () => true,
  "date-time": (value) =>
    typeof value !== "string" || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value),
};

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, "u");
  expressions.set(pattern, known);
  return known;
}

/** Members of a set, or of a list of which each has its key, that are there twice. */
function twins(value: unknown, type: unknown, schema: unknown): string | undefined {
  if (!Array.isArray(value) || type === "atomic") return undefined;
  const keys = listAt(schema, "x-kubernetes-list-map-keys").map(String);
  const names = value.map((each: unknown) => JSON.stringify(type === "map" ? keyOf(keys, each) : each));
  return new Set(names).size === names.length ? undefined : "duplicate members";
}

function keyOf(keys: readonly string[], member: unknown): unknown[] {
  return keys.map((key) => at(member, key) ?? null);
}

const language = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
// Of what Kubernetes adds to the language: its library about addresses.
language.registerFunction("isCIDR(string): bool", (text: string) => rangeOf(text) !== undefined);
language.registerFunction("isIP(string): bool", (text: string) => addressOf(text) !== undefined);
// A range stays text here: all that is asked of it is what it contains.
language.registerFunction("cidr(string): string", (text: string) => text);
language.registerFunction("string.containsIP(string): bool", (text: string, address: string) => {
  const [range, one] = [rangeOf(text), addressOf(address)];
  return range !== undefined && one !== undefined && within(one, range);
});
// And the one about quantities, such as 500m and 2Gi: a number here.
language.registerFunction("quantity(string): double", (text: string) => quantityOf(text) ?? Number.NaN);
language.registerFunction("double.compareTo(double): int", (one: number, other: number) =>
  BigInt(Math.sign(one - other)),
);
const asked = new Map<string, ReturnType<typeof language.parse>>();

function brokenRules(schema: unknown, value: unknown, before: unknown, path: readonly PathStep[]): Refused[] {
  const own = listAt(schema, "x-kubernetes-validations").flatMap((entry) => {
    const rule = textAt(entry, "rule") ?? "";
    const transition = /\boldSelf\b/.test(rule);
    if (transition && before === undefined) return [];
    const context = { self: celValue(schema, value), ...(transition ? { oldSelf: celValue(schema, before) } : {}) };
    const place = `${pathText(path)}${textAt(entry, "fieldPath") ?? ""}`;
    const message = textAt(entry, "message") ?? `failed rule: ${rule}`;
    return holds(rule, context) ? [] : [{ path: place, message, ...(transition ? { transition } : {}) }];
  });
  const below = inner(schema, value).flatMap((each) =>
    brokenRules(each.schema, each.value, counterpart(schema, each, before), [...path, each.step]),
  );
  return [...own, ...below];
}

/** Whether a rule holds; a rule that cannot be read is an error of ours, one that cannot be answered does not hold. */
function holds(rule: string, context: Readonly<Record<string, unknown>>): boolean {
  const ask = asked.get(rule) ?? language.parse(spelt(rule));
  asked.set(rule, ask);
  try {
    return ask({ ...context }) === true;
  } catch (error) {
    if (error instanceof Error && error.name === "EvaluationError") return false;
    throw error;
  }
}

/** The library asks `has` of fields only where no index is on the way; a map's `in` says the same of the values that rules get here. */
function spelt(rule: string): string {
  return rule.replace(/has\((\w+\[[^\]]+\][\w.]*)\.(\w+)\)/g, "('$2' in $1)");
}

/** What a member was before: of a list only where members have keys. */
function counterpart(schema: unknown, { step, value }: Inner, before: unknown): unknown {
  if ("field" in step) return at(before, step.field);
  if ("key" in step) return at(before, step.key);
  const keys = listAt(schema, "x-kubernetes-list-map-keys").map(String);
  if (keys.length === 0 || !Array.isArray(before)) return undefined;
  return before.find((each: unknown) => isDeepStrictEqual(keyOf(keys, each), keyOf(keys, value)));
}

/** A value as rules see it: whole numbers are integers, names of fields that no identifier can have are spelt out. */
function celValue(schema: unknown, value: unknown): unknown {
  if (typeof value === "number" && at(schema, "type") === "integer") return BigInt(value);
  if (Array.isArray(value)) return value.map((each: unknown) => celValue(at(schema, "items"), each));
  if (!isRecord(value)) return value;
  const [fields, rest] = [mapAt(schema, "properties"), at(schema, "additionalProperties")];
  // A map and not an object: keys such as `constructor` are the user's.
  return new Map(
    Object.entries(value).map(([name, each]) =>
      Object.hasOwn(fields, name) ? [celName(name), celValue(fields[name], each)] : [name, celValue(rest, each)],
    ),
  );
}

const celKeywords: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"],
  ...["import", "let", "loop", "package", "namespace", "return"],
]);

function celName(name: string): string {
  if (celKeywords.has(name)) return `__${name}__`;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}
