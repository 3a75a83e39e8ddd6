import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import type { Mutation } from "../../operator/testing/explore.ts";
import { commandFor, explored, type Finding, territories, type Territory } from "./explore.ts";

/** `node controllers/testing/explore-main.ts [kind path operation]`: every change of every field of every kind, or those with these words in their name. */
const workers = 2;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Result {
  readonly kind: string;
  readonly index: number;
  readonly finding: Finding;
}

/** So many mutations share a cloud. */
const size = 12;

interface Trial {
  readonly territory: Territory;
  readonly first: number;
  readonly mutations: readonly Mutation[];
}

/** All trials in one order that every thread knows. */
const trials: readonly Trial[] = territories.flatMap((territory) =>
  Array.from({ length: Math.ceil(territory.mutations.length / size) }, (_, index) => ({
    ...{ territory, first: index * size },
    mutations: territory.mutations.slice(index * size, (index + 1) * size),
  })),
);

async function work(share: number): Promise<void> {
  for (const { territory, first, mutations } of trials.filter((_, place) => place % workers === share)) {
    const findings = await explored(territory, mutations);
    for (const [offset, mutation] of mutations.entries()) {
      const finding = findings.get(mutation);
      if (finding === undefined) continue;
      parentPort?.postMessage({ kind: territory.kind, index: first + offset, finding } satisfies Result, []);
    }
  }
}

function isResult(value: unknown): value is Result {
  return isRecord(value) && typeof value["index"] === "number" && isRecord(value["finding"]);
}

/** What was found in a territory, in a few lines; gives the number of mutations that did not end well. */
function sum(territory: Territory, findings: readonly (Finding | undefined)[]): number {
  const { kind, fields, mutations } = territory;
  const tried = mutations.filter((_, index) => findings[index] !== undefined);
  const touched = new Set(tried.map(({ field }) => field));
  const moved = new Set(
    mutations
      .filter((_, index) => findings[index]?.felt === true || findings[index]?.end === "named")
      .map(({ field }) => field),
  );
  const count = (end: Finding["end"]): number => findings.filter((finding) => finding?.end === end).length;
  const bad = findings.filter((finding) => (finding?.trouble.length ?? 0) > 0).length;
  say(
    `${kind}: ${tried.length} changes (${count("refused")} refused, ${count("realised")} realised, ${count("named")} named in status), ${bad} bad; ` +
      `${touched.size} of ${fields.length} fields touched (${Math.floor((100 * touched.size) / fields.length)} %)`,
  );
  const still = [...touched].filter((field) => !moved.has(field));
  if (still.length > 0) say(`  no admitted change of these is felt outside the object: ${still.join(", ")}`);
  return bad;
}

async function tryAll(): Promise<number> {
  const began = Date.now();
  const findings = new Map(territories.map(({ kind }) => [kind, new Array<Finding | undefined>()]));
  const take = (message: unknown): void => {
    if (!isResult(message)) return;
    const territory = territories.find(({ kind }) => kind === message.kind);
    const list = findings.get(message.kind);
    const mutation = territory?.mutations[message.index];
    if (list === undefined || territory === undefined || mutation === undefined) return;
    list[message.index] = message.finding;
    if (message.finding.trouble.length > 0)
      say(`FAILED ${commandFor(territory, mutation)}\n  ${message.finding.trouble.slice(0, 4).join("\n  ")}`);
  };
  const ended = Array.from({ length: workers }, (_, share) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { share } });
    worker.on("message", take);
    return new Promise<void>((resolve, reject) => {
      worker.on("error", reject).on("exit", () => resolve());
    });
  });
  await Promise.all(ended);
  const bad = territories.reduce((all, territory) => all + sum(territory, findings.get(territory.kind) ?? []), 0);
  say(
    `${territories.reduce((all, { mutations }) => all + mutations.length, 0)} changes tried in ${Math.round((Date.now() - began) / 1000)} s, ${bad} bad`,
  );
  return bad;
}

async function trySome([kind, path, operation]: readonly string[]): Promise<number> {
  let [tried, bad] = [0, 0];
  for (const territory of territories.filter((each) => each.kind === kind)) {
    const some = territory.mutations.filter(
      (each) => (path === undefined || each.path === path) && (operation === undefined || each.operation === operation),
    );
    for (const [mutation, { end, message, trouble }] of await explored(territory, some)) {
      say(`${trouble.length === 0 ? "green" : "bad"} ${mutation.path} '${mutation.operation}': ${end} ${message}`);
      for (const each of trouble) say(`  ${each}`);
      tried += 1;
      if (trouble.length > 0) bad += 1;
    }
  }
  return tried === 0 ? 1 : bad;
}

async function main(words: readonly string[]): Promise<number> {
  return words.length === 0 ? tryAll() : trySome(words);
}

if (isMainThread) process.exitCode = (await main(process.argv.slice(2))) === 0 ? 0 : 1;
else if (isRecord(workerData)) await work(Number(workerData["share"]));
