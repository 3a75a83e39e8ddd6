import { CommandFailed, run } from "../../lab/host/command.ts";
import { at, mapAt, numberAt } from "../../../operator/object.ts";
import type { Contender } from "./programs.ts";
import type { Stalls } from "./stalls.ts";

export const phases = ["start", "update", "repair", "rest"] as const;
export type PhaseName = (typeof phases)[number];

export interface Size {
  readonly parents: number;
  readonly children: number;
}

export interface Phase {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Calls by resource and verb (`configmaps APPLY`), without those of the driver. */
  readonly calls: Readonly<Record<string, number>>;
}

/** One run of one contender. */
export interface Result {
  readonly phases: Readonly<Record<PhaseName, Phase>>;
  readonly peakMiB: number;
  readonly restMiB: number;
  readonly stalls: Stalls | undefined;
}

/** Has the driver run one contender through all phases. */
export async function measure(driver: string, contender: Contender, size: Size, kubeconfig: string): Promise<Result> {
  const spoken: string[] = [];
  // The driver starts the contender in a process group of its own: whatever end the driver comes to, the contender's comes with it.
  const command = ["setpriv", "--pdeathsig", "KILL", ...contender.command];
  const sizes = ["-parents", String(size.parents), "-children", String(size.children)];
  const env = { ...contender.env, KUBECONFIG: kubeconfig };
  const output = await run(driver, ["-name", contender.name, ...sizes, "--", ...command], {
    env,
    log: (line) => spoken.push(line),
  }).catch((error: unknown) => {
    if (!(error instanceof CommandFailed)) throw error;
    throw new Error(`${contender.name}: ${error.message}\n${error.lines.slice(-10).join("\n")}`, { cause: error });
  });
  return resultOf(JSON.parse(output), size, stallsIn(spoken));
}

/** What the driver's line says. */
export function resultOf(line: unknown, size: Size, stalls: Stalls | undefined): Result {
  const phase = (name: PhaseName): Phase => ({
    seconds: numberAt(line, "phases", name, "seconds") ?? Number.NaN,
    cpuSeconds: numberAt(line, "phases", name, "cpuSeconds") ?? Number.NaN,
    calls: withoutDriver(name, mapAt(line, "phases", name, "calls"), size),
  });
  return {
    phases: { start: phase("start"), update: phase("update"), repair: phase("repair"), rest: phase("rest") },
    peakMiB: numberAt(line, "peakMiB") ?? Number.NaN,
    restMiB: numberAt(line, "restMiB") ?? Number.NaN,
    stalls,
  };
}

/** The driver patches every Parent to update and deletes a child of every tenth to be repaired. */
function withoutDriver(phase: PhaseName, calls: Readonly<Record<string, unknown>>, { parents }: Size): Phase["calls"] {
  const own = new Map<string, number>();
  if (phase === "update") own.set("parents PATCH", parents);
  if (phase === "repair") own.set("configmaps DELETE", Math.ceil(parents / 10));
  const entries = Object.entries(calls).map(([call, count]): [string, number] => [
    call,
    Math.max(0, Number(count) - (own.get(call) ?? 0)),
  ]);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

function stallsIn(lines: readonly string[]): Stalls | undefined {
  const last = lines.findLast((line) => line.startsWith('{"stalls":'));
  if (last === undefined) return undefined;
  const stalls = at(JSON.parse(last), "stalls");
  const [longest, longestOwn] = [numberAt(stalls, "longest"), numberAt(stalls, "longestOwn")];
  return longest === undefined || longestOwn === undefined ? undefined : { longest, longestOwn };
}
