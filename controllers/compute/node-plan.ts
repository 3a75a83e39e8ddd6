import { type ComputeNodeSpec, computeNodeSpec } from "../../crds/compute-node.ts";
import { computePoolSpec } from "../../crds/compute-pool.ts";
import { summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Plan, Snapshot } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { computePoolKind } from "../network/users.ts";
import { unreadable } from "../refusal.ts";
import { reportOf } from "../report.ts";
import { type Host, hostsOf, hypervisorOf, unfitnessOf } from "./hosts.ts";

/** What is known of a host: its own spec, and what there is on its node. */
interface Known {
  readonly spec: ComputeNodeSpec;
  /** Undefined where its node is gone, or its pool. */
  readonly host: Host | undefined;
}

function knownOf(spec: ComputeNodeSpec, { metadata: { namespace } }: Live, seen: Snapshot): Known {
  const pool = seen.get({ ...computePoolKind, namespace, name: spec.pool.name });
  const wishes = computePoolSpec.safeParse(pool?.["spec"]).data;
  const hosts = pool === undefined || wishes === undefined ? [] : hostsOf(pool, wishes, seen);
  return { spec, host: hosts.find((each) => each.node.metadata.name === spec.node) };
}

/** What a host has to go through until it is ready: all of it is seen, none of it done, here. */
export function planNode(node: Live, seen: Snapshot): Plan {
  const unread = computeNodeSpec.safeParse(node["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable("host/spec", unread)] };
  const known = knownOf(computeNodeSpec.parse(node["spec"]), node, seen);
  const [preflight, agents] = [preflightVerdict(known, seen), agentsVerdict(known)];
  return {
    steps: [
      { name: "host/preflight", after: [], objects: [], verdict: () => preflight },
      { name: "host/agents", after: ["host/preflight"], objects: [], verdict: () => agents },
    ],
  };
}

function preflightVerdict({ spec, host }: Known, seen: Snapshot): Verdict {
  if (host === undefined)
    return { is: "waiting", on: `node ${spec.node} to be a host of ComputePool ${spec.pool.name}` };
  if (!host.alive) return { is: "waiting", on: `node ${spec.node}, which does not answer` };
  const unfit = unfitnessOf(host, spec.hypervisor, seen);
  if (unfit !== undefined) return { is: "blocked", ...unfit };
  // Whoever has agents passed one: a newer one under way says nothing yet.
  return host.preflight.is === "unknown" && host.place === undefined ? { is: "waiting", on: host.preflight.on } : done;
}

function agentsVerdict({ spec, host }: Known): Verdict {
  if (host === undefined) return done;
  if (host.place?.revision !== spec.revision) return { is: "waiting", on: `its turn to get revision ${spec.revision}` };
  return host.trouble === undefined ? done : { is: "waiting", on: host.trouble };
}

/** What a ComputeNode says about its host. */
export function nodeStatus(
  node: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
): Readonly<Record<string, unknown>> {
  const generation = node.metadata.generation ?? 0;
  const report = reportOf(verdicts, summarise(verdicts, generation), generation);
  const { data: spec } = computeNodeSpec.safeParse(node["spec"]);
  if (spec === undefined) return report;
  const { host } = knownOf(spec, node, seen);
  if (host === undefined) return { ...report, state: "Unreachable" };
  const hypervisor = hypervisorOf(host, spec.hypervisor);
  return {
    ...report,
    state: stateOf(spec, host, seen),
    ...(host.place?.revision === undefined ? {} : { revision: host.place.revision }),
    ...(hypervisor === undefined ? {} : { hypervisor }),
  };
}

function stateOf(spec: ComputeNodeSpec, host: Host, seen: Snapshot): string {
  const { place, alive, meant, preflight, revisions, trouble } = host;
  if (!alive) return "Unreachable";
  if (!meant) return "Leaving";
  if (unfitnessOf(host, spec.hypervisor, seen) !== undefined) return "Unfit";
  if (place === undefined) return preflight.is === "unknown" ? "Checking" : "Joining";
  if (place.revision !== spec.revision || revisions.some((each) => each !== spec.revision)) return "Updating";
  return trouble === undefined ? "Ready" : "Unwell";
}
