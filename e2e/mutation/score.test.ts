import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { areas, nameOf } from "./areas.ts";
import { inputsOf, keep, readKept } from "./kept.ts";
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

describe("what was found of an area", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nephos-kept-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is found again while what it follows from is the same", async () => {
    const [module, path] = [join(folder, "plan.ts"), join(folder, "deep", "plan.result.json")];
    await writeFile(module, "export const a = 1;");
    await keep(path, await inputsOf([module]), mutants);
    expect(await readKept(path, await inputsOf([module]))).toEqual(mutants);
    await writeFile(module, "export const a = 2;");
    expect(await readKept(path, await inputsOf([module]))).toBeUndefined();
  });

  it("is nothing where it was never tried", async () => {
    expect(await readKept(join(folder, "none.json"), "")).toBeUndefined();
  });
});

describe.each(areas)("the area of $module", ({ module, tests }) => {
  it("names a module and tests that there are", () => {
    const root = join(import.meta.dirname, "..", "..");
    expect([module, ...tests].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(tests.length).toBeGreaterThan(0);
  });
});

it("no two areas have one name", () => {
  const names = areas.map(nameOf);
  expect(names).toHaveLength(new Set(names).size);
});
