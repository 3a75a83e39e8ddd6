import { type PhaseName, phases, type Result, type Size } from "./measure.ts";

/** What a run of ours has to keep to, beside the baseline's. */
export const targets = {
  /** At least this share of the baseline's operations a second. */
  throughput: 0.8,
  /** At most this many times the baseline's memory. */
  memory: 2.5,
  /** The event loop's longest own stall, in milliseconds. */
  stall: 200,
  /** Writes per object above the baseline's that are the cluster's own (`kube-root-ca.crt`) or a race lost once. */
  writesSlack: 0.01,
} as const;

/** One line of the comparison. */
export interface Row {
  readonly name: string;
  readonly baseline: number;
  readonly ours: number;
  /** Left out where there is nothing to keep to. */
  readonly target?: { readonly words: string; readonly met: boolean };
}

const working: readonly PhaseName[] = ["start", "update", "repair"];

/** Both contenders side by side, medians of their runs. */
export function compare(size: Size, baseline: readonly Result[], ours: readonly Result[]): Row[] {
  const row = (name: string, of: (result: Result) => number): Row => ({
    name,
    baseline: median(baseline.map(of)),
    ours: median(ours.map(of)),
  });
  const perPhase = working.flatMap((phase) => [
    row(
      `${phase}: seconds`,
      ({
        phases: {
          [phase]: { seconds },
        },
      }) => seconds,
    ),
    throughput(
      phase,
      row(`${phase}: operations a second`, (result) => operations(phase, size) / result.phases[phase].seconds),
    ),
    row(`${phase}: CPU seconds`, (result) => result.phases[phase].cpuSeconds),
    atMostAsMany(row(`${phase}: writes per object`, (result) => writes(result, phase) / objects(size))),
    ...callRows(phase, size, baseline, ours),
  ]);
  return [
    ...perPhase,
    atLeast(row("start to repair: operations a second", (result) => operationsOfAll(size) / secondsOfAll(result))),
    none(row("rest: writes", (result) => writes(result, "rest"))),
    row("rest: CPU seconds", (result) => result.phases.rest.cpuSeconds),
    atMostTimes(row("memory: peak, MiB", (result) => result.peakMiB)),
    atMostTimes(row("memory: at rest, MiB", (result) => result.restMiB)),
    ...stallRows(ours),
  ];
}

/** Calls per object by resource and verb, GETs too; LIST is the driver's way of looking. */
function callRows(phase: PhaseName, size: Size, baseline: readonly Result[], ours: readonly Result[]): Row[] {
  const all = [...baseline, ...ours].flatMap((result) => Object.keys(result.phases[phase].calls));
  const kinds = [...new Set(all)].filter((call) => !call.endsWith(" LIST")).sort();
  const count = (result: Result, call: string): number => (result.phases[phase].calls[call] ?? 0) / objects(size);
  return kinds.map((call) => ({
    name: `${phase}: ${call} per object`,
    baseline: median(baseline.map((result) => count(result, call))),
    ours: median(ours.map((result) => count(result, call))),
  }));
}

function stallRows(ours: readonly Result[]): Row[] {
  const of = (pick: "longest" | "longestOwn"): number =>
    median(ours.map(({ stalls }) => stalls?.[pick] ?? Number.POSITIVE_INFINITY));
  const own = of("longestOwn");
  const target = { words: `≤ ${targets.stall}`, met: own <= targets.stall };
  return [
    { name: "event loop: longest stall by its own work, ms", baseline: Number.NaN, ours: own, target },
    { name: "event loop: longest stall by the clock, ms", baseline: Number.NaN, ours: of("longest") },
  ];
}

/**
 * A repair is over within one or two of the driver's looks (a quarter of a second and its lists of everything), so its seconds are
 * a count of looks: it counts in the whole only.
 */
function throughput(phase: PhaseName, row: Row): Row {
  return phase === "repair" ? row : atLeast(row);
}

function atLeast(row: Row): Row {
  const met = row.ours >= row.baseline * targets.throughput;
  return { ...row, target: { words: `≥ ${targets.throughput} ×`, met } };
}

function atMostTimes(row: Row): Row {
  return { ...row, target: { words: `≤ ${targets.memory} ×`, met: row.ours <= row.baseline * targets.memory } };
}

function atMostAsMany(row: Row): Row {
  const met = row.ours <= row.baseline * (1 + targets.writesSlack) + targets.writesSlack;
  return { ...row, target: { words: "≤ 1 ×", met } };
}

function none(row: Row): Row {
  return { ...row, target: { words: "0", met: row.ours === 0 } };
}

/** Objects that the workload is made of. */
function objects({ parents, children }: Size): number {
  return parents * (children + 1);
}

/** What has to be written at least: every child and every status, or the deleted children. */
function operations(phase: PhaseName, size: Size): number {
  return phase === "repair" ? Math.ceil(size.parents / 10) : objects(size);
}

function operationsOfAll(size: Size): number {
  return working.reduce((sum, phase) => sum + operations(phase, size), 0);
}

function secondsOfAll(result: Result): number {
  return working.reduce((sum, phase) => sum + result.phases[phase].seconds, 0);
}

function writes(result: Result, phase: PhaseName): number {
  const { calls } = result.phases[phase];
  return Object.entries(calls).reduce((sum, [call, count]) => (/ (GET|LIST)$/.test(call) ? sum : sum + count), 0);
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The comparison as a Markdown table. */
export function markdown(rows: readonly Row[]): string {
  const body = rows.map(({ name, baseline, ours, target }) => {
    const ratio = Number.isNaN(baseline) || baseline === 0 ? "" : (ours / baseline).toFixed(2);
    const kept = target === undefined ? "" : `${target.words} ${target.met ? "met" : "**missed**"}`;
    return `| ${name} | ${figure(baseline)} | ${figure(ours)} | ${ratio} | ${kept} |`;
  });
  return ["| | controller-runtime | Nephos | ratio | target |", "|---|--:|--:|--:|---|", ...body].join("\n");
}

function figure(value: number): string {
  if (Number.isNaN(value)) return "";
  return value !== 0 && Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
}

/** Names of the phases that a result must have been measured in. */
export function incomplete(result: Result): PhaseName[] {
  return phases.filter((phase) => Number.isNaN(result.phases[phase].seconds));
}
