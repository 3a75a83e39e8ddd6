import { dressed, ownView } from "../../operator/dress.ts";
import { listAt, type Live, nameFor, refOf, textAt } from "../../operator/object.ts";
import { progress, type Snapshot } from "../../operator/plan.ts";
import { judgeStep, unobserved } from "../../operator/verdict.ts";
import { southbound } from "../network/fabric.ts";
import { type FabricMeans, planNetwork } from "../network/plan.ts";

/** What hosts stand on, as objects. */
export interface Footing {
  readonly cloud: Live;
  readonly cell: Live;
  readonly network: Live;
}

/** What of the fabric is read besides, to see whether it rests. */
export const restKinds = [
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
] as const;

/**
 * What is on its way to what is wanted of all that hosts stand on, as words to wait on; undefined where nothing is. What is merely unwell holds
 * nobody up, but for the southbound database. Hosts come after it: agents speak to what serves them, and while Open vSwitch starts anew packets
 * wait for processors too.
 */
export function unrestOf({ cloud, cell, network }: Footing, seen: Snapshot, means: FabricMeans): string | undefined {
  return unrestIn(cloud) ?? unrestIn(cell) ?? fabricUnrest(network, seen, means);
}

/** By its own word, which counts once it is about the spec that there is. */
function unrestIn(live: Live): string | undefined {
  const name = nameFor(refOf(live));
  if (unobserved(live)) return `${name} to be taken up`;
  const undone = listAt(live, "status", "steps").find((step) => !passable.has(textAt(step, "state") ?? ""));
  return undone === undefined ? undefined : `step ${textAt(undone, "name")} of ${name}`;
}

const passable: ReadonlySet<string> = new Set(["Done", "Degraded"]);

/**
 * Open vSwitch that starts anew is told what to do by a controller that has the southbound database: while that is away, packets would wait for
 * it. Judged by planning the Network, as the Network itself does: its status may not know yet of a Cloud that has changed a moment ago.
 */
function fabricUnrest(network: Live, seen: Snapshot, means: FabricMeans): string | undefined {
  const { namespace = "", name } = network.metadata;
  const database = { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: southbound.name };
  // Where there is none, none is replaced.
  if (seen.get(database) === undefined) return undefined;
  const plan = dressed(planNetwork(network, seen, means), network);
  const { verdicts } = progress(plan, ownView(seen, network), judgeStep);
  const unwell = [...verdicts].find(([step, { is }]) => step.startsWith("southbound/") && is !== "done");
  return unwell === undefined ? undefined : `step ${unwell[0]} of Network ${name}`;
}
