import { LineCounter, parseAllDocuments } from "yaml";
import type { z } from "zod";
import { kinds } from "../../../crds/index.ts";
import { admit, objectSchemaOf } from "../../../operator/admission.ts";
import { at, isRecord, mapAt, listAt, textAt } from "../../../operator/object.ts";
import { crdOf, type KindDefinition } from "../../../operator/schema.ts";

/** A document that can be planned. */
export interface Wish {
  /** `document 2 (Cloud demo)`. */
  readonly title: string;
  readonly definition: KindDefinition;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly spec: unknown;
}

/** What a file holds: wishes, what cannot be taken and why, and what is no business of ours. */
export interface Reading {
  readonly wishes: readonly Wish[];
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the documents of a YAML text; each refusal names document and field, and what to do. */
export function readingOf(text: string): Reading {
  const lines = new LineCounter();
  // Without excerpts: nothing of a Secret that stands in the same file belongs into a message.
  const parsed = parseAllDocuments(text, { prettyErrors: false, lineCounter: lines });
  const documents = Array.isArray(parsed) ? parsed : [];
  const readings = documents.map((document, index) => {
    const [error] = document.errors;
    if (error === undefined) return readingOfDocument(document.toJS(), index + 1);
    const { line, col } = lines.linePos(error.pos[0]);
    return refused(`document ${index + 1}: ${error.message} at line ${line}, column ${col}; correct the YAML`);
  });
  return {
    wishes: readings.flatMap(({ wishes }) => wishes),
    refusals: readings.flatMap(({ refusals }) => refusals),
    notes: readings.flatMap(({ notes }) => notes),
  };
}

const nothing: Reading = { wishes: [], refusals: [], notes: [] };

function refused(...refusals: readonly string[]): Reading {
  return { ...nothing, refusals };
}

function readingOfDocument(document: unknown, number: number): Reading {
  if (document === null) return nothing;
  if (!isRecord(document))
    return refused(`document ${number}: is no object; a manifest has apiVersion, kind, metadata and spec`);
  const [apiVersion, kind] = [textAt(document, "apiVersion"), textAt(document, "kind")];
  const name = textAt(document, "metadata", "name");
  const title = `document ${number} (${[kind ?? "no kind", name].filter((word) => word !== undefined).join(" ")})`;
  if (apiVersion === undefined || kind === undefined)
    return refused(`${title}: apiVersion or kind is missing; say both`);
  const [group = ""] = apiVersion.split("/");
  if (!kinds.some((each) => each.group === group))
    return { ...nothing, notes: [`${title}: ${apiVersion} is none of our kinds and is not looked at`] };
  const definition = kinds.find((each) => each.kind === kind && versionOf(each) === apiVersion);
  if (definition !== undefined) return readingOfOurs(document, definition, title);
  const known = kinds.map((each) => `${versionOf(each)} ${each.kind}`).join(", ");
  return refused(`${title}: there is no kind ${apiVersion} ${kind}; there are ${known}`);
}

function readingOfOurs(document: unknown, definition: KindDefinition, title: string): Reading {
  const name = textAt(document, "metadata", "name");
  if (name === undefined) return refused(`${title}: metadata.name is missing; give it a name`);
  const spec = at(document, "spec");
  const shape = [...nameTrouble(name), ...specTrouble(definition, spec)];
  const refusals = shape.length > 0 ? shape : ruleTrouble(definition, document);
  if (refusals.length > 0) return refused(...refusals.map((each) => `${title}: ${each}`));
  const namespace = textAt(document, "metadata", "namespace");
  return { ...nothing, wishes: [{ title, definition, name, namespace, spec }] };
}

function versionOf({ group, version }: KindDefinition): string {
  return `${group}/${version}`;
}

/** What the API server says of the names of all objects. */
function nameTrouble(name: string): string[] {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && name.length <= 253
    ? []
    : [`metadata.name: ${JSON.stringify(name)} is no name for an object; use lower-case letters, digits, - and .`];
}

/** What the schema of the API server and its rules have against what our own schema can read. */
function ruleTrouble(definition: KindDefinition, document: unknown): string[] {
  const { refused: reasons } = admit(objectSchemaOf(crdOf(definition)), document);
  // Of metadata the rules of a kind see nothing but the name.
  return reasons.map(({ path, message }) => `${path === "" ? "metadata.name" : path}: ${message}`);
}

function specTrouble(definition: KindDefinition, spec: unknown): string[] {
  const issues = definition.spec.safeParse(spec).error?.issues ?? [];
  const schema = specSchemaOf(definition);
  const explained = ([first = "", ...path]: readonly string[]): string =>
    `kubectl explain ${[definition.kind.toLowerCase(), first, ...fieldsOf(path, schema)].join(".")} tells more`;
  return [
    ...issues.map(({ path, ...issue }) => {
      const place = ["spec", ...path.map(String)];
      return `${dotted(place)}: ${sentenceOf({ path, ...issue }, spec)}; ${explained(place)}`;
    }),
    ...unknownFields(spec, schema, ["spec"]).map(
      ({ path, advice }) => `${dotted(path)}: there is no such field; ${advice}; ${explained(path.slice(0, -1))}`,
    ),
  ];
}

/** A path without what is no field to `kubectl explain`: places in lists and names in maps. */
function fieldsOf([first, ...rest]: readonly string[], schema: unknown): string[] {
  if (first === undefined) return [];
  const member = at(schema, "items") ?? at(schema, "additionalProperties");
  return member === undefined ? [first, ...fieldsOf(rest, at(schema, "properties", first))] : fieldsOf(rest, member);
}

function sentenceOf(issue: z.core.$ZodIssue, spec: unknown): string {
  const given = issue.path.map(String).reduce(within, spec);
  if (issue.code === "invalid_value") return `${shown(given)} is none of ${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_format" && "pattern" in issue)
    return `${shown(given)} is not of the form ${issue.pattern}`;
  return given === undefined && issue.code === "invalid_type"
    ? `is missing; it is of type ${issue.expected}`
    : issue.message;
}

function within(value: unknown, field: string): unknown {
  return Array.isArray(value) ? value[Number(field)] : at(value, field);
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function specSchemaOf(definition: KindDefinition): unknown {
  return at(listAt(crdOf(definition), "spec", "versions")[0], "schema", "openAPIV3Schema", "properties", "spec");
}

interface Unknown {
  readonly path: readonly string[];
  readonly advice: string;
}

/** Fields that the API server would drop, or refuse with `--validate=strict`. */
function unknownFields(value: unknown, schema: unknown, path: readonly string[]): Unknown[] {
  if (Array.isArray(value))
    return value.flatMap((each: unknown, index) => unknownFields(each, at(schema, "items"), [...path, String(index)]));
  if (!isRecord(value) || at(schema, "x-kubernetes-preserve-unknown-fields") === true) return [];
  const known = mapAt(schema, "properties");
  const open = at(schema, "additionalProperties");
  return Object.entries(value).flatMap(([field, inner]) => {
    const child = known[field] ?? open;
    if (child !== undefined) return unknownFields(inner, child, [...path, field]);
    const near = Object.keys(known).find((name) => alike(name, field));
    const advice = near === undefined ? `there are ${Object.keys(known).join(", ")}` : `perhaps ${near} is meant`;
    return [{ path: [...path, field], advice }];
  });
}

/** Whether one is the other with letters swapped, one missing, or in another case. */
function alike(a: string, b: string): boolean {
  const [some, others] = [lettersOf(a), lettersOf(b)];
  const [long, short] = some.length > others.length ? [some, others] : [others, some];
  if (long.length === short.length) return long.join("") === short.join("");
  return (
    long.length - short.length === 1 && long.some((_, index) => long.toSpliced(index, 1).join("") === short.join(""))
  );
}

function lettersOf(word: string): string[] {
  return Array.from(word.toLowerCase()).sort();
}

/** A path as kubectl writes it: `spec.images.pullSecrets[0].name`. */
function dotted(path: readonly string[]): string {
  return path.reduce((whole, part) => (/^\d+$/.test(part) ? `${whole}[${part}]` : `${whole}.${part}`));
}
