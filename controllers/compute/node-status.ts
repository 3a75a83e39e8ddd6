import { type ComputeNodeSpec, computeNodeSpec } from "../../crds/compute-node.ts";
import { summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { reportOf } from "../report.ts";
import type { HostFacts } from "./host-facts.ts";
import { stateInNova } from "./host-service.ts";
import { type Host, hypervisorOf, unfitnessOf } from "./hosts.ts";
import { knownOf } from "./node-plan.ts";

/** What a ComputeNode says about its host. */
export function nodeStatus(
  node: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  facts: HostFacts | undefined,
): Readonly<Record<string, unknown>> {
  const generation = node.metadata.generation ?? 0;
  const report = reportOf(verdicts, summarise(verdicts, generation), generation);
  const { data: spec } = computeNodeSpec.safeParse(node["spec"]);
  if (spec === undefined) return report;
  if (node.metadata.deletionTimestamp !== undefined) return { ...report, state: "Leaving" };
  const { host } = knownOf(spec, node, seen);
  if (host === undefined) return { ...report, state: "Unreachable" };
  return { ...report, ...hostStatus(host, spec, seen, facts) };
}

function hostStatus(
  host: Host,
  spec: ComputeNodeSpec,
  seen: Snapshot,
  facts: HostFacts | undefined,
): Readonly<Record<string, unknown>> {
  const [hypervisor, revision] = [hypervisorOf(host, spec.hypervisor), host.place?.revision];
  const state = stateOf(host, spec, seen) ?? (facts === undefined ? "Unknown" : stateInNova(facts));
  return {
    state,
    ...(revision === undefined ? {} : { revision }),
    ...(hypervisor === undefined ? {} : { hypervisor }),
    ...(state === "Disabled" ? { disabledReason: facts?.service?.reason ?? "no reason was given" } : {}),
  };
}

/** How a host is as far as that can be seen from its agents; undefined where nothing is wrong with them. */
function stateOf(host: Host, spec: ComputeNodeSpec, seen: Snapshot): string | undefined {
  const { place, alive, meant, preflight, trouble } = host;
  if (!alive) return "Unreachable";
  if (!meant) return "Leaving";
  if (unfitnessOf(host, spec.hypervisor, seen) !== undefined) return "Unfit";
  if (place === undefined) return preflight.is === "unknown" ? "Checking" : "Joining";
  if (isMoving(host, spec)) return "Updating";
  return trouble === undefined ? undefined : "Unwell";
}

function isMoving({ place, revisions }: Host, { revision }: ComputeNodeSpec): boolean {
  return [place?.revision, ...revisions].some((each) => each !== revision);
}
