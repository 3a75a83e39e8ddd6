import { z } from "zod";
import { named } from "./named.ts";
import { mapAt } from "./object.ts";
import { structural } from "./schema.ts";

const common = { size: z.int32().min(1).default(1).describe("How big. Default 1.") };
const cup = z.object(common).prefault({}).describe("for tea.");
const pot = z.object({ ...common, lid: z.string().max(9).optional().describe("Pot only: its lid.") });

describe("an object whose members are of one sort", () => {
  it("is a map in a CustomResourceDefinition, with each field once", () => {
    const schema = named("vessel", { cup, pot: pot.prefault({}).describe("for brewing.") }).prefault({});
    expect(structural(schema.describe("All vessels."))).toEqual({
      type: "object",
      description: "All vessels. cup: for tea. pot: for brewing.",
      default: {},
      maxProperties: 2,
      additionalProperties: {
        default: {},
        type: "object",
        properties: {
          size: { type: "integer", minimum: 1, maximum: 2 ** 31 - 1, default: 1, description: "How big. Default 1." },
          lid: { type: "string", maxLength: 9, description: "Pot only: its lid." },
        },
      },
      "x-kubernetes-validations": [
        {
          rule: "self.all(name, name in ['cup', 'pot'])",
          message: "there is no such vessel; there are cup, pot",
        },
        {
          rule: "self.all(name, name in ['pot'] || !has(self[name].lid))",
          message: "lid is a field of pot only; remove it elsewhere",
        },
      ],
    });
  });

  it("has its members and their defaults in code, whichever are given", () => {
    const schema = named("vessel", { cup, pot: pot.prefault({}) }).prefault({});
    expect(schema.parse(undefined)).toEqual({ cup: { size: 1 }, pot: { size: 1 } });
    expect(schema.parse({ pot: { lid: "tin" } })).toEqual({ cup: { size: 1 }, pot: { size: 1, lid: "tin" } });
  });

  it("leaves it to the code to fill in what only some have", () => {
    const lidded = z.object({ ...common, lid: z.string().max(9).default("tin") }).prefault({});
    const schema = named("vessel", { cup, pot: lidded });
    expect(mapAt(structural(schema), "additionalProperties", "properties", "lid")).toEqual({
      type: "string",
      maxLength: 9,
    });
    expect(schema.parse({ pot: {} })).toMatchObject({ pot: { lid: "tin" } });
  });

  it("refuses an unknown member and says which there are, and leaves other words to the schema", () => {
    const schema = named("vessel", { cup });
    const issues = (value: unknown) => schema.safeParse(value).error?.issues.map(({ message }) => message);
    expect(issues({ mug: {} })).toEqual(["there is no such vessel; there is cup"]);
    expect(issues(1)).toEqual(["Invalid input: expected object, received number"]);
  });

  it("says in the cluster too which members have to be given", () => {
    const account = z.object({ name: z.string().max(9) });
    const schema = named("vessel", { cup: account, mug: account, pot: account.optional() });
    expect(structural(schema)).toEqual({
      type: "object",
      maxProperties: 3,
      additionalProperties: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string", maxLength: 9 } },
      },
      "x-kubernetes-validations": [
        expect.anything(),
        { rule: "['cup', 'mug'].all(name, name in self)", message: "cup and mug have to be given" },
      ],
    });
  });

  it.each([
    ["a field of the same name", { cup, pot: z.object({ size: z.string() }) }, "the field size of each vessel"],
    ["what else a member has to be", { cup, pot: z.object({ ...common, lid: z.string() }) }, "each vessel has"],
  ])("cannot differ in %s", (_, members, place) => {
    expect(() => structural(named("vessel", members))).toThrow(place);
  });

  it("makes a CustomResourceDefinition hardly larger with each member", () => {
    const many = (count: number) =>
      JSON.stringify(
        structural(
          named("vessel", Object.fromEntries(Array.from({ length: count }, (_, at) => [`vessel-${at}`, cup]))),
        ),
      );
    expect((many(20).length - many(10).length) / 10).toBeLessThan(100);
  });
});
