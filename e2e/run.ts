import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listAt, numberAt, textAt } from "../operator/object.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { CommandFailed, run } from "./lab/host/command.ts";
import { continueAsRoot } from "./lab/host/root.ts";
import { prepare } from "./scene/prepare.ts";

/** The cluster of the tests; the one of `make up` is never touched. */
const cluster = "test";
const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");

interface Count {
  readonly passed: number;
  readonly failed: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A check that passes or fails as a whole. */
async function check(title: string, command: string, args: readonly string[]): Promise<Count> {
  return timed(title, async () => {
    await run(join(bin, command), args, { cwd: root, log: say, env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` } });
    return { passed: 1, failed: 0 };
  });
}

/** A jest run; its tests are counted one by one. */
async function suite(title: string, args: readonly string[]): Promise<Count> {
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
        env: { CI: "true" },
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

async function timed(title: string, part: () => Promise<Count>): Promise<Count> {
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

async function endToEnd(): Promise<Count> {
  await stopCluster(cluster, say);
  const began = performance.now();
  const environment = await prepare(await startCluster({ name: cluster, nodes: 1, log: say }), say);
  say(`=== cluster and images: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  Object.assign(process.env, environment);
  return suite("end to end", ["--config", "jest.e2e.config.js", "--forceExit", ...process.argv.slice(2)]);
}

async function main(): Promise<Count> {
  continueAsRoot("A test cluster (namespaces, a bridge, cgroups) and image builds");
  const counts = [
    await check("types", "tsc", ["--noEmit"]),
    await check("lint", "oxlint", ["--type-aware", "--deny-warnings"]),
    await check("format", "prettier", ["--check", "--log-level", "warn", "."]),
    await suite("unit", []),
  ];
  try {
    counts.push(await timed("end to end, with its cluster", endToEnd));
  } finally {
    await stopCluster(cluster, say).catch((error: unknown) => {
      say(`the test cluster did not go: ${String(error)}`);
      counts.push({ passed: 0, failed: 1 });
    });
  }
  return counts.reduce((sum, next) => ({ passed: sum.passed + next.passed, failed: sum.failed + next.failed }));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopCluster(cluster, say).finally(() => process.exit(1)));
}
const total = await main();
say(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
