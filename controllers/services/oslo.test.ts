import fc from "fast-check";
import type { Part } from "../../operator/recipe.ts";
import { iniParts, merged, type OsloConfig } from "./oslo.ts";
import { passwordOf } from "./secret.ts";

const text = (config: OsloConfig): string =>
  iniParts(config)
    .map((part) => (typeof part === "string" ? part : `<${part.secret}/${part.key}>`))
    .join("");

describe("a configuration file", () => {
  it("has its sections and options in the order of their names, whatever order they were given in", () => {
    const one: OsloConfig = { token: { provider: "fernet", expiration: 60 }, DEFAULT: { debug: false } };
    const other: OsloConfig = { DEFAULT: { debug: false }, token: { expiration: 60, provider: "fernet" } };
    expect(text(one)).toBe("[DEFAULT]\ndebug = false\n\n[token]\nexpiration = 60\nprovider = fernet\n\n");
    expect(iniParts(other)).toEqual(iniParts(one));
  });

  it.each([
    ["a boolean in words that oslo.config takes", true, "option = true\n"],
    ["the other boolean likewise", false, "option = false\n"],
    ["a negative number", -1, "option = -1\n"],
    ["an empty text", "", "option = \n"],
    ["a value with a sign of equality", "a=b", "option = a=b\n"],
    ["a list as one option given several times", ["one", "two"], "option = one\noption = two\n"],
    ["an empty list as nothing", [], ""],
  ] as const)("writes %s", (_, value, lines) => {
    expect(text({ section: { option: value } })).toBe(`[section]\n${lines}\n`);
  });

  it("keeps the places of secrets between pieces of text that are as long as they can be", () => {
    const connection = { parts: ["mysql://u:", passwordOf("db"), "@host/", passwordOf("other")] };
    expect(iniParts({ a: { x: 1, connection }, b: { y: 2 } })).toEqual([
      "[a]\nconnection = mysql://u:",
      { secret: "db", key: "password" },
      "@host/",
      { secret: "other", key: "password" },
      "\nx = 1\n\n[b]\ny = 2\n\n",
    ]);
  });

  it("never has two pieces of text side by side, and none that is empty", () => {
    const part = fc.oneof<fc.Arbitrary<Part>[]>(fc.string({ minLength: 1 }), fc.constant(passwordOf("db")));
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.string()),
      fc.record({ parts: fc.array(part) }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.dictionary(fc.string(), value)), (config) => {
        const parts = iniParts(config);
        expect(parts).not.toContain("");
        expect(parts.filter((each, index) => typeof each === "string" && typeof parts[index + 1] === "string")).toEqual(
          [],
        );
      }),
    );
  });
});

describe("several configurations", () => {
  it("become one in which the last word on an option counts, and only on that option", () => {
    const ours: OsloConfig = { token: { provider: "fernet", expiration: 60 }, cache: { enabled: true } };
    const theirs: OsloConfig = { token: { expiration: "120" }, audit: { on: "yes" } };
    expect(merged(ours, theirs)).toEqual({
      audit: { on: "yes" },
      cache: { enabled: true },
      token: { provider: "fernet", expiration: "120" },
    });
  });

  it("are left as they were", () => {
    const ours: OsloConfig = { token: { expiration: 60 } };
    merged(ours, { token: { expiration: "120" } });
    expect(ours).toEqual({ token: { expiration: 60 } });
  });
});
