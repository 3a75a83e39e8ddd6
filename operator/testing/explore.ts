import fc from "fast-check";
import { at, isRecord, listAt, mapAt, numberAt, textAt } from "../object.ts";
import { admit, type PathStep, pathText } from "../admission.ts";

/** One change of one field of a good object. */
export interface Mutation {
  /** Where the change is, as the API server writes it: `spec.tolerations[0].key`. */
  readonly path: string;
  /** The field of the schema that it touches: `spec.tolerations[].key`. */
  readonly field: string;
  readonly operation: string;
  /** What the field becomes; undefined where it is taken away. */
  readonly value: unknown;
  /** The good object that it starts from; it has the field. */
  readonly start: Fields;
  readonly changed: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a field is changed into, and what that is called. */
interface Change {
  readonly operation: string;
  /** Undefined where the field is taken away. */
  readonly value: unknown;
}

/** A node of a schema, and the way there. */
interface Field {
  readonly path: string;
  readonly steps: readonly SchemaStep[];
  readonly schema: unknown;
}

/** A field of an object, or whatever is in a list or a map. */
type SchemaStep = { readonly field: string } | "items" | "entries";

/** Every field that a user may write, the spec itself among them, by its path in the schema. */
export function fieldsOf(schema: unknown): string[] {
  return nodesBelow(at(schema, "properties", "spec"), "spec", [{ field: "spec" }]).map(({ path }) => path);
}

function nodesBelow(schema: unknown, path: string, steps: readonly SchemaStep[]): Field[] {
  const [items, entries] = [at(schema, "items"), at(schema, "additionalProperties")];
  return [
    { path, steps, schema },
    ...Object.entries(mapAt(schema, "properties")).flatMap(([field, child]) =>
      nodesBelow(child, `${path}.${field}`, [...steps, { field }]),
    ),
    ...(isRecord(items) ? nodesBelow(items, `${path}[]`, [...steps, "items"]) : []),
    ...(isRecord(entries) ? nodesBelow(entries, `${path}.*`, [...steps, "entries"]) : []),
  ];
}

/**
 * Every change of every field of a good object: taken away, emptied, of another type, at and beyond its bounds, with more and fewer
 * members, every other value of an enum and one that is none. Where the good object lacks a field it is filled in first. The same for
 * the same schema and object. Leaves out fields for which no good value is found.
 */
export function mutationsOf(schema: unknown, good: Fields): Mutation[] {
  return nodesBelow(at(schema, "properties", "spec"), "spec", [{ field: "spec" }]).flatMap((field) => {
    const { steps, value } = located(schema, good, field.steps);
    const start = admit(schema, mapAt({ whole: withValue(good, steps, value) }, "whole"));
    if (start.refused.length > 0) return [];
    const base = mapAt(start, "stored");
    return changesOf(field.schema, valueAt(base, steps)).map(({ operation, value: next }) => ({
      ...{ path: pathText(steps), field: field.path, operation, value: next, start: base },
      changed: mapAt({ whole: withValue(base, steps, next) }, "whole"),
    }));
  });
}

/** The way to a field in an object, through the first members that have it, and its value; an example where none has it. */
function located(
  schema: unknown,
  good: unknown,
  steps: readonly SchemaStep[],
): { readonly steps: readonly PathStep[]; readonly value: unknown } {
  const [ways, missing] = [waysOf(good, steps), exampleOf(nodeAt(schema, steps))];
  const there = ways.find((way) => valueAt(good, way) !== undefined);
  if (there !== undefined) return { steps: there, value: valueAt(good, there) };
  const [first = []] = ways;
  return { steps: first, value: missing };
}

/** All ways that the steps can mean in an object: each member of a list, each entry of a map, and a new one where there is none. */
function waysOf(value: unknown, [step, ...rest]: readonly SchemaStep[]): PathStep[][] {
  if (step === undefined) return [[]];
  const next: PathStep[] =
    step === "items"
      ? [...(Array.isArray(value) && value.length > 0 ? value : [undefined]).keys()].map((index) => ({ index }))
      : step === "entries"
        ? Object.keys(isRecord(value) && Object.keys(value).length > 0 ? value : { example: 0 }).map((key) => ({ key }))
        : [step];
  return next.flatMap((each) => waysOf(childOf(value, each), rest).map((way) => [each, ...way]));
}

function nodeAt(schema: unknown, steps: readonly SchemaStep[]): unknown {
  return steps.reduce<unknown>(
    (node, step) =>
      step === "items"
        ? at(node, "items")
        : step === "entries"
          ? at(node, "additionalProperties")
          : at(node, "properties", step.field),
    schema,
  );
}

function childOf(value: unknown, step: PathStep): unknown {
  if ("index" in step) return Array.isArray(value) ? value[step.index] : undefined;
  return at(value, "field" in step ? step.field : step.key);
}

function valueAt(value: unknown, steps: readonly PathStep[]): unknown {
  return steps.reduce<unknown>(childOf, value);
}

/** A copy of a value that has another one at a place, or nothing. */
function withValue(whole: unknown, [step, ...rest]: readonly PathStep[], value: unknown): unknown {
  if (step === undefined) return value;
  const child = withValue(childOf(whole, step), rest, value);
  if ("index" in step) {
    const list: unknown[] = Array.isArray(whole) ? [...whole] : [];
    list.splice(step.index, 1, ...(child === undefined ? [] : [child]));
    return list;
  }
  const name = "field" in step ? step.field : step.key;
  const others = Object.entries(mapAt({ whole }, "whole")).filter(([other]) => other !== name);
  return Object.fromEntries(child === undefined ? others : [...others, [name, child]]);
}

/** A value that a schema admits, the plainest that is easily found. */
function exampleOf(schema: unknown): unknown {
  const [first] = listAt(schema, "enum");
  if (first !== undefined) return first;
  const fallback = at(schema, "default");
  if (fallback !== undefined && !isRecord(fallback)) return fallback;
  const required = listAt(schema, "required").map(String);
  const examples: Fields = {
    object: Object.fromEntries(required.map((name) => [name, exampleOf(at(schema, "properties", name))])),
    array: Array.from({ length: numberAt(schema, "minItems") ?? 0 }, () => exampleOf(at(schema, "items"))),
    integer: numberAt(schema, "minimum") ?? 1,
    number: numberAt(schema, "minimum") ?? 1,
    boolean: false,
  };
  return examples[textAt(schema, "type") ?? "integer"] ?? textExample(schema);
}

function textExample(schema: unknown): string {
  const [least, most] = [numberAt(schema, "minLength") ?? 0, numberAt(schema, "maxLength") ?? Infinity];
  const pattern = new RegExp(textAt(schema, "pattern") ?? "");
  const fits = (text: string): boolean => pattern.test(text) && text.length >= least && text.length <= most;
  const plain = ["example", "e", "1"].find(fits);
  return plain ?? fc.sample(fc.stringMatching(pattern), { numRuns: 200, seed: 1 }).find(fits) ?? "";
}

/** What a value is changed into, for the schema of its node. */
function changesOf(schema: unknown, value: unknown): Change[] {
  const type = textAt(schema, "type") ?? "integer";
  const all: Change[] = [
    { operation: "delete", value: undefined },
    { operation: "null", value: null },
    { operation: "type", value: otherTypes[type] },
    ...(changesByType[type]?.(schema, value) ?? []),
    ...choices(schema, value),
  ];
  return all.filter((each) => JSON.stringify(each.value) !== JSON.stringify(value));
}

const otherTypes: Fields = { object: [], array: {}, string: 7, integer: "7", number: "7", boolean: "true" };

const changesByType: Readonly<Record<string, (schema: unknown, value: unknown) => Change[]>> = {
  object: objectChanges,
  array: listChanges,
  string: textChanges,
  integer: (schema) => numberChanges(schema, 2 ** 31),
  number: (schema) => numberChanges(schema, 1e300),
  boolean: (_, value) => [{ operation: "toggle", value: value !== true }],
};

function choices(schema: unknown, value: unknown): Change[] {
  const allowed = listAt(schema, "enum");
  if (allowed.length === 0) return [];
  return [
    ...allowed.filter((each) => each !== value).map((each) => ({ operation: `choose ${String(each)}`, value: each })),
    { operation: "choose none of them", value: "NoneOfThem" },
  ];
}

function numberChanges(schema: unknown, huge: number): Change[] {
  const [least, most] = [numberAt(schema, "minimum"), numberAt(schema, "maximum")];
  return [
    { operation: "zero", value: 0 },
    { operation: "negative", value: -1 },
    { operation: "fraction", value: 1.5 },
    { operation: "huge", value: huge },
    ...(least === undefined
      ? []
      : [
          { operation: "least", value: least },
          { operation: "too little", value: least - 1 },
        ]),
    ...(most === undefined
      ? []
      : [
          { operation: "most", value: most },
          { operation: "too much", value: most + 1 },
        ]),
  ];
}

/** Texts that have been trouble elsewhere: for shells, templates, configuration files, YAML, names and URLs. */
const hostile: Readonly<Record<string, string>> = {
  "line break": "a\nb: c",
  shell: "$(reboot); `reboot` '\"",
  template: "{{ .Values }} %(password)s ${HOME}",
  "not ASCII": "Ölmühle ☕",
  blank: " ",
  path: "../../etc/passwd",
  control: "a\u0000b",
};

function textChanges(schema: unknown, value: unknown): Change[] {
  const text = typeof value === "string" ? value : "";
  const most = numberAt(schema, "maxLength");
  const longest = most === undefined ? undefined : stretched(schema, text, most);
  return [
    { operation: "empty", value: "" },
    ...(longest === undefined ? [] : [{ operation: "longest", value: longest }]),
    { operation: "too long", value: stretched(schema, text, (most ?? 9999) + 1) ?? "x".repeat((most ?? 9999) + 1) },
    ...Object.entries(hostile).map(([operation, each]) => ({ operation, value: each })),
  ];
}

/** A text of a length that still has the pattern: one of its characters is repeated. */
function stretched(schema: unknown, text: string, length: number): string | undefined {
  const pattern = new RegExp(textAt(schema, "pattern") ?? "", "u");
  const rest = Array.from(text);
  const candidates = (rest.length === 0 ? ["x"] : rest).map((character, index) =>
    [...rest.slice(0, index), character.repeat(length - rest.length + 1), ...rest.slice(index + 1)].join(""),
  );
  return length <= rest.length ? undefined : candidates.find((each) => pattern.test(each));
}

function listChanges(schema: unknown, value: unknown): Change[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const [first = exampleOf(at(schema, "items"))] = list;
  const most = numberAt(schema, "maxItems");
  const grown = (length: number): unknown[] => [
    ...list.slice(0, length),
    ...Array.from({ length: Math.max(0, length - list.length) }, (_, index) => distinct(schema, first, index + 1)),
  ];
  return [
    { operation: "empty", value: [] },
    { operation: "pop", value: list.slice(0, -1) },
    { operation: "push", value: grown(list.length + 1) },
    { operation: "push a twin", value: [...list, first] },
    { operation: "push null", value: [...list, null] },
    { operation: "turn round", value: list.toReversed() },
    ...(most === undefined
      ? []
      : [
          { operation: "most", value: grown(most) },
          { operation: "too many", value: grown(most + 1) },
        ]),
  ];
}

/** Another member like one, under another key where members have keys. */
function distinct(schema: unknown, member: unknown, index: number): unknown {
  const keys = listAt(schema, "x-kubernetes-list-map-keys").map(String);
  if (!isRecord(member)) return typeof member === "string" ? `${member}-${index}` : member;
  const renamed = keys.map((key) => [key, otherKey(at(schema, "items", "properties", key), member[key], index)]);
  return { ...member, ...Object.fromEntries(renamed) };
}

function otherKey(schema: unknown, key: unknown, index: number): unknown {
  const others = listAt(schema, "enum").filter((each) => each !== key);
  if (others.length > 0) return others[(index - 1) % others.length];
  return typeof key === "number" ? key + index : `${String(key)}-${index}`;
}

/** Keys that users may write into a map, and what JavaScript, shells and files make of them. */
const oddKeys = ["", "a b", "a/b", "a=b", "[a]", "constructor", "__proto__", "x".repeat(300)];

function objectChanges(schema: unknown, value: unknown): Change[] {
  const [fields, entries] = [Object.entries(mapAt({ value }, "value")), at(schema, "additionalProperties")];
  const empty = { operation: "empty", value: {} };
  if (!isRecord(entries)) {
    const open = at(schema, "x-kubernetes-preserve-unknown-fields") === true;
    return [
      empty,
      ...(open ? [] : [{ operation: "push an unknown field", value: { ...mapAt({ value }, "value"), unheardOf: 1 } }]),
    ];
  }
  const [[, first] = ["", exampleOf(entries)]] = fields;
  const most = numberAt(schema, "maxProperties");
  const grown = (length: number): Fields =>
    Object.fromEntries([
      ...fields,
      ...Array.from({ length: Math.max(0, length - fields.length) }, (_, index) => [`entry-${index}`, first]),
    ]);
  return [
    empty,
    { operation: "pop", value: Object.fromEntries(fields.slice(0, -1)) },
    { operation: "push", value: grown(fields.length + 1) },
    { operation: "turn round", value: Object.fromEntries(fields.toReversed()) },
    ...oddKeys.map((key) => ({
      operation: `push ${JSON.stringify(key.slice(0, 20))}`,
      value: Object.fromEntries([...fields, [key, first]]),
    })),
    ...(most === undefined
      ? []
      : [
          { operation: "most", value: grown(most) },
          { operation: "too many", value: grown(most + 1) },
        ]),
  ];
}
