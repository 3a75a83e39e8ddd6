import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { cacheDir } from "../lab/host/cache.ts";
import { type Area, areas } from "./areas.ts";
import { type Mutant, percentOf, scoreLine, scoreOf, survivorLine, survivorsOf } from "./score.ts";

/** `node e2e/mutation/main.ts [word …]`: mutates the areas whose names have one of the words, by default all. */
const enough = 85;
const root = join(import.meta.dirname, "..", "..");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The mutants of an area and what became of them; what did not change since the last run is not tried again. */
async function mutantsOf({ name, modules, tests }: Area, scratch: string): Promise<Mutant[]> {
  const results = await new Stryker({
    testRunner: "jest",
    testRunnerNodeArgs: ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
    jest: {
      configFile: "jest.config.js",
      config: { testMatch: tests.map((path) => `<rootDir>/${path}`) },
      enableFindRelatedTests: false,
    },
    mutate: [...modules],
    coverageAnalysis: "perTest",
    incremental: true,
    incrementalFile: join(cacheDir, "mutation", `${name}.json`),
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
  return results.map((each) => ({ ...each, fileName: relative(root, each.fileName) }));
}

async function main(words: readonly string[]): Promise<void> {
  process.chdir(root);
  // A mutant must not write golden files.
  process.env["CI"] = "true";
  delete process.env["UPDATE_GOLDEN"];
  const scratch = await mkdtemp(join(tmpdir(), "nephos-mutation-"));
  const all: Mutant[] = [];
  try {
    for (const area of areas.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))) {
      const mutants = await mutantsOf(area, scratch);
      all.push(...mutants);
      const files = Map.groupBy(mutants, ({ fileName }) => fileName);
      for (const [file, members] of files) say(scoreLine(file, scoreOf(members)));
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
