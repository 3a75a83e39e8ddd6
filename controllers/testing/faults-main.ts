import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import type { Fault } from "../../operator/testing/faults.ts";
import { scenarios } from "./play/scenarios.ts";
import { commandFor, examine, type Trial } from "./examine.ts";
import { mutants } from "./mutants.ts";
import { sampleOf, trialsOf } from "./trials.ts";

/** `node controllers/testing/faults-main.ts [minutes turn | scenario fault | mutants word]`: all runs of a turn within a time, one run again, or the seeded bugs. */
const workers = 2;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Every run of a turn, in an order that a run which is cut short has some of everything. */
async function allTrials(turn: number): Promise<Trial[]> {
  const all: Trial[] = [];
  for (const { name } of scenarios) all.push(...(await trialsOf(name, turn)));
  return sampleOf(all, all.length, 1);
}

interface Result {
  readonly scenario: string;
  readonly family: string;
  /** What has to be done to see it again. */
  readonly command: string;
  readonly trouble: readonly string[];
}

/** Plays each `workers`th run; tells first how many there are of each kind, then how each went. */
async function work(share: number, turn: number, until: number): Promise<void> {
  const trials = await allTrials(turn);
  const counts = [...Map.groupBy(trials, keyOf)].map(([key, { length }]) => [key, length] as const);
  parentPort?.postMessage(counts, []);
  for (let index = share; index < trials.length && Date.now() < until; index += workers) {
    const trial = trials[index];
    if (trial === undefined) continue;
    const { scenario, family } = trial;
    const result: Result = { scenario, family, command: commandFor(trial), trouble: await examine(trial) };
    parentPort?.postMessage(result, []);
  }
}

function keyOf({ scenario, family }: Pick<Trial, "scenario" | "family">): string {
  return `${scenario}, ${family}`;
}

function isResult(value: unknown): value is Result {
  return isRecord(value) && typeof value["command"] === "string" && Array.isArray(value["trouble"]);
}

/** What has been tried of what there is, by scenario and family. */
class Coverage {
  readonly #planned = new Map<string, number>();
  readonly #done = new Map<string, number>();
  readonly #bad = new Map<string, number>();

  take(message: unknown): void {
    if (Array.isArray(message)) {
      for (const [key, count] of message) this.#planned.set(String(key), Number(count));
    } else if (isResult(message)) {
      const key = keyOf(message);
      this.#done.set(key, (this.#done.get(key) ?? 0) + 1);
      if (message.trouble.length === 0) return;
      this.#bad.set(key, (this.#bad.get(key) ?? 0) + 1);
      say(`FAILED ${message.command}\n  ${message.trouble.slice(0, 4).join("\n  ")}`);
    }
  }

  get planned(): number {
    return sumOf(this.#planned);
  }

  get done(): number {
    return sumOf(this.#done);
  }

  get bad(): number {
    return sumOf(this.#bad);
  }

  lines(): string[] {
    return [...this.#planned]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `${key}: ${this.#done.get(key) ?? 0} of ${count}, ${this.#bad.get(key) ?? 0} bad`);
  }
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}

/** Tries everything; gives the number of runs that did not end well. */
async function tryAll(until: number, turn: number): Promise<number> {
  const coverage = new Coverage();
  const began = Date.now();
  const ended = Array.from({ length: workers }, (_, share) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { share, turn, until } });
    worker.on("message", (message: unknown) => coverage.take(message));
    return new Promise<void>((resolve, reject) => {
      worker.on("error", reject).on("exit", () => resolve());
    });
  });
  await Promise.all(ended);
  for (const line of coverage.lines()) say(line);
  const cpu = process.cpuUsage();
  const [wall, busy] = [Math.round((Date.now() - began) / 1000), Math.round((cpu.user + cpu.system) / 1e6)];
  const { planned, done, bad } = coverage;
  say(
    `${done} of ${planned} faults of turn ${turn} tried in ${wall} s (${busy} s of processor time), ${planned - done} left out, ${bad} bad`,
  );
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

async function main([first = "20", second = "0"]: readonly string[]): Promise<number> {
  if (first === "mutants") return tryMutants(second === "0" ? "" : second);
  if (/^[\d.]+$/.test(first)) return tryAll(Date.now() + Number(first) * 60_000, Number(second));
  const fault: Fault = JSON.parse(second);
  const trouble = await examine({ scenario: first, family: "one", fault });
  for (const each of trouble) say(each);
  say(trouble.length === 0 ? "green" : "bad");
  return trouble.length;
}

if (isMainThread) process.exitCode = (await main(process.argv.slice(2))) === 0 ? 0 : 1;
else if (isRecord(workerData))
  await work(Number(workerData["share"]), Number(workerData["turn"]), Number(workerData["until"]));
