import { isDeepStrictEqual } from "node:util";
import type { Fault } from "../../operator/testing/faults.ts";
import { play } from "../../operator/testing/play.ts";
import type { Checkpoint, Mark, Run, Scenario } from "../../operator/testing/scenario.ts";
import { scenarios } from "./play/scenarios.ts";

/** One run to be made: a scenario by its name and what goes wrong in it. */
export interface Trial {
  readonly scenario: string;
  readonly family: string;
  readonly fault: Fault;
}

const references = new Map<string, Promise<Run>>();

/** The scenario of that name; throws where there is none. */
export function scenarioOf(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined)
    throw new Error(`no scenario ${name}; there are ${scenarios.map((each) => each.name).join(", ")}`);
  return scenario;
}

/**
 * The run in which nothing goes wrong: what every other is measured by. Each stage has a process of its own, so that runs whose fault comes late
 * begin at its checkpoints; `calmOf` is the same with one process for all.
 */
export function referenceOf(name: string): Promise<Run> {
  const known = references.get(name) ?? relay(scenarioOf(name));
  references.set(name, known);
  return known;
}

/** The run in which nothing goes wrong, and one process sees all of it. */
export function calmOf(name: string): Promise<Run> {
  return play(scenarioOf(name));
}

/** What begins as an earlier scenario does goes on from there. */
async function relay(scenario: Scenario): Promise<Run> {
  const earlier = scenarios.find(({ stages: [first] }) => first === scenario.stages[0]);
  if (earlier === undefined || earlier === scenario) return play(scenario, { processes: "each" });
  const from = (await referenceOf(earlier.name)).checkpoints.find(({ stages }) => stages === 1);
  return play(scenario, { processes: "each", from });
}

const counted = ["writes", "lines", "outside"] as const;

/** The numbers of the writes, lines and calls outside at which something goes wrong. */
function numbersOf({ writes = {}, lines = {}, outside = {}, past, outage }: Fault): Record<keyof Mark, number[]> {
  const keys = (numbers: object): number[] => Object.keys(numbers).map(Number);
  const beside = [past, outage].flatMap((each) => (each === undefined ? [] : [each.at]));
  return { writes: [...keys(writes), ...beside], lines: keys(lines), outside: keys(outside) };
}

const isThroughout = ({ order, lag }: Fault): boolean => order !== undefined || lag !== undefined;

/** The last checkpoint before anything goes wrong; none where that may be in the first stage, or everywhere. */
export function startOf(fault: Fault, checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  if (isThroughout(fault)) return undefined;
  const numbers = numbersOf(fault);
  return checkpoints.findLast(({ mark }) => counted.every((each) => numbers[each].every((at) => at > mark[each])));
}

/**
 * The checkpoint at which a run can be judged: the first after all that goes wrong. None where that is the end, and where a connection
 * broke: the process may be deaf since, and only what comes later shows it.
 */
export function endOf(fault: Fault, checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  if (isThroughout(fault) || fault.lines !== undefined || fault.outage !== undefined) return undefined;
  const numbers = numbersOf(fault);
  return checkpoints.find(({ mark }) => counted.every((each) => numbers[each].every((at) => at <= mark[each])));
}

/** What is wrong with a run; nothing, where it ended as the calm one did and nothing unsafe happened on the way. */
export async function examine({ scenario, fault }: Trial): Promise<string[]> {
  const reference = await referenceOf(scenario);
  // Measured by a run that is bad itself, anything looks good.
  if (reference.trouble.length > 0) return reference.trouble.map((each) => `calm run: ${each}`);
  const played = scenarioOf(scenario);
  const [from, end] = [startOf(fault, reference.checkpoints), endOf(fault, reference.checkpoints)];
  const run = await play(played, { fault, from, until: end?.stages, budget: 3 * reference.tally.writes });
  if (run.trouble.length > 0) return [...run.trouble];
  const calm = end === undefined ? reference : { ...end, state: played.state(end.world) };
  return [
    ...(isDeepStrictEqual(run.state, calm.state) ? [] : [`the end differs: ${differenceOf(run.state, calm.state)}`]),
    ...extra(run.createsAndDeletes, calm.createsAndDeletes).map((each) => `not in the calm run: ${each}`),
    // Who is behind may still have what the calm run has pruned, and need not make it anew.
    ...(fault.past === undefined ? extra(calm.createsAndDeletes, run.createsAndDeletes) : []).map(
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

/** The command that makes one run again. */
export function commandFor({ scenario, fault }: Trial): string {
  return `node controllers/testing/faults-main.ts ${scenario} '${JSON.stringify(fault)}'`;
}
