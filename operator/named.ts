import { z } from "zod";
import { at, listAt, mapAt, textAt } from "./object.ts";

/** Marks the schema of an object that is a map in a CustomResourceDefinition; the value is what one member is called. */
const marker = "x-nephos-named";

/**
 * An object whose members are of one sort, such as services. In code each has its type and its defaults; a CustomResourceDefinition
 * describes their fields once, as those of a map, so that its size hardly grows with their number. CEL keeps the names, those that must
 * be there, and the fields that only some have. Fields of the same name are of the same schema.
 */
export function named<const S extends z.core.$ZodShape>(what: string, members: S): z.ZodObject<S, z.core.$strict> {
  const known = unknownName(what, Object.keys(members));
  return z
    .strictObject(members, { error: ({ code }) => (code === "unrecognized_keys" ? known : undefined) })
    .meta({ [marker]: what });
}

function unknownName(what: string, names: readonly string[]): string {
  return `there is no such ${what}; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
}

/** The schema with a map in the place of an object made by `named`; any other as it is. Throws where the members differ in more than their fields. */
export function withMap(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { [marker]: what, properties, required, additionalProperties: _, ...rest } = schema;
  if (typeof what !== "string") return schema;
  const members = mapAt(properties);
  const names = Object.keys(members);
  const own = listAt(rest, "x-kubernetes-validations");
  const rules = [...nameRules(what, names, listAt(required).map(String)), ...fieldRules(members)];
  const told = [textAt(rest, "description") ?? [], ...Object.entries(members).map(toldOf)].flat();
  return {
    ...rest,
    ...(told.length === 0 ? {} : { description: told.join(" ") }),
    maxProperties: names.length,
    additionalProperties: memberOf(what, members),
    "x-kubernetes-validations": [...own, ...rules],
  };
}

function toldOf([name, schema]: readonly [string, unknown]): string[] {
  const description = textAt(schema, "description");
  return description === undefined ? [] : [`${name}: ${description}`];
}

function nameRules(what: string, names: readonly string[], required: readonly string[]): unknown[] {
  const known = { rule: `self.all(name, name in ${quoted(names)})`, message: unknownName(what, names) };
  if (required.length === 0) return [known];
  const message = `${required.join(" and ")} ${required.length === 1 ? "has" : "have"} to be given`;
  return [known, { rule: `${quoted(required)}.all(name, name in self)`, message }];
}

function fieldRules(members: Readonly<Record<string, unknown>>): unknown[] {
  return fieldsOf(members).flatMap(({ field, has }) => {
    if (has.length === Object.keys(members).length) return [];
    const rule = `self.all(name, name in ${quoted(has)} || !has(self[name].${field}))`;
    return [{ rule, message: `${field} is a field of ${has.join(", ")} only; remove it elsewhere` }];
  });
}

/** Every field of the members, and the names of those that have it. */
function fieldsOf(members: Readonly<Record<string, unknown>>): { readonly field: string; readonly has: string[] }[] {
  const fields = new Set(Object.values(members).flatMap((schema) => Object.keys(mapAt(schema, "properties"))));
  const names = Object.keys(members);
  return [...fields].map((field) => ({
    field,
    has: names.filter((name) => at(members[name], "properties", field) !== undefined),
  }));
}

/** The schema of one member: all fields that any of them has. */
function memberOf(what: string, members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const properties = fieldsOf(members).map(({ field, has }): [string, unknown] => {
    const schemas = has.map((name) => at(members[name], "properties", field));
    const schema = onlyOne(schemas, `the field ${field} of each ${what}`);
    return [field, has.length === Object.keys(members).length ? schema : withoutDefault(schema)];
  });
  const rests = Object.values(members).map((schema) => {
    const { properties: __, description: ___, default: ____, ...rest } = mapAt(schema);
    return rest;
  });
  const rest = mapAt(onlyOne(rests, `each ${what}`));
  // Who takes the last field out of a member by server-side apply leaves null behind: a default makes it an empty member again.
  const empty = listAt(rest, "required").length === 0 ? { default: {} } : {};
  return { ...rest, ...empty, properties: Object.fromEntries(properties) };
}

/** The cluster would fill in a field that only some have in all of them; of those, only the code knows the default. */
function withoutDefault(schema: unknown): unknown {
  const { default: _, ...rest } = mapAt(schema);
  return rest;
}

function onlyOne(schemas: readonly unknown[], place: string): unknown {
  const [first, ...others] = schemas;
  if (others.some((each) => JSON.stringify(each) !== JSON.stringify(first)))
    throw new Error(`${place} has to be of the same schema, since a CustomResourceDefinition has it once`);
  return first;
}

function quoted(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(", ")}]`;
}
