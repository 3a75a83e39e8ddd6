import { isRecord, listAt, mapAt, textAt } from "../object.ts";

/** Formats that Kubernetes checks; others are dropped in silence. */
const formats = [
  "int32",
  "int64",
  "float",
  "double",
  "byte",
  "date",
  "date-time",
  "duration",
  "ipv4",
  "ipv6",
  "uuid",
  "uri",
  "password",
];

const types = ["object", "array", "string", "integer", "number", "boolean"];

/** Never allowed: not structural, or not supported at all. */
const forbidden = [
  "$ref",
  "$defs",
  "definitions",
  "oneOf",
  "allOf",
  "not",
  "anyOf",
  "patternProperties",
  "propertyNames",
  "dependencies",
  "id",
  "$id",
];

/** A CRD that is larger takes too much of etcd, of memory and of every discovery call. */
const maxBytes = 64 * 1024;

/** What Kubernetes, or our own stricter rules, would refuse in a CustomResourceDefinition; empty where nothing would be. */
export function crdTrouble(crd: unknown): string[] {
  const size = Buffer.byteLength(JSON.stringify(crd));
  const schemas = listAt(crd, "spec", "versions").map((version) => mapAt(version, "schema")["openAPIV3Schema"]);
  return [
    ...(size > maxBytes ? [`${size} bytes, more than ${maxBytes}`] : []),
    ...schemas.flatMap((schema) => schemaTrouble(schema)),
  ];
}

/** What would be refused in a schema, each with the path of its node. */
export function schemaTrouble(schema: unknown, path = "$", ruled = false): string[] {
  if (!isRecord(schema)) return [`${path}: no schema`];
  const touched = ruled || "x-kubernetes-validations" in schema;
  const own = [...nodeTrouble(schema), ...listTrouble(schema), ...(touched && path !== "$" ? unbounded(schema) : [])];
  // A rule on the root sees the whole object but reads its metadata only: what is below is bounded where rules of its own are.
  const inner = childrenOf(schema).flatMap(([name, child]) =>
    schemaTrouble(child, `${path}.${name}`, touched && path !== "$"),
  );
  return [...own.map((trouble) => `${path}: ${trouble}`), ...inner];
}

function childrenOf(schema: Readonly<Record<string, unknown>>): [string, unknown][] {
  const members = ["items", "additionalProperties"].filter((field) => isRecord(schema[field]));
  return [
    ...Object.entries(mapAt(schema, "properties")),
    ...members.map((field): [string, unknown] => [field, schema[field]]),
  ];
}

function nodeTrouble(schema: Readonly<Record<string, unknown>>): string[] {
  const { type, format, pattern, uniqueItems, properties, additionalProperties, items } = schema;
  const untyped =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const rules: readonly (readonly [boolean, string])[] = [
    [untyped || (typeof type === "string" && types.includes(type)), "no type"],
    [properties === undefined || additionalProperties === undefined, "additionalProperties beside properties"],
    [
      format === undefined || (typeof format === "string" && formats.includes(format)),
      `unknown format ${String(format)}`,
    ],
    [
      typeof pattern !== "string" || runsAsRe2(pattern),
      `look-around or back reference in the pattern ${String(pattern)}`,
    ],
    [uniqueItems !== true, "uniqueItems"],
    [type !== "array" || isRecord(items), "a list without items"],
  ];
  return [
    ...forbidden.filter((field) => field in schema),
    ...rules.flatMap(([kept, trouble]) => (kept ? [] : [trouble])),
    ...defaultTrouble(schema),
  ];
}

/** Go's regular expressions know no look-around and no back references. */
function runsAsRe2(pattern: string): boolean {
  return !/\(\?(=|!|<=|<!)|\\[1-9]|\\k</.test(pattern);
}

/** A default has the type of its node, and everything that the node requires or makes up itself. */
function defaultTrouble(schema: Readonly<Record<string, unknown>>): string[] {
  if (!("default" in schema)) return [];
  const { default: value, type } = schema;
  const actual = Array.isArray(value)
    ? "array"
    : Number.isInteger(value) && type === "integer"
      ? "integer"
      : typeof value;
  if (actual !== type) return [`a default of type ${actual}`];
  const required = listAt(schema, "required").filter((field) => !(String(field) in mapAt(value)));
  return type === "object" ? required.map((field) => `a default without the required ${String(field)}`) : [];
}

function listTrouble(schema: Readonly<Record<string, unknown>>): string[] {
  if (schema["x-kubernetes-list-type"] !== "map") return [];
  const keys = listAt(schema, "x-kubernetes-list-map-keys").map(String);
  const required = listAt(schema, "items", "required").map(String);
  const missing = keys.filter(
    (key) => !required.includes(key) && !("default" in mapAt(schema, "items", "properties", key)),
  );
  return keys.length === 0
    ? ["a list map without keys"]
    : missing.map((key) => `list-map key ${key} is neither required nor has a default`);
}

/** A rule may cost what its node can grow to: everything it can see has to end somewhere. */
function unbounded(schema: Readonly<Record<string, unknown>>): string[] {
  const type = textAt(schema, "type");
  if (
    type === "string" &&
    schema["maxLength"] === undefined &&
    schema["enum"] === undefined &&
    schema["format"] === undefined
  )
    return ["seen by a rule, without maxLength"];
  if (type === "array" && schema["maxItems"] === undefined) return ["seen by a rule, without maxItems"];
  return type === "object" && isRecord(schema["additionalProperties"]) && schema["maxProperties"] === undefined
    ? ["seen by a rule, without maxProperties"]
    : [];
}
