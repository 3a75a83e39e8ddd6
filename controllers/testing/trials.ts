import { type Fault, type Loss, type Mishap, mishaps, numbersFrom } from "../../operator/testing/faults.ts";
import type { Mark } from "../../operator/testing/scenario.ts";
import { referenceOf, scenarioOf, type Trial } from "./examine.ts";

const beginning: Mark = { writes: 0, lines: 0, outside: 0 };

/** Numbers above one and up to another, of which every `stride`th is taken, beginning with another at every turn. */
function between(first: number, last: number, stride = 1, turn = 0): number[] {
  const skipped = stride === 1 ? 0 : turn % stride;
  return Array.from(
    { length: Math.max(0, Math.ceil((last - first - skipped) / stride)) },
    (_, index) => first + skipped + index * stride + 1,
  );
}

const inTurn = <T>(all: readonly T[], number: number): T | undefined => all[number % all.length];

const losses: readonly Loss[] = ["dropped", "coalesced", "gone", "garbled", "cut"];
/** What has to be survived at every write: it landed and the process died, it did not land, it landed and nobody heard. */
const always: readonly Mishap[] = ["crash", "unreachable", "unanswered"];
const refusals: readonly Mishap[] = mishaps.filter((each) => !always.includes(each));
const outsides = ["refused", "unanswered", "slow"] as const;
const kindsBehind = [
  "jobs",
  "secrets",
  "deployments",
  "persistentvolumeclaims",
  "configmaps",
  "registrations",
] as const;
/** Every other time the subject. */
const kindBehind = (number: number): string | undefined =>
  number % 2 === 0 ? "clouds" : inTurn(kindsBehind, (number - 1) / 2);

/** A stretch of a scenario: the numbers that its writes, lines and calls outside have. */
interface Stretch {
  readonly from: Mark;
  readonly to: Mark;
}

/** At every write all that has to be survived at every one; of what has many forms, the forms in turn. */
function thorough({ from, to }: Stretch, turn: number): (readonly [family: string, fault: Fault])[] {
  const writes = between(from.writes, to.writes);
  const lines = between(from.lines, to.lines);
  const calls = between(from.outside, to.outside);
  return [
    ...always.flatMap((mishap) => writes.map((at) => written(at, mishap))),
    ...[0, 2].flatMap((next) => writes.map((at) => written(at, inTurn(refusals, at + turn + next)))),
    ...writes.map((at) => behind(at, inTurn([1, 5, 25], at + turn))),
    ...writes.map((at) => behind(at, 3 + 4 * (at % 6), kindBehind(at + turn))),
    ...lines.map((at) => heard(at, inTurn(losses, at + turn))),
    ...calls.map((at) => asked(at, inTurn(outsides, at + turn))),
    ...between(from.writes, to.writes, 4, turn).map((at) => outage(at)),
  ];
}

/** At some writes something. */
function sampled({ from, to }: Stretch, turn: number): (readonly [family: string, fault: Fault])[] {
  const some = (last: number, first: number, most: number): number[] =>
    between(first, last, Math.max(2, Math.ceil((last - first) / most)), turn);
  return [
    ...some(to.writes, from.writes, 60).map((at, index) => written(at, inTurn(mishaps, index + turn))),
    ...some(to.writes, from.writes, 15).map((at, index) => behind(at, inTurn([1, 5, 25], index + turn))),
    ...some(to.lines, from.lines, 20).map((at, index) => heard(at, inTurn(losses, index + turn))),
    ...some(to.outside, from.outside, 12).map((at, index) => asked(at, inTurn(outsides, index + turn))),
  ];
}

const written = (at: number, mishap: Mishap = "crash") => [`write: ${mishap}`, { writes: { [at]: mishap } }] as const;
const heard = (at: number, loss: Loss = "dropped") => [`line: ${loss}`, { lines: { [at]: loss } }] as const;
const asked = (at: number, how: (typeof outsides)[number] = "refused") =>
  [`outside: ${how}`, { outside: { [at]: how } }] as const;
const outage = (at: number) => ["outage", { outage: { at, seconds: 120 } }] as const;
const behind = (at: number, back = 1, only?: string) =>
  [
    only === undefined ? "past" : "past of one kind",
    { past: { at, back: Math.min(at, back), ...(only === undefined ? {} : { only }) } },
  ] as const;

