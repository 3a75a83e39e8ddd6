import { crdTrouble, schemaTrouble } from "./structural.ts";

const text = { type: "string" };
const rule = { "x-kubernetes-validations": [{ rule: "true", message: "no" }] };
const inSpec = (spec: object) => ({ type: "object", properties: { spec } });

describe("the check of a schema", () => {
  it("finds nothing in what Kubernetes takes", () => {
    const good = {
      type: "object",
      required: ["name"],
      ...rule,
      properties: {
        name: { ...text, maxLength: 63, pattern: "^(?:a|b)+$" },
        anything: { "x-kubernetes-preserve-unknown-fields": true },
        amount: { "x-kubernetes-int-or-string": true },
        since: { ...text, format: "date-time" },
        labels: { type: "object", additionalProperties: { ...text, maxLength: 9 }, maxProperties: 9 },
        ports: {
          type: "array",
          maxItems: 8,
          items: { type: "object", required: ["name"], properties: { name: { ...text, enum: ["a"] } } },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          default: [],
        },
      },
      default: { name: "a" },
    };
    expect(schemaTrouble(inSpec(good))).toEqual([]);
  });

  it.each([
    ["no type", {}],
    ["no type", { type: ["string", "null"] }],
    ["$ref", { ...text, $ref: "#/x" }],
    ["oneOf", { ...text, oneOf: [] }],
    ["allOf", { ...text, allOf: [] }],
    ["anyOf", { ...text, anyOf: [] }],
    ["additionalProperties beside properties", { type: "object", properties: {}, additionalProperties: false }],
    ["unknown format cidrv4", { ...text, format: "cidrv4" }],
    ["look-around or back reference in the pattern ^(?=a)", { ...text, pattern: "^(?=a)" }],
    ["look-around or back reference in the pattern (?<!a)b", { ...text, pattern: "(?<!a)b" }],
    ["look-around or back reference in the pattern (a)\\1", { ...text, pattern: "(a)\\1" }],
    ["uniqueItems", { type: "array", items: text, uniqueItems: true }],
    ["a list without items", { type: "array" }],
    ["a default of type number", { ...text, default: 3 }],
    ["a default of type number", { type: "integer", default: 3.5 }],
    ["a default without the required a", { type: "object", properties: { a: text }, required: ["a"], default: {} }],
    ["a list map without keys", { type: "array", items: text, "x-kubernetes-list-type": "map" }],
    [
      "list-map key name is neither required nor has a default",
      {
        type: "array",
        items: { type: "object", properties: { name: text } },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      },
    ],
    ["seen by a rule, without maxLength", { ...text, ...rule }],
    ["seen by a rule, without maxItems", { type: "array", items: { type: "integer" }, ...rule }],
    ["seen by a rule, without maxProperties", { type: "object", additionalProperties: { type: "integer" }, ...rule }],
  ])("finds: %s", (trouble, spec) => {
    expect(schemaTrouble(inSpec(spec))).toEqual([`$.spec: ${trouble}`]);
  });

  it("looks below lists, maps and rules", () => {
    const deep = {
      type: "array",
      maxItems: 1,
      items: { type: "object", maxProperties: 1, additionalProperties: text },
      ...rule,
    };
    expect(schemaTrouble(inSpec(deep))).toEqual([
      "$.spec.items.additionalProperties: seen by a rule, without maxLength",
    ]);
  });

  it("finds what is no schema", () => {
    expect(schemaTrouble(inSpec({ type: "object", properties: { a: true } }))).toEqual(["$.spec.a: no schema"]);
  });
});

describe("the check of a CustomResourceDefinition", () => {
  const crd = (description: string) => ({
    spec: { versions: [{ schema: { openAPIV3Schema: { type: "object", description } } }] },
  });

  it("finds nothing in a small one", () => {
    expect(crdTrouble(crd("small"))).toEqual([]);
  });

  it("finds one that is too large", () => {
    expect(crdTrouble(crd("x".repeat(65_536)))).toEqual([expect.stringMatching(/^\d+ bytes, more than 65536$/)]);
  });
});
