import { existsSync } from "node:fs";
import { join } from "node:path";
import { areas } from "./areas.ts";
import { type Mutant, percentOf, scoreLine, scoreOf, survivorLine, survivorsOf } from "./score.ts";

const mutant = (status: string, replacement = "false"): Mutant => ({
  fileName: "operator/plan.ts",
  status,
  mutatorName: "ConditionalExpression",
  replacement,
  location: { start: { line: 7 } },
});
const mutants = ["Killed", "Timeout", "Survived", "NoCoverage", "CompileError", "RuntimeError", "Ignored"].map(
  (status) => mutant(status),
);

describe("the score of mutants", () => {
  it("counts the killed and the endless as noticed, the uncovered as missed, and no others", () => {
    expect(scoreOf(mutants)).toEqual({ noticed: 2, tried: 4 });
    expect(survivorsOf(mutants).map(({ status }) => status)).toEqual(["Survived", "NoCoverage"]);
  });

  it("is told in percent", () => {
    expect(percentOf({ noticed: 3, tried: 4 })).toBe(75);
    expect(scoreLine("all", { noticed: 17, tried: 20 })).toBe("  85.0 %  17 of 20  all");
  });

  it("of no mutants is full", () => {
    expect(percentOf(scoreOf([]))).toBe(100);
  });
});

it.each([
  ["false", "false"],
  ["{\n    a: 1\n  }", "{ a: 1 }"],
  ["", "nothing"],
])("a survivor that became %j is told in one line", (replacement, became) => {
  expect(survivorLine(mutant("Survived", replacement))).toBe(
    `operator/plan.ts:7 ConditionalExpression, became ${became}`,
  );
});

describe.each(areas)("the area $name", ({ modules, tests }) => {
  it("names modules and tests that there are", () => {
    const root = join(import.meta.dirname, "..", "..");
    expect([...modules, ...tests].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(modules.length * tests.length).toBeGreaterThan(0);
  });
});

it("no module is in two areas", () => {
  const modules = areas.flatMap((area) => area.modules);
  expect(modules).toHaveLength(new Set(modules).size);
});
