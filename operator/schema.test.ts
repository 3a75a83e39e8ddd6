import { z } from "zod";
import { at, listAt } from "./object.ts";
import { conditions, crdOf, type KindDefinition, listMap, rules, structural } from "./schema.ts";
import { crdTrouble, schemaTrouble } from "./testing/structural.ts";

const short = z.string().max(63);

describe("the structural schema of", () => {
  it.each([
    ["text with a pattern", short.regex(/^[a-z]+$/), { type: "string", maxLength: 63, pattern: "^[a-z]+$" }],
    ["an enumeration", z.enum(["Managed", "External"]), { type: "string", enum: ["Managed", "External"] }],
    ["a literal", z.literal("NodePort"), { type: "string", enum: ["NodePort"] }],
    ["an integer without the bounds of JavaScript", z.int(), { type: "integer" }],
    ["an integer with bounds of its own", z.int().min(1).max(7), { type: "integer", minimum: 1, maximum: 7 }],
    ["an integer with one bound of its own", z.int().min(0), { type: "integer", minimum: 0 }],
    ["true or false", z.boolean().default(false), { type: "boolean", default: false }],
    ["integer or text", z.union([z.int(), z.string()]), { "x-kubernetes-int-or-string": true }],
    ["text or integer", z.union([z.string(), z.int()]), { "x-kubernetes-int-or-string": true }],
    ["a map", z.record(z.string(), short), { type: "object", additionalProperties: { type: "string", maxLength: 63 } }],
    [
      "a list map",
      listMap(z.object({ name: short }), "name"),
      {
        type: "array",
        items: { type: "object", required: ["name"], properties: { name: { type: "string", maxLength: 63 } } },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      },
    ],
    [
      "an object with a rule",
      z.object({ a: short.optional() }).meta(rules({ rule: "has(self.a)", message: "give a" })),
      {
        type: "object",
        properties: { a: { type: "string", maxLength: 63 } },
        "x-kubernetes-validations": [{ rule: "has(self.a)", message: "give a" }],
      },
    ],
    [
      "strict objects, at every depth",
      z.strictObject({ inner: z.strictObject({ a: z.boolean() }) }),
      {
        type: "object",
        required: ["inner"],
        properties: { inner: { type: "object", required: ["a"], properties: { a: { type: "boolean" } } } },
      },
    ],
    [
      "an object whose defaults apply when it is left out as a whole",
      z.object({ replicas: z.int().default(1) }).prefault({}),
      { type: "object", default: {}, properties: { replicas: { type: "integer", default: 1 } } },
    ],
    [
      "a default that looks like a schema",
      z.record(z.string(), z.boolean()).default({ additionalProperties: false }),
      { type: "object", additionalProperties: { type: "boolean" }, default: { additionalProperties: false } },
    ],
    [
      "properties that are called like keywords",
      z.object({ default: z.strictObject({ a: z.int() }), anyOf: z.int(), additionalProperties: z.boolean() }),
      {
        type: "object",
        required: ["default", "anyOf", "additionalProperties"],
        properties: {
          default: { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
          anyOf: { type: "integer" },
          additionalProperties: { type: "boolean" },
        },
      },
    ],
    [
      "what is described",
      short.describe("the region").default("RegionOne"),
      { type: "string", maxLength: 63, description: "the region", default: "RegionOne" },
    ],
    ["a time", z.string().meta({ format: "date-time" }), { type: "string", format: "date-time" }],
  ])("%s", (_, schema, expected) => {
    expect(structural(schema)).toEqual(expected);
    expect(schemaTrouble(structural(schema))).toEqual([]);
  });

  it.each([
    ["a set", z.set(z.string())],
    ["a transformation of what comes in", z.object({ a: z.date() })],
    ["a big integer", z.bigint()],
    ["a function", z.custom<() => void>((value) => typeof value === "function").and(z.symbol())],
  ])("%s is refused: no schema could say it", (_, schema) => {
    expect(() => structural(schema)).toThrow("cannot be represented");
  });

  it("what refers to itself is refused", () => {
    const tree: z.ZodType = z.object({ children: z.array(z.lazy(() => tree)) });
    expect(() => structural(tree)).toThrow(/cycle/i);
  });

  it.each([
    ["a union that is told apart by shape", z.union([z.object({ a: short }), z.object({ b: short })]), "anyOf"],
    [
      "a discriminated union",
      z.discriminatedUnion("type", [z.object({ type: z.literal("A") }), z.object({ type: z.literal("B") })]),
      "oneOf",
    ],
    ["a host name, whose pattern looks ahead", z.hostname(), "look-around"],
    ["an address range, whose format nobody checks", z.cidrv4(), "unknown format"],
    ["an object that takes anything", z.looseObject({ a: short }), "additionalProperties beside properties"],
  ])("%s does not go unnoticed", (_, schema, trouble) => {
    expect(schemaTrouble(structural(z.object({ field: schema }))).join()).toContain(trouble);
  });
});

describe("the CustomResourceDefinition of a kind", () => {
  const teapot: KindDefinition = {
    group: "example.dev",
    version: "v1",
    kind: "TeaPot",
    shortNames: ["tp"],
    categories: ["kitchen"],
    description: "A pot",
    spec: z.object({ volume: z.int().min(1) }),
    status: z.object({ observedGeneration: z.int().optional(), conditions: conditions.optional() }),
    columns: [{ name: "Ready", type: "string", jsonPath: ".status.conditions[0].status" }],
  };
  const crd = crdOf(teapot);
  const version = listAt(crd, "spec", "versions")[0];
  const schemaOf = (definition: KindDefinition): unknown =>
    at(listAt(crdOf(definition), "spec", "versions")[0], "schema", "openAPIV3Schema");

  it("is called after its plural and group", () => {
    expect(crd["metadata"]).toMatchObject({ name: "teapots.example.dev" });
    expect(at(crd, "spec", "names")).toEqual({
      kind: "TeaPot",
      listKind: "TeaPotList",
      plural: "teapots",
      singular: "teapot",
      shortNames: ["tp"],
      categories: ["kitchen"],
    });
    expect(at(crd, "spec", "scope")).toBe("Namespaced");
  });

  it("has its status as a subresource, so that users and controllers do not write over each other", () => {
    expect(version).toMatchObject({ name: "v1", served: true, storage: true, subresources: { status: {} } });
    expect(listAt(version, "additionalPrinterColumns")).toEqual(teapot.columns);
  });

  it("is one that Kubernetes takes", () => {
    expect(crdTrouble(crd)).toEqual([]);
  });

  it("demands a spec and no status", () => {
    expect(schemaOf(teapot)).toMatchObject({ type: "object", description: "A pot", required: ["spec"] });
  });

  it("has the API server say of a new object that no generation was observed, where its status tells", () => {
    expect(at(schemaOf(teapot), "properties", "status")).toMatchObject({ default: { observedGeneration: -1 } });
    const silent = { ...teapot, status: z.object({ hot: z.boolean().optional() }) };
    expect(at(schemaOf(silent), "properties", "status")).not.toHaveProperty("default");
  });

  it("keeps conditions apart by type, with the time in a form that is checked", () => {
    expect(at(schemaOf(teapot), "properties", "status", "properties", "conditions")).toMatchObject({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: { properties: { lastTransitionTime: { type: "string", format: "date-time" } } },
    });
  });

  it("has rules over the whole object only where there are some", () => {
    const rule = { rule: "size(self.metadata.name) < 40", message: "take a shorter name" };
    expect(at(schemaOf({ ...teapot, rules: [rule] }), "x-kubernetes-validations")).toEqual([rule]);
    expect(schemaOf(teapot)).not.toHaveProperty("x-kubernetes-validations");
  });
});
