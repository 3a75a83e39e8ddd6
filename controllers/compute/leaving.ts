import { type Live, nameFor, refOf, textAt } from "../../operator/object.ts";
import type { Action, Plan, Snapshot, Step } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { cloudKind } from "../cloud/plan.ts";
import { computePoolKind } from "../network/users.ts";
import { eldestOf } from "../refusal.ts";
import { type HostFacts, noFacts } from "./host-facts.ts";
import { callOf } from "./host-service.ts";
import { agentsOn, nodeKind } from "./hosts.ts";
import { agentsLabel, hostOfLabel, placeOf } from "./labels.ts";

/** So many servers are named; a status does not grow with their number. */
const namedServers = 5;

/** The Cloud whose services know of hosts; undefined where it is gone or going: then nobody is asked, and what its database has is its next one's. */
export function askedCloud({ metadata: { namespace } }: Live, seen: Snapshot): Live | undefined {
  const cloud = eldestOf(cloudKind, seen, namespace);
  return cloud?.metadata.deletionTimestamp === undefined ? cloud : undefined;
}

/**
 * What has to happen before a ComputeNode may go, with its host: no new servers, then none at all, then its agents go, then Nova and
 * Neutron forget it. A host without agents any more, since an administrator took it away, is cleaned up as far as its servers let us.
 */
export function planLeaving(subject: Live, seen: Snapshot, facts: HostFacts | undefined): Plan {
  const name = textAt(subject, "spec", "node") ?? subject.metadata.name;
  const pool = textAt(subject, "spec", "pool", "name") ?? "";
  const basis = [
    { ...computePoolKind, namespace: subject.metadata.namespace, name: pool },
    { ...nodeKind, name },
  ];
  const leaving: Leaving = { name, pool, namespace: subject.metadata.namespace ?? "", seen };
  if (askedCloud(subject, seen) === undefined) return { steps: [agentsStep(leaving, [])], basis };
  return { steps: stepsWith(leaving, facts ?? { ...noFacts, unreachable: "Nova to be asked" }), basis };
}

interface Leaving {
  readonly name: string;
  readonly pool: string;
  readonly namespace: string;
  readonly seen: Snapshot;
}

function stepsWith(leaving: Leaving, facts: HostFacts): Step[] {
  const { name } = leaving;
  const { service, agents, unreachable } = facts;
  const what = `nova-compute of ${name}`;
  const disable = service?.status === "enabled" ? [callOf("disable", service.id, what)] : [];
  const known = service === undefined ? [] : [callOf("forget", service.id, what)];
  const plugged = agents.map(({ id, binary }) => callOf("unplug", id, `${binary} of ${name}`));
  const unseen =
    unreachable ?? (service?.status === "unknown" ? `the database of the cell of ${name} to answer` : undefined);
  const held: Verdict | undefined = unseen === undefined ? undefined : { is: "waiting", on: unseen };
  return [
    { ...doing("leaving/disabled", [], disable), ...(held === undefined ? {} : { held }) },
    serversStep(name, facts),
    agentsStep(leaving, given(leaving) ? ["leaving/disabled", "leaving/servers"] : []),
    doing("leaving/service", ["leaving/disabled", "leaving/servers", "leaving/agents"], known),
    doing("leaving/network", ["leaving/service"], plugged),
  ];
}

/** A step of calls, done when none is left. */
function doing(name: string, after: readonly string[], actions: readonly Action[]): Step {
  const [first] = actions;
  const verdict: Verdict = first === undefined ? done : { is: "waiting", on: first.name };
  return { name, after, objects: [], actions, verdict: () => verdict };
}

/** Servers stay where they are until somebody moves them: that is not for us to decide. */
function serversStep(host: string, { servers, moves }: HostFacts): Step {
  const step: Step = { name: "leaving/servers", after: ["leaving/disabled"], objects: [] };
  const message = servers.length > 0 ? usedBy(host, servers) : unfinishedOn(host, moves);
  return message === undefined ? step : { ...step, held: { is: "blocked", reason: "HostInUse", message } };
}

function usedBy(host: string, servers: readonly string[]): string {
  const named = servers.slice(0, namedServers).join(", ");
  const more = servers.length > namedServers ? ` and ${servers.length - namedServers} more` : "";
  const are = servers.length === 1 ? "server is" : "servers are";
  return `${servers.length} ${are} on ${host}, ${named}${more}: migrate or delete what is there; evacuate it where the host is off`;
}

function unfinishedOn(host: string, [server]: readonly string[]): string | undefined {
  return server === undefined
    ? undefined
    : `a move of server ${server} from or to ${host} is not over; confirm or revert it`;
}

/** The host's agents go: its label, then their pods. */
function agentsStep({ name, pool, namespace, seen }: Leaving, after: readonly string[]): Step {
  const ref = { ...nodeKind, name };
  const place = placeOf(seen.get(ref)?.metadata.labels?.[agentsLabel]);
  const marks =
    place?.pool === pool
      ? [{ on: { apiVersion: "v1", kind: "Node", name }, label: agentsLabel, value: undefined }]
      : [];
  const [pod] = agentsOn(name, pool, namespace, seen);
  const verdict: Verdict = pod === undefined ? done : { is: "waiting", on: `${nameFor(refOf(pod))} to be gone` };
  return { name: "leaving/agents", after, objects: [], marks, verdict: () => verdict };
}

/** Whether the node is still the namespace's: taken back, its agents go at once. */
function given({ name, namespace, seen }: Leaving): boolean {
  return seen.get({ ...nodeKind, name })?.metadata.labels?.[hostOfLabel] === namespace;
}
