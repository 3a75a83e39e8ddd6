import fc from "fast-check";
import { canonical, digest } from "./digest.ts";

describe("canonical text", () => {
  it("has its fields in order at every depth, and lists as they are", () => {
    expect(canonical({ b: [{ z: 1, y: 2 }, 3], a: { d: null, c: "x" } })).toBe(
      '{"a":{"c":"x","d":null},"b":[{"y":2,"z":1},3]}',
    );
  });

  it("leaves out fields that are undefined", () => {
    expect(canonical({ a: undefined, b: { c: undefined } })).toBe('{"b":{}}');
    expect(canonical(undefined)).toBe("null");
  });

  it("says everything that the value says", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    );
  });
});

describe("a digest", () => {
  it("does not depend on the order of fields", () => {
    const shuffled = fc
      .dictionary(fc.string(), fc.jsonValue(), { minKeys: 2 })
      .chain((value) =>
        fc
          .shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length })
          .map((entries): [unknown, unknown] => [value, Object.fromEntries(entries)]),
      );
    fc.assert(fc.property(shuffled, ([a, b]) => expect(digest(a)).toBe(digest(b))));
  });

  it.each([
    ["a value", { a: 1 }, { a: 2 }],
    ["the name of a field", { a: 1 }, { b: 1 }],
    ["the order of a list", [1, 2], [2, 1]],
    ["text and number", { a: "1" }, { a: 1 }],
    ["where a field stands", { a: { b: 1 }, c: {} }, { a: {}, c: { b: 1 } }],
  ])("tells apart: %s", (_, a, b) => {
    expect(digest(a)).not.toBe(digest(b));
  });

  it("has as many hexadecimal digits as asked for, and is the same in every process", () => {
    expect(digest({ a: 1 })).toBe("015abd7f5cc57a2d");
    expect(digest({ a: 1 }, 8)).toBe("015abd7f");
  });
});
