import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import type { Fault } from "../../operator/testing/faults.ts";
import { scenarios } from "./play/scenarios.ts";
import { areShares, Coverage, isResult, type News, type Share } from "./coverage.ts";
import { commandFor, examine, type Trial } from "./examine.ts";
import { mutants } from "./mutants.ts";
import { inOrder, turnOf } from "./trials.ts";

/**
 * `node controllers/testing/faults-main.ts [minutes turn | scenario fault | mutants word]`: a turn (that of today) within so many minutes of two
 * processors (20), one run again, or the seeded bugs.
 */
const workers = 2;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a turn holds of each scenario, and its runs. */
async function allOf(turn: number): Promise<{ readonly shares: readonly Share[]; readonly trials: readonly Trial[] }> {
  const shares: Share[] = [];
  const all: Trial[] = [];
  for (const { name } of scenarios) {
    const { trials, possible } = await turnOf(name, turn);
    shares.push({ scenario: name, planned: trials.length, possible });
    all.push(...trials);
  }
  return { shares, trials: inOrder(all) };
}

/** Seconds of processor time that all threads of this program took: what others do on the machine takes nothing away. */
function spentInSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function tell(news: News): void {
  parentPort?.postMessage(news, []);
}

/** Plays each `workers`th run until the time is spent; tells first how many there are, then how each went. */
async function work(share: number, turn: number, budgetInSeconds: number): Promise<void> {
  const { shares, trials } = await allOf(turn);
  tell(shares);
  for (const [index, trial] of trials.entries()) {
    if (index % workers !== share) continue;
    if (spentInSeconds() > budgetInSeconds) return;
    const { scenario, family } = trial;
    tell({ scenario, family, command: commandFor(trial), trouble: await examine(trial) });
  }
}

/** Tries all that a turn holds; gives the number of runs that did not end well. */
async function tryAll(budgetInSeconds: number, turn: number): Promise<number> {
  const coverage = new Coverage();
  const hear = (message: unknown): void => {
    if (areShares(message)) coverage.plan(message);
    if (!isResult(message)) return;
    coverage.add(message);
    if (message.trouble.length > 0) say(`FAILED ${message.command}\n  ${message.trouble.slice(0, 4).join("\n  ")}`);
  };
  const began = Date.now();
  const ended = Array.from({ length: workers }, (_, share) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { share, turn, budgetInSeconds } });
    worker.on("message", hear);
    // Whoever interrupts it is told what was covered until then.
    process.once("SIGINT", () => void worker.terminate());
    return new Promise<void>((resolve, reject) => {
      worker.on("error", reject).on("exit", () => resolve());
    });
  });
  await Promise.all(ended);
  for (const line of coverage.lines()) say(line);
  const wall = Math.round((Date.now() - began) / 1000);
  const { planned, tried, bad } = coverage;
  say(
    `turn ${turn}: ${tried} of ${planned} runs tried in ${wall} s (${Math.round(spentInSeconds())} s of processor time), ${planned - tried} left out, ${bad} bad`,
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

/** A day's turn, so that those who run it day after day see other parts. */
function turnOfToday(): number {
  return Math.floor(Date.now() / 86_400_000);
}

async function main([first = "20", second = ""]: readonly string[]): Promise<number> {
  if (first === "mutants") return tryMutants(second);
  if (/^[\d.]+$/.test(first))
    return tryAll(Number(first) * 60 * workers, second === "" ? turnOfToday() : Number(second));
  const fault: Fault = JSON.parse(second);
  const trouble = await examine({ scenario: first, family: "one", fault });
  for (const each of trouble) say(each);
  say(trouble.length === 0 ? "green" : "bad");
  return trouble.length;
}

if (isMainThread) process.exitCode = (await main(process.argv.slice(2))) === 0 ? 0 : 1;
else if (isRecord(workerData))
  await work(Number(workerData["share"]), Number(workerData["turn"]), Number(workerData["budgetInSeconds"]));
