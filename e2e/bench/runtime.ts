import { join } from "node:path";
import { parseArgs } from "node:util";
import { startCluster, stopCluster } from "../lab/cluster.ts";
import { continueAsRoot } from "../lab/host/root.ts";
import { kubectl } from "../lab/kubectl.ts";
import { measure, type Result, type Size } from "./runtime/measure.ts";
import { ensureGoPrograms, ourContender } from "./runtime/programs.ts";
import { compare, incomplete, markdown } from "./runtime/table.ts";

/** A cluster for nothing else: what runs beside on its API server would be measured too. */
const cluster = "bench";
const usage = "usage: node e2e/bench/runtime.ts --bench FOLDER [--parents 1000] [--children 5] [--runs 3]";

interface Wish {
  readonly bench: string;
  readonly size: Size;
  readonly runs: number;
}

/** What is asked for: by flags, or by the variables BENCH, PARENTS, CHILDREN and RUNS. */
function wishOf(args: readonly string[], env: NodeJS.ProcessEnv): Wish {
  const text = (name: string, fallback: string) => ({
    type: "string" as const,
    // make hands on a variable that is not set as an empty one.
    default: env[name.toUpperCase()] || fallback,
  });
  const options = {
    bench: text("bench", ""),
    parents: text("parents", "1000"),
    children: text("children", "5"),
    runs: text("runs", "3"),
  };
  const { values } = parseArgs({ args: [...args], options });
  const [parents, children, runs] = [values.parents, values.children, values.runs].map(Number);
  if (values.bench === "" || !(Number(parents) > 0) || !(Number(children) > 0) || !(Number(runs) > 0)) {
    throw new Error(`${usage}\nFOLDER (or BENCH) holds driver/, baseline/ and parents.yaml of the benchmark.`);
  }
  return { bench: values.bench, size: { parents: parents ?? 0, children: children ?? 0 }, runs: runs ?? 0 };
}

/** The same wish as flags: sudo leaves most of the environment behind. */
function flagsOf({ bench, size, runs }: Wish): string[] {
  return [`--bench=${bench}`, `--parents=${size.parents}`, `--children=${size.children}`, `--runs=${runs}`];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function run({ bench, size, runs }: Wish): Promise<boolean> {
  const { driver, baseline } = await ensureGoPrograms(bench, say);
  const ours = await ourContender();
  const { kubeconfig, binaries } = await startCluster({ name: cluster, nodes: 1, log: say });
  await kubectl({ kubeconfig, binaries }, ["apply", "-f", join(bench, "parents.yaml")], { log: say });
  await kubectl({ kubeconfig, binaries }, ["wait", "--for=condition=Established", "-f", join(bench, "parents.yaml")]);
  const results = { baseline: Array<Result>(), ours: Array<Result>() };
  // In turns, so that whatever else the machine does falls on both.
  for (let round = 1; round <= runs; round++) {
    for (const [whose, contender] of [["baseline", baseline] as const, ["ours", ours] as const]) {
      const result = await measure(driver, contender, size, kubeconfig);
      if (incomplete(result).length > 0) throw new Error(`${contender.name} was not measured whole`);
      const { start, update, repair } = result.phases;
      const seconds = [start, update, repair].map((phase) => phase.seconds.toFixed(1)).join(", ");
      say(`round ${round} of ${runs}: ${contender.name}: start, update, repair ${seconds} s`);
      results[whose].push(result);
    }
  }
  const rows = compare(size, results.baseline, results.ours);
  process.stdout.write(`${size.parents} Parents with ${size.children} children each, medians of ${runs}\n\n`);
  process.stdout.write(`${markdown(rows)}\n`);
  return rows.every(({ target }) => target?.met !== false);
}

try {
  const wish = wishOf(process.argv.slice(2), process.env);
  process.argv.splice(2, process.argv.length, ...flagsOf(wish));
  continueAsRoot("A cluster of its own (namespaces, a bridge, cgroups)");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void stopCluster(cluster, say).finally(() => process.exit(1)));
  }
  try {
    process.exitCode = (await run(wish)) ? 0 : 1;
  } finally {
    await stopCluster(cluster, say);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
