import { type ComputeNodeSpec, computeNodeSpec } from "../../crds/compute-node.ts";
import { computePoolSpec } from "../../crds/compute-pool.ts";
import type { Live } from "../../operator/object.ts";
import type { Plan, Snapshot } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { computePoolKind } from "../network/users.ts";
import { unreadable } from "../refusal.ts";
import type { Asked, HostFacts } from "./host-facts.ts";
import { serviceStep } from "./host-service.ts";
import { type Host, hostNamed, unfitnessOf } from "./hosts.ts";
import { planLeaving } from "./leaving.ts";

/** What is known of a host: its own spec, and what there is on its node. */
export interface Known {
  readonly spec: ComputeNodeSpec;
  /** Undefined where its node is gone, or its pool. */
  readonly host: Host | undefined;
}

/** The host that a ComputeNode is about. */
export function knownOf(spec: ComputeNodeSpec, { metadata: { namespace } }: Live, seen: Snapshot): Known {
  const pool = seen.get({ ...computePoolKind, namespace, name: spec.pool.name });
  const wishes = computePoolSpec.safeParse(pool?.["spec"]).data;
  return {
    spec,
    host: pool === undefined || wishes === undefined ? undefined : hostNamed(spec.node, pool, wishes, seen),
  };
}

/** What a host has to go through until servers may come to it. */
export function planNode(node: Live, seen: Snapshot, facts: HostFacts | undefined): Plan {
  const unread = computeNodeSpec.safeParse(node["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable("host/spec", unread)] };
  const known = knownOf(computeNodeSpec.parse(node["spec"]), node, seen);
  const [preflight, agents] = [preflightVerdict(known, seen), agentsVerdict(known)];
  return {
    steps: [
      { name: "host/preflight", after: [], objects: [], verdict: () => preflight },
      { name: "host/agents", after: ["host/preflight"], objects: [], verdict: () => agents },
      serviceStep(known.spec.node, facts),
    ],
  };
}

/** What has to happen before a ComputeNode may go: nothing, where its pool means the host and makes another one, else the host goes with it. */
export function planNodeDeletion(node: Live, seen: Snapshot, facts: HostFacts | undefined): Plan {
  return staying(node, seen) ? { steps: [] } : planLeaving(node, seen, facts);
}

/** Whether a pool that stays means the host: somebody deleted the object only, or changed their mind. */
function staying(node: Live, seen: Snapshot): boolean {
  const { data: spec } = computeNodeSpec.safeParse(node["spec"]);
  if (spec === undefined) return false;
  const pool = seen.get({ ...computePoolKind, namespace: node.metadata.namespace, name: spec.pool.name });
  return pool?.metadata.deletionTimestamp === undefined && knownOf(spec, node, seen).host?.meant === true;
}

/** What Nova and Neutron are to be asked about a host, to let it work or to see it out; undefined while there is nothing to ask. */
export function questionOf(node: Live, seen: Snapshot): (Asked & { readonly leaves: boolean }) | undefined {
  const { data: spec } = computeNodeSpec.safeParse(node["spec"]);
  if (spec === undefined) return undefined;
  if (node.metadata.deletionTimestamp !== undefined)
    return staying(node, seen) ? undefined : { host: spec.node, calledItself: undefined, leaves: true };
  const { host } = knownOf(spec, node, seen);
  if (host?.place === undefined) return undefined;
  const calledItself = host.preflight.is === "fit" ? host.preflight.hostname : undefined;
  return { host: spec.node, calledItself, leaves: false };
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
