import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { z } from "zod";
import { at, isRecord, listAt, mapAt, textAt } from "../operator/object.ts";
import { crdOf, type KindDefinition } from "../operator/schema.ts";
import { crdTrouble } from "../operator/testing/structural.ts";
import { cloudSpec } from "./cloud.ts";
import { crdYaml } from "./generate.ts";
import { kinds } from "./index.ts";

const documents = (folder: string) =>
  readdirSync(join(import.meta.dirname, folder)).map((file) => {
    const text = readFileSync(join(import.meta.dirname, folder, file), "utf8");
    return { file, text, document: mapAt(parse(text)) };
  });
const schemaOf = (document: unknown): z.ZodType | undefined =>
  kinds.find(({ kind }) => kind === textAt(document, "kind"))?.spec;
const specSchemaOf = (kind: KindDefinition): unknown =>
  at(listAt(crdOf(kind), "spec", "versions")[0], "schema", "openAPIV3Schema", "properties", "spec");

describe.each([...kinds])("the kind $kind", (kind) => {
  it("has its generated CustomResourceDefinition committed", () => {
    expect(readFileSync(join(import.meta.dirname, `${kind.kind.toLowerCase()}.yaml`), "utf8")).toBe(crdYaml(kind));
  });

  it("has a page for users, which README and the folder's name", () => {
    const page = `${kind.kind.toUpperCase()}.md`;
    const pathOf = (file: string): string => join(import.meta.dirname, file);
    expect(readFileSync(pathOf(page), "utf8")).toMatch(new RegExp(`^# (Writing|Reading) an? ${kind.kind}\n`));
    expect(readFileSync(pathOf("README.md"), "utf8")).toContain(`(${page})`);
    expect(readFileSync(pathOf("../README.md"), "utf8")).toContain(`(crds/${page})`);
  });

  it("is one that Kubernetes takes", () => {
    expect(crdTrouble(crdOf(kind))).toEqual([]);
  });

  it("has only rules with a sentence that says what to do", () => {
    const rules = rulesIn(crdOf(kind));
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter((rule) => (textAt(rule, "message") ?? "").length < 20)).toEqual([]);
  });

  it("tells a new object from one that is done, by the generation that was observed", () => {
    const status = at(listAt(crdOf(kind), "spec", "versions")[0], "schema", "openAPIV3Schema", "properties", "status");
    expect(at(status, "default")).toEqual({ observedGeneration: -1 });
  });

  it("shows readiness, reason and age in kubectl get", () => {
    expect(kind.columns.map(({ name }) => name)).toEqual(expect.arrayContaining(["Ready", "Reason", "Age"]));
  });
});

const unknownService = "there is no such service; there are keystone, placement, glance, nova, neutron";

describe("the spec of a Cloud", () => {
  it("needs a release and nothing else", () => {
    expect(cloudSpec.safeParse({}).error?.issues.map(({ path }) => path)).toEqual([["release"]]);
    expect(cloudSpec.parse({ release: "2026.1" })).toMatchObject({ services: { keystone: { replicas: 1 } } });
  });

  it.each([
    { release: "2026.1" },
    { release: "2026.1", services: { keystone: {} } },
    { release: "2026.1", services: { keystone: { replicas: 3 } }, database: { managed: { storage: { size: "5Gi" } } } },
  ])("has the defaults in its schema that it has in the code, so that both see the same spec: %j", (spec) => {
    const [cloud] = kinds;
    if (cloud === undefined) throw new Error("no kinds");
    const stored = defaulted(specSchemaOf(cloud), spec);
    // Services that are left out are added by the code alone.
    const { services, ...others } = cloudSpec.parse(spec);
    const said = Object.keys("services" in spec ? spec.services : {});
    const named = Object.entries(services).filter(([name]) => said.includes(name));
    expect(stored).toEqual({ ...others, services: Object.fromEntries(named) });
    expect(cloudSpec.parse(stored)).toEqual(cloudSpec.parse(spec));
  });

  it("says of an unknown service which there are", () => {
    const refused = cloudSpec.safeParse({ release: "2026.1", services: { keystoen: {} } });
    expect(refused.error?.issues).toMatchObject([{ path: ["services"], message: unknownService }]);
    const [cloud] = kinds.filter(({ kind }) => kind === "Cloud");
    expect(rulesIn(cloud === undefined ? [] : crdOf(cloud)).map((rule) => textAt(rule, "message"))).toContain(
      unknownService,
    );
  });

  it("with all defaults filled in is one that the schema takes again, unchanged", () => {
    const spec = cloudSpec.parse({ release: "2026.1" });
    expect(cloudSpec.parse(spec)).toEqual(spec);
  });

  it.each([
    ["192.0.2.10", true],
    ["cloud.example.org", true],
    ["2001:db8::10", true],
    ["::ffff:192.0.2.10", true],
    ["localhost", true],
    ["192.0.2.10:5000", false],
    ["cloud.example.org:5000", false],
    ["[2001:db8::10]", false],
    ["http://cloud.example.org", false],
    ["cloud.example.org/path", false],
    ["-cloud", false],
    ["user@cloud", false],
    ["", false],
  ])("says of the public host %s that it is good: %s", (host, good) => {
    expect(cloudSpec.safeParse({ release: "2026.1", endpoints: { public: { host } } }).success).toBe(good);
  });
});

