import { z } from "zod";
import { mapAt } from "../object.ts";
import { crdOf, type KindDefinition, listMap, rules } from "../schema.ts";
import { admit, objectSchemaOf } from "../admission.ts";
import { fieldsOf, mutationsOf } from "./explore.ts";

const kettle: KindDefinition = {
  group: "example.dev",
  version: "v1",
  kind: "Kettle",
  shortNames: [],
  categories: [],
  description: "A pot to boil water in",
  columns: [],
  status: z.object({}),
  rules: [{ rule: "self.metadata.name.size() <= 5", message: "choose a shorter name" }],
  spec: z.object({
    water: z.int().min(1).max(3).default(2),
    lid: z.boolean().optional(),
    colour: z.enum(["red", "blue"]),
    label: z
      .string()
      .max(8)
      .regex(/^[a-z]+$/)
      .optional(),
    cups: listMap(z.object({ name: z.string(), full: z.boolean().default(false) }), "name")
      .max(2)
      .optional(),
    notes: z.record(z.string(), z.string()).optional(),
    base: z
      .object({ size: z.int().optional(), legs: z.int().optional() })
      .meta(rules({ rule: "self == oldSelf", message: "a base stays as it is" }))
      .optional(),
    lamp: z
      .object({ on: z.boolean().optional(), off: z.boolean().optional() })
      .meta(rules({ rule: "has(self.on) != has(self.off)", message: "either on or off" }))
      .optional(),
  }),
};
const schema = objectSchemaOf(crdOf(kettle));
const object = (spec: unknown, name = "one"): Readonly<Record<string, unknown>> => ({
  apiVersion: "example.dev/v1",
  kind: "Kettle",
  metadata: { name },
  spec,
});

function refusals(spec: unknown, before?: unknown): string[] {
  const { refused } = admit(schema, object(spec), before === undefined ? undefined : object(before));
  return refused.map(({ path, message }) => `${path}: ${message}`);
}

describe("an object that is sent to an API server", () => {
  it("is stored with its defaults and without its nulls", () => {
    const { stored } = admit(schema, object({ colour: "red", lid: null, water: null, cups: [{ name: "a" }] }));
    expect(mapAt(stored)["spec"]).toEqual({ colour: "red", water: 2, cups: [{ name: "a", full: false }] });
  });

  const colour = "red";
  it.each([
    [{}, "spec.colour: required"],
    [null, "spec: required"],
    [{ colour: "green" }, "spec.colour: none of red, blue"],
    [{ colour, water: 0 }, "spec.water: less than 1"],
    [{ colour, water: 4 }, "spec.water: more than 3"],
    [{ colour, water: 1.5 }, "spec.water: must be of type integer"],
    [{ colour, water: "2" }, "spec.water: must be of type integer"],
    [{ colour, lid: "true" }, "spec.lid: must be of type boolean"],
    [{ colour, label: "Red" }, "spec.label: does not match ^[a-z]+$"],
    [{ colour, label: "reddishly" }, "spec.label: longer than 8"],
    [{ colour, handle: 1 }, "spec.handle: unknown field"],
    [{ colour, cups: [{ name: "a" }, { name: "a" }] }, "spec.cups: duplicate members"],
    [{ colour, cups: [{ name: "a" }, { name: "b" }, { name: "c" }] }, "spec.cups: more items than 2"],
    [{ colour, cups: [null] }, "spec.cups[0]: must be of type object"],
    [{ colour, notes: { a: 1 } }, "spec.notes.a: must be of type string"],
    [{ colour, lamp: {} }, "spec.lamp: either on or off"],
    [{ colour, lamp: { on: true, off: true } }, "spec.lamp: either on or off"],
  ])("is refused where %j breaks the schema: %s", (spec, refusal) => {
    expect(refusals(spec)).toEqual([refusal]);
  });

  it("is held to rules about its own name", () => {
    expect(admit(schema, object({ colour }, "longer")).refused).toEqual([
      { path: "", message: "choose a shorter name" },
    ]);
  });

  it("is held to rules about a change only where it was there before", () => {
    expect(refusals({ colour, base: { size: 1 } })).toEqual([]);
    expect(refusals({ colour, base: { size: 1 } }, { colour })).toEqual([]);
    expect(refusals({ colour, base: { legs: 3, size: 1 } }, { colour, base: { size: 1, legs: 3 } })).toEqual([]);
    expect(refusals({ colour, base: { size: 2 } }, { colour, base: { size: 1 } })).toEqual([
      "spec.base: a base stays as it is",
    ]);
  });

  it("may have any key in its maps", () => {
    const notes: unknown = JSON.parse('{"constructor": "a", "__proto__": "b", "": "c"}');
    expect(refusals({ colour, notes })).toEqual([]);
  });

  it("cannot be judged by a schema with a keyword that is not known", () => {
    expect(() => admit({ type: "string", oneOf: [] }, "a")).toThrow("oneOf");
  });
});

describe("the changes of a good object", () => {
  const good = object({ colour: "red", lid: true, label: "tea", cups: [{ name: "a" }], lamp: { on: true } });
  const all = mutationsOf(schema, good);
  const changed = (path: string): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      all
        .filter((each) => each.path === path)
        .map((each) => [each.operation, mapAt(each.changed, "spec")[path.slice(5)]]),
    );

  it("begin with a good object each", () => {
    expect(all.filter(({ start }) => admit(schema, start).refused.length > 0)).toEqual([]);
  });

  it("leave it as it is in everything else", () => {
    const others = all
      .filter(({ path }) => path === "spec.lid")
      .map((each) => ({ ...mapAt(each.changed, "spec"), lid: 0 }));
    for (const each of others) expect(each).toEqual({ ...mapAt(all[0]?.start, "spec"), lid: 0 });
  });

  it("touch every field, but where no good value of it can be had", () => {
    const touched = new Set(all.map(({ field }) => field));
    // Beside `on`, `off` is no good: who wants it tried has a sample with it.
    expect(fieldsOf(schema).filter((field) => !touched.has(field))).toEqual(["spec.lamp.off"]);
  });

  it("of a number are at its bounds and beyond", () => {
    expect(Object.values(changed("spec.water"))).toEqual([undefined, null, "7", 0, -1, 1.5, 2 ** 31, 1, 0, 3, 4]);
  });

  it("of an enum are all others and none", () => {
    expect(changed("spec.colour")).toMatchObject({ "choose blue": "blue", "choose none of them": "NoneOfThem" });
  });

  it("of a text keep to its pattern where they try its length", () => {
    expect(changed("spec.label")).toMatchObject({ empty: "", longest: "ttttttea", "too long": "tttttttea" });
  });

  it("of a list add members with keys of their own, and twins", () => {
    expect(changed("spec.cups")).toMatchObject({
      pop: [],
      push: [{ name: "a" }, { name: "a-1" }],
      "push a twin": [{ name: "a" }, { name: "a" }],
      "too many": [{ name: "a" }, { name: "a-1" }, { name: "a-2" }],
    });
  });

  it("of a switch are the other side of it", () => {
    expect(changed("spec.lid")).toMatchObject({ toggle: false, type: "true", null: null });
  });

  it("are the same every time", () => {
    expect(mutationsOf(schema, good)).toEqual(all);
  });
});
