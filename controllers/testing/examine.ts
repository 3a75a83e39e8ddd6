import { isDeepStrictEqual } from "node:util";
import { type Fault, type Loss, mishaps, numbersFrom } from "../../operator/testing/faults.ts";
import { play } from "../../operator/testing/play.ts";
import type { Checkpoint, Mark, Run, Scenario } from "../../operator/testing/scenario.ts";
import { scenarios } from "./play/scenarios.ts";

/** One run to be made: a scenario by its name and what goes wrong in it. */
export interface Trial {
  readonly scenario: string;
  readonly family: string;
  readonly fault: Fault;
}

const calm = new Map<string, Promise<Run>>();
const relays = new Map<string, Promise<Run>>();

/** The scenario of that name; throws where there is none. */
export function scenarioOf(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined)
    throw new Error(`no scenario ${name}; there are ${scenarios.map((each) => each.name).join(", ")}`);
  return scenario;
}

/** The run in which nothing goes wrong: what every other is measured by. */
export function referenceOf(name: string): Promise<Run> {
  const known = calm.get(name) ?? play(scenarioOf(name));
  calm.set(name, known);
  return known;
}

/** The calm run once more, with a process of its own for every stage: runs whose fault comes late begin at its checkpoints. */
export function relayOf(name: string): Promise<Run> {
  const known = relays.get(name) ?? play(scenarioOf(name), { processes: "each" });
  relays.set(name, known);
  return known;
}

/** The last checkpoint before anything goes wrong; none where that may be in the first stage, or everywhere. */
export function startOf(fault: Fault, checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  if (fault.order !== undefined || fault.lag !== undefined) return undefined;
  const least = (numbers: Readonly<Record<number, unknown>> = {}): number =>
    Math.min(...Object.keys(numbers).map(Number));
  const writes = Math.min(least(fault.writes), fault.past?.at ?? Infinity, fault.outage?.at ?? Infinity);
  const [lines, outside] = [least(fault.lines), least(fault.outside)];
  return checkpoints.findLast(({ mark }) => mark.writes < writes && mark.lines < lines && mark.outside < outside);
}

/** What is wrong with a run; nothing, where it ended as the calm one did and nothing unsafe happened on the way. */
export async function examine({ scenario, fault }: Trial): Promise<string[]> {
  const reference = await referenceOf(scenario);
  const from = startOf(fault, (await relayOf(scenario)).checkpoints);
  const run = await play(scenarioOf(scenario), { fault, from, budget: 3 * reference.tally.writes });
  if (run.trouble.length > 0) return [...run.trouble];
  return [
    ...(isDeepStrictEqual(run.state, reference.state)
      ? []
      : [`the end differs: ${differenceOf(run.state, reference.state)}`]),
    ...extra(run.createsAndDeletes, reference.createsAndDeletes).map((each) => `not in the calm run: ${each}`),
    // Who is behind may still have what the calm run has pruned, and need not make it anew.
    ...(fault.past === undefined ? extra(reference.createsAndDeletes, run.createsAndDeletes) : []).map(
      (each) => `only in the calm run: ${each}`,
    ),
  ];
}

function extra(some: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return some.filter((each) => {
    const index = left.indexOf(each);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Where two states part first. */
export function differenceOf(a: unknown, b: unknown, path = ""): string {
  if (isDeepStrictEqual(a, b)) return "";
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return `${path}: ${JSON.stringify(a)?.slice(0, 200)} instead of ${JSON.stringify(b)?.slice(0, 200)}`;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  const key =
    [...new Set([...left.keys(), ...right.keys()])].find(
      (each) => !isDeepStrictEqual(left.get(each), right.get(each)),
    ) ?? "";
  return differenceOf(left.get(key), right.get(key), `${path}/${key}`);
}

const losses: readonly Loss[] = ["dropped", "coalesced", "gone", "garbled", "cut"];
/** Every `stride`th number above `first`, up to `last`. */
const between = (first: number, last: number, stride = 1): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((last - first) / stride)) }, (_, index) => first + index * stride + 1);