/** After every deletion a process that did not see it, nor what came in its place: of a name there may be another object. */
function unaware(log: readonly string[]): (readonly [family: string, fault: Fault])[] {
  return log.flatMap((line) => {
    const [, number, kind] = /^(\d+) DELETE (?:[^/]+[/])?([a-z]+)[/]/.exec(line) ?? [];
    if (kind === undefined) return [];
    return [1, 2].map((later) => {
      const past = { at: Number(number) + later, back: later + 1, only: kind };
      return ["past of a deletion", { past }] as const;
    });
  });
}

/** Orders, crash pairs and lags (without any: the calm run), of the whole scenario in one process. */
function throughout(writes: number, seeds: number, turn: number): (readonly [family: string, fault: Fault])[] {
  const chance = numbersFrom(seeds + turn);
  const some = (): number => 1 + Math.floor(chance() * writes);
  const orders = (count: number): number[] => between(turn * seeds, turn * seeds + count);
  const pair = (order: number): Fault => ({ order, writes: { [some()]: "crash", [some()]: "crash" } });
  const lost = (order: number): Fault => {
    const at = some();
    return { order, past: { at, back: 1 + Math.floor(chance() * at) } };
  };
  return [
    ...[0, 5, 20, 50, 200, 1000, 3000].map((lag) => ["lag", { lag }] as const),
    ...orders(seeds).map((order) => ["order", { order }] as const),
    ...orders(Math.ceil(seeds / 2)).map((order) => ["crash pair", pair(order)] as const),
    ...orders(Math.ceil(seeds / 4)).map((order) => ["past and order", lost(order)] as const),
  ];
}

/** Whether what a scenario begins with is tried elsewhere: in `deploy`, which all others have more or less of. */
const isKnown = (name: string): boolean =>
  name !== "deploy" && scenarioOf(name).stages[0] === scenarioOf("deploy").stages[0];

/**
 * The runs of a scenario. The deployment and whatever comes after one get every fault at every write; a deployment of another kind
 * gets a sample, and so does what has all services. Each turn takes other members of what is taken in turn.
 */
export async function trialsOf(scenario: string, turn = 0): Promise<Trial[]> {
  const { tally, marks } = await referenceOf(scenario);
  const first = marks[1] ?? beginning;
  // What comes at rest belongs to a deployment too; outside, nothing goes wrong there.
  const deployed = { from: beginning, to: { ...tally, outside: first.outside } };
  const [begun, end] = [
    { from: beginning, to: first },
    { from: first, to: marks.at(-1) ?? first },
  ];
  const start = scenario === "deploy" ? thorough(deployed, turn) : isKnown(scenario) ? [] : sampled(begun, turn);
  const rest = scenario === "whole" ? sampled(end, turn) : thorough(end, turn);
  const all = [
    ...start,
    ...rest,
    ...throughout(tally.writes, scenario === "deploy" ? 40 : 16, turn),
    // Last, so that the samples of the others stay what they were.
    ...unaware(tally.log),
  ];
  return all.map(([family, fault]) => ({ scenario, family, fault }));
}

/** What happens to every Cloud: a turn has all runs of these. Of the others it has a few of every family of faults, the next turn has others. */
const core: ReadonlySet<string> = new Set([
  ...["deploy", "scale", "configure", "secret", "rotate", "release"],
  ...["delete", "claim", "external", "upgrade"],
]);
const few = 3;

/** What a turn has of a scenario, and how many runs there are to choose from. */
export async function turnOf(
  scenario: string,
  turn: number,
): Promise<{ readonly trials: readonly Trial[]; readonly possible: number }> {
  const all = await trialsOf(scenario, turn);
  return { trials: core.has(scenario) ? all : spreadOf(all, few, turn), possible: all.length };
}

/** All runs of a turn, those of the core first; each part in an order in which a run that is cut short has some of everything. */
export function inOrder(trials: readonly Trial[]): Trial[] {
  const shuffled = sampleOf(trials, trials.length, 1);
  return [
    ...shuffled.filter(({ scenario }) => core.has(scenario)),
    ...shuffled.filter(({ scenario }) => !core.has(scenario)),
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