describe.each([...kinds])("the documentation of the kind $kind", (kind) => {
  const fields = listAt(crdOf(kind), "spec", "versions")
    .flatMap((version) => fieldsIn(at(version, "schema", "openAPIV3Schema")))
    .filter(({ path }) => /^(spec|status)\b/.test(path));
  const text = (schema: unknown): string => textAt(schema, "description") ?? "";

  it("says something of every field, in a sentence", () => {
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter(({ schema }) => !/^\S.{10,}[.]$/s.test(text(schema))).map(({ path }) => path)).toEqual([]);
  });

  it("names every default that a field has", () => {
    const values = fields.filter(({ schema }) => ["string", "number"].includes(typeof at(schema, "default")));
    expect(values.length).toBeGreaterThan(0);
    const told = (value: string): string[] =>
      value === "" ? ["Default: nothing."] : [`Default ${value}.`, `Default ${value}, `];
    const untold = values.filter(
      ({ schema }) => !told(String(at(schema, "default"))).some((words) => text(schema).includes(words)),
    );
    expect(untold.map(({ path }) => path)).toEqual([]);
  });

  it("has samples in which every field of the spec is used", () => {
    const samples = documents("samples").filter(({ document }) => document["kind"] === kind.kind);
    const used = new Set(samples.flatMap(({ document }) => pathsIn(document["spec"], specSchemaOf(kind), "spec")));
    const known = fields.map(({ path }) => path).filter((path) => path.startsWith("spec."));
    expect(known.filter((path) => !used.has(path) && !sameAsCloud(path, used))).toEqual([]);
  });
});

describe.each(documents("samples"))("the sample $file", ({ document }) => {
  it("is a document that can be applied", () => {
    expect(schemaOf(document)?.safeParse(document["spec"]).error).toBeUndefined();
    expect(schemaOf(document)).toBeDefined();
  });

  it("says nothing that the schema does not know", () => {
    const known = kinds.find(({ kind }) => kind === document["kind"]);
    expect(known === undefined ? ["kind"] : unknownFields(document["spec"], specSchemaOf(known))).toEqual([]);
  });
});