const beginning: Mark = { writes: 0, lines: 0, outside: 0 };

/** What a scenario has in common with the plain deployment is tried there. */
function firstOf(name: string, { marks }: Run): Mark {
  const plain = scenarioOf("deploy").stages[0];
  return name !== "deploy" && scenarioOf(name).stages[0] === plain ? (marks[1] ?? beginning) : beginning;
}

/** All single faults of a scenario, of which every `stride`th is taken, and orders and crash pairs by seed. */
export async function trialsOf(scenario: string, stride: number, seeds: number): Promise<Trial[]> {
  const relay = await relayOf(scenario);
  const { tally } = relay;
  const { writes: before, lines: heard, outside } = firstOf(scenario, relay);
  const chance = numbersFrom(seeds);
  const some = (most: number): number => 1 + Math.floor(chance() * most);
  const trial = (family: string, fault: Fault): Trial => ({ scenario, family, fault });
  const loss = (line: number, index: number): Loss => losses[(line + index) % losses.length] ?? "dropped";
  const writes = (every = 1): number[] => between(before, tally.writes, every * stride);
  // At rest nothing new is asked outside, and nothing goes wrong there.
  const calls = between(outside, relay.marks.at(-1)?.outside ?? outside, stride);
  return [
    ...mishaps.flatMap((mishap) => writes().map((at) => trial(`write: ${mishap}`, { writes: { [at]: mishap } }))),
    ...between(heard, tally.lines, stride).flatMap((at) =>
      [0, 2].map((index) => trial(`line: ${loss(at, index)}`, { lines: { [at]: loss(at, index) } })),
    ),
    ...calls.flatMap((at) =>
      (["refused", "unanswered", "slow"] as const).map((how) => trial(`outside: ${how}`, { outside: { [at]: how } })),
    ),
    ...writes().flatMap((at) => [1, 5, 25].map((back) => trial("past", { past: { at, back: Math.min(at, back) } }))),
    ...writes().map((at) => trial("past of the subject", { past: { at, back: Math.min(at, 8), only: "clouds" } })),
    ...["jobs", "secrets", "deployments", "persistentvolumeclaims", "configmaps", "registrations"].flatMap(
      (only, index) =>
        writes(6).map((at) => trial("past of one kind", { past: { at, back: Math.min(at, 3 + 4 * index), only } })),
    ),
    ...[5, 20, 50, 200, 1000, 3000].map((lag) => trial("lag", { lag })),
    ...writes(4).map((at) => trial("outage", { outage: { at, seconds: 120 } })),
    ...between(0, seeds).map((order) => trial("order", { order })),
    ...between(0, Math.ceil(seeds / 2)).map((order) =>
      trial("crash pair", { order, writes: { [some(tally.writes)]: "crash", [some(tally.writes)]: "crash" } }),
    ),
    ...between(0, Math.ceil(seeds / 4)).map((order) => {
      const at = some(tally.writes);
      return trial("past and order", { order, past: { at, back: some(at) } });
    }),
  ];
}

/** A sample of a list that is the same for the same seed. */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): T[] {
  const chance = numbersFrom(seed);
  const keyed = all.map((each) => ({ each, key: chance() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ each }) => each);
}

/** Some of every family of faults, one family after the other, so that little time finds much. */
export function spreadOf(all: readonly Trial[], count: number, seed: number): Trial[] {
  const families = [...Map.groupBy(all, ({ family }) => family).values()];
  const picked = families.map((members, index) => sampleOf(members, count, seed + index));
  return Array.from({ length: count }, (_, turn) => picked.flatMap((members) => members[turn] ?? [])).flat();
}

/** The command that makes one run again. */
export function commandFor({ scenario, fault }: Trial): string {
  return `node controllers/testing/faults-main.ts ${scenario} '${JSON.stringify(fault)}'`;
}
