import { dressed, ownView } from "../../operator/dress.ts";
import type { Live } from "../../operator/object.ts";
import { progress, type Snapshot } from "../../operator/plan.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { southbound } from "../network/fabric.ts";
import { type FabricMeans, planNetwork } from "../network/plan.ts";

/** What of the fabric is read besides, to see whether it rests. */
export const restKinds = [
  { apiVersion: "apps/v1", kind: "StatefulSet" },
  { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
] as const;

/**
 * What of the fabric is on its way to what is wanted, as words to wait on; undefined where nothing is. Open vSwitch that starts anew is told
 * what to do by a controller that has the southbound database: while that is away, packets would wait for it. Judged by planning the Network, as the
 * Network itself does: its status may not know yet of a Cloud that has changed a moment ago.
 */
export function fabricUnrest(network: Live, seen: Snapshot, means: FabricMeans): string | undefined {
  const { namespace, name } = network.metadata;
  const database = { apiVersion: "apps/v1", kind: "StatefulSet", namespace: namespace ?? "", name: southbound.name };
  // Where there is none, none is replaced.
  if (seen.get(database) === undefined) return undefined;
  const plan = dressed(planNetwork(network, seen, means), network);
  const { verdicts } = progress(plan, ownView(seen, network), judgeStep);
  const unwell = [...verdicts].find(([step, { is }]) => step.startsWith("southbound/") && is !== "done");
  return unwell === undefined ? undefined : `step ${unwell[0]} of Network ${name}`;
}
