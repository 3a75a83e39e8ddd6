import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { cacheDir } from "../lab/host/cache.ts";
import { type Area, areas, nameOf } from "./areas.ts";
import { inputsOf, keep, readKept } from "./kept.ts";
import { type Mutant, percentOf, scoreLine, scoreOf, survivorLine, survivorsOf } from "./score.ts";

/** `node e2e/mutation/main.ts [word …]`: mutates the modules whose areas have one of the words in their names, by default all. */
const enough = 85;
const root = join(import.meta.dirname, "..", "..");
const results = join(cacheDir, "mutation");
const environment = join(import.meta.dirname, "environment.ts");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tries the mutants of a module; those that neither its text nor its tests changed since are not tried again. */
async function mutantsOf(area: Area, scratch: string): Promise<Mutant[]> {
  const mutants = await new Stryker({
    testRunner: "jest",
    testRunnerNodeArgs: ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
    jest: {
      configFile: "jest.config.js",
      config: { testMatch: area.tests.map((path) => join("<rootDir>", path)), testEnvironment: environment },
      enableFindRelatedTests: false,
    },
    mutate: [area.module],
    coverageAnalysis: "perTest",
    incremental: true,
    incrementalFile: join(results, `${nameOf(area)}.json`),
    tempDirName: scratch,
    concurrency: availableParallelism(),
    // On a busy machine a test takes long without being endless; loops are counted and need no clock.
    timeoutMS: 60_000,
    // Stryker reads it with an interface that the compiler no longer has; nothing in it matters in a copy of the sources.
    tsconfigFile: "none",
    ignorePatterns: ["dist"],
    warnings: false,
    reporters: ["progress-append-only"],
    allowConsoleColors: process.stdout.isTTY,
  }).runMutationTest();
  return mutants.map((each) => ({ ...each, fileName: relative(root, each.fileName) }));
}

/** What becomes of an area's mutants: as it was found before, where nothing that it follows from is another. */
async function resultOf(area: Area, scratch: string): Promise<Mutant[]> {
  const path = join(results, `${nameOf(area)}.result.json`);
  const inputs = await inputsOf([area.module, ...area.tests, environment].map((each) => resolve(root, each)));
  const known = await readKept(path, inputs);
  if (known !== undefined) return known;
  const mutants = await mutantsOf(area, scratch);
  await keep(path, inputs, mutants);
  return mutants;
}

async function main(words: readonly string[]): Promise<void> {
  process.chdir(root);
  // A mutant must not write golden files.
  process.env["CI"] = "true";
  delete process.env["UPDATE_GOLDEN"];
  const scratch = await mkdtemp(join(tmpdir(), "nephos-mutation-"));
  const all: Mutant[] = [];
  try {
    for (const area of areas.filter(
      (each) => words.length === 0 || words.some((word) => nameOf(each).includes(word)),
    )) {
      const mutants = await resultOf(area, scratch);
      all.push(...mutants);
      say(scoreLine(area.module, scoreOf(mutants)));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  for (const survivor of survivorsOf(all)) say(`survived: ${survivorLine(survivor)}`);
  say(scoreLine("all", scoreOf(all)));
  if (percentOf(scoreOf(all)) < enough) {
    say(`less than ${enough} %: give each survivor a test that it fails, or remove the code that nothing needs`);
    process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
