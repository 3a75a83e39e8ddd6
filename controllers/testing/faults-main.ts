import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import type { Fault } from "../../operator/testing/faults.ts";
import { scenarios } from "./play/scenarios.ts";
import { commandFor, examine, sampleOf, type Trial, trialsOf } from "./examine.ts";
import { mutants } from "./mutants.ts";

/** `node controllers/testing/faults-main.ts [minutes | scenario fault | mutants word]`: all runs within a time, one run again, or the seeded bugs. */
const workers = 2;
/** Of these every third single fault is tried and fewer orders; of all others every one. */
const sampled: ReadonlySet<string> = new Set(["failing", "release"]);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Every run there is, in an order that a run which is cut short has some of everything. */
async function allTrials(): Promise<Trial[]> {
  const all: Trial[] = [];
  for (const { name } of scenarios)
    all.push(...(await trialsOf(name, sampled.has(name) ? 3 : 1, sampled.has(name) ? 20 : 40)));
  return sampleOf(all, all.length, 1);
}

function keyOf({ scenario, family }: Trial): string {
  return `${scenario}, ${family}`;
}

interface Result {
  readonly index: number;
  readonly trouble: readonly string[];
}

async function work(share: number, until: number): Promise<void> {
  const trials = await allTrials();
  for (let index = share; index < trials.length && Date.now() < until; index += workers) {
    const trial = trials[index];
    if (trial !== undefined) parentPort?.postMessage({ index, trouble: await examine(trial) } satisfies Result, []);
  }
}

function isResult(value: unknown): value is Result {
  return isRecord(value) && typeof value["index"] === "number" && Array.isArray(value["trouble"]);
}

/** Tries everything; gives the number of runs that did not end well. */
async function tryAll(until: number): Promise<number> {
  const trials = await allTrials();
  const done = new Map<string, { runs: number; bad: number }>();
  const began = Date.now();
  const take = (message: unknown): void => {
    if (!isResult(message)) return;
    const trial = trials[message.index];
    if (trial === undefined) return;
    const key = keyOf(trial);
    const sum = done.get(key) ?? { runs: 0, bad: 0 };
    done.set(key, { runs: sum.runs + 1, bad: sum.bad + (message.trouble.length > 0 ? 1 : 0) });
    if (message.trouble.length > 0) say(`FAILED ${commandFor(trial)}\n  ${message.trouble.slice(0, 4).join("\n  ")}`);
  };
  const ended = Array.from({ length: workers }, (_, share) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { share, until } });
    worker.on("message", take);
    return new Promise<void>((resolve, reject) => {
      worker.on("error", reject).on("exit", () => resolve());
    });
  });
  await Promise.all(ended);
  const sums = [...done].sort(([a], [b]) => (a < b ? -1 : 1));
  const planned = Map.groupBy(trials, keyOf);
  for (const [key, { runs, bad }] of sums) say(`${key}: ${runs} of ${planned.get(key)?.length ?? 0}, ${bad} bad`);
  const [runs, bad] = [
    sums.reduce((sum, [, each]) => sum + each.runs, 0),
    sums.reduce((sum, [, each]) => sum + each.bad, 0),
  ];
  const cpu = process.cpuUsage();
  const [wall, busy] = [Math.round((Date.now() - began) / 1000), Math.round((cpu.user + cpu.system) / 1e6)];
  say(`${runs} of ${trials.length} faults tried in ${wall} s (${busy} s of processor time), ${bad} bad`);
  return bad;
}

/** Plays a mutant in a thread of its own until a run of the sample goes wrong; gives what went wrong first. */
function caught(mutant: string): Promise<string | undefined> {
  const worker = new Worker(new URL("mutant-worker.ts", import.meta.url), { workerData: { mutant } });
  return new Promise((resolve, reject) => {
    worker.on("message", (message: unknown) => resolve(typeof message === "string" ? message : undefined));
    worker.on("error", reject);
  });
}

/** Injects every seeded bug, or those with a word in their name; gives the number of those that nobody noticed. */
async function tryMutants(word: string): Promise<number> {
  const waiting = mutants.filter(({ name }) => name.includes(word));
  let missed = 0;
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const how = await caught(next.name).catch((error: unknown) => `broke the run: ${String(error)}`);
      say(`mutant ${next.name}: ${how ?? "NOT CAUGHT"}`);
      if (how === undefined || how.startsWith("broke the run")) missed += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, one));
  return missed;
}

async function main([first = "20", second]: readonly string[]): Promise<number> {
  if (first === "mutants") return tryMutants(second ?? "");
  if (second === undefined) return tryAll(Date.now() + Number(first) * 60_000);
  const fault: Fault = JSON.parse(second);
  const trouble = await examine({ scenario: first, family: "one", fault });
  for (const each of trouble) say(each);
  say(trouble.length === 0 ? "green" : "bad");
  return trouble.length;
}

if (isMainThread) process.exitCode = (await main(process.argv.slice(2))) === 0 ? 0 : 1;
else if (isRecord(workerData)) await work(Number(workerData["share"]), Number(workerData["until"]));
