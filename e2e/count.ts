import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listAt, numberAt, textAt } from "../operator/object.ts";
import { CommandFailed, run } from "./lab/host/command.ts";

/** How many parts of a run ended well, and how many did not. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");

/** Prints a line of the run. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A command that passes or fails as a whole. */
export async function check(title: string, command: string, args: readonly string[]): Promise<Count> {
  return timed(title, async () => {
    await run(join(bin, command), args, { cwd: root, log: say, env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` } });
    return { passed: 1, failed: 0 };
  });
}

/** A jest run; its tests are counted one by one. */
export async function suite(
  title: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "nephos-test-"));
  const report = join(folder, "report.json");
  const flags = [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules", "jest", "bin", "jest.js"),
  ];
  try {
    return await timed(title, async () => {
      const ended = run(process.execPath, [...flags, "--ci", "--json", `--outputFile=${report}`, ...args], {
        cwd: root,
        log: tell,
        env: { CI: "true", ...env },
      });
      await ended.catch((error: unknown) => {
        if (!(error instanceof CommandFailed)) throw error;
      });
      return countOf(JSON.parse(await readFile(report, "utf8")));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** jest prints its whole report on standard output beside the file: that one line is left out. */
function tell(line: string): void {
  if (!line.startsWith('{"')) say(line);
}

function countOf(report: unknown): Count {
  // A file that does not even load has no tests to count; it counts as one failure.
  const broken = listAt(report, "testResults").filter(
    (file) => textAt(file, "status") === "failed" && listAt(file, "assertionResults").length === 0,
  );
  return {
    passed: numberAt(report, "numPassedTests") ?? 0,
    failed: (numberAt(report, "numFailedTests") ?? 1) + broken.length,
  };
}

/** Runs a part and tells its count and time; a part that throws counts as one failure. */
export async function timed(title: string, part: () => Promise<Count>): Promise<Count> {
  const began = performance.now();
  say(`=== ${title}`);
  const count = await part().catch((error: unknown): Count => {
    say(error instanceof Error ? error.message : String(error));
    return { passed: 0, failed: 1 };
  });
  say(
    `=== ${title}: ${count.passed} passed, ${count.failed} failed, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  return count;
}

/** Tells the sum as the last line; the exit code is 0 only if none failed and some passed. */
export function conclude(counts: readonly Count[]): void {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