describe.each(documents("invalid"))("the invalid document $file", ({ text, document }) => {
  const [first = "", ...others] = text.split("\n");
  const sentence = others.find((line) => line.startsWith("# zod: "))?.slice("# zod: ".length);

  it("says in its first line what the API server will say", () => {
    expect(first).toMatch(/^# expect: \S/);
    expect(schemaOf(document)).toBeDefined();
  });

  it("is refused by our own schema too, unless only the API server can know", () => {
    const issues = schemaOf(document)?.safeParse(document["spec"]).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${["spec", ...path].join(".")}: ${message}`).join("\n")).toContain(
      sentence ?? "",
    );
    expect(issues.length > 0).toBe(sentence !== undefined);
  });

  it("has a sentence of the CustomResourceDefinition, where a rule refuses it", () => {
    const rules = kinds.flatMap((kind) => rulesIn(crdOf(kind)).map((rule) => textAt(rule, "message") ?? ""));
    const expected = first.slice("# expect: ".length);
    const known = [
      ...rules,
      "Unsupported value",
      "unknown field",
      "should match",
      "must be of type",
      "should be greater than or equal to",
      "should be less than or equal to",
    ];
    expect(known.filter((message) => expected.includes(message) || message.includes(expected))).not.toEqual([]);
  });
});

describe("the page of mistakes", () => {
  const page = readFileSync(join(import.meta.dirname, "MISTAKES.md"), "utf8");
  const rows = [...page.matchAll(/^\| \[[^\]]+\]\(invalid[/]([^)]+)\) *\| `(.+?)` *\|/gm)];

  it("has many of them", () => {
    expect(rows.length).toBeGreaterThanOrEqual(8);
  });

  it.each(rows.map(([, file = "", sentence = ""]) => [file, sentence]))(
    "says of %s what the API server is seen to answer: %s",
    (file, sentence) => {
      expect(documents("invalid").find((each) => each.file === file)?.text).toContain(`# expect: ${sentence}\n`);
    },
  );
});

/** Every field below a schema, with `[]` for members of lists and maps. */
function fieldsIn(schema: unknown, path = ""): { readonly path: string; readonly schema: unknown }[] {
  const fields = Object.entries(mapAt(schema, "properties")).flatMap(([field, child]) => {
    const inner = path === "" ? field : `${path}.${field}`;
    return [{ path: inner, schema: child }, ...fieldsIn(child, inner)];
  });
  const members = [at(schema, "items"), at(schema, "additionalProperties")].filter(isRecord);
  return [...fields, ...members.flatMap((member) => fieldsIn(member, `${path}[]`))];
}

/** The paths of the fields that a value has, in the way of `fieldsIn`. */
function pathsIn(value: unknown, schema: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => pathsIn(each, at(schema, "items"), `${path}[]`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const child = mapAt(schema, "properties")[field];
    if (child === undefined) return pathsIn(inner, at(schema, "additionalProperties"), `${path}[]`);
    return [`${path}.${field}`, ...pathsIn(inner, child, `${path}.${field}`)];
  });
}

/** What can be said of one option is the same at every level: shown at one of them. */
function sameAsCloud(path: string, used: ReadonlySet<string>): boolean {
  const [, option] = /[.]config(\[\].*)$/.exec(path) ?? [];
  return option !== undefined && [...used].some((each) => each.endsWith(`.config${option}`));
}

/** Every CEL rule below a node. */
function rulesIn(node: unknown): unknown[] {
  if (Array.isArray(node)) return node.flatMap(rulesIn);
  if (!isRecord(node)) return [];
  return Object.entries(node).flatMap(([field, value]) =>
    field === "x-kubernetes-validations" && Array.isArray(value) ? value : rulesIn(value),
  );
}

/** A value with the defaults of its schema, as the API server fills them in. */
function defaulted(schema: unknown, value: unknown): unknown {
  if (!isRecord(value)) return value;
  const members = at(schema, "additionalProperties");
  if (members !== undefined)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, defaulted(members, each)]));
  const filled = Object.entries(mapAt(schema, "properties")).flatMap(([field, child]): [string, unknown][] => {
    const own = value[field] ?? mapAt(child)["default"];
    return own === undefined ? [] : [[field, defaulted(child, own)]];
  });
  return Object.fromEntries(filled);
}

/** The fields of a value that the API server would drop. */
function unknownFields(value: unknown, schema: unknown, path = "spec"): string[] {
  if (Array.isArray(value))
    return value.flatMap((each: unknown) => unknownFields(each, mapAt(schema)["items"], `${path}[]`));
  if (!isRecord(value)) return [];
  const open = mapAt(schema)["additionalProperties"];
  return Object.entries(value).flatMap(([field, inner]) => {
    const child = mapAt(schema, "properties")[field] ?? open;
    return child === undefined ? [`${path}.${field}`] : unknownFields(inner, child, `${path}.${field}`);
  });
}
