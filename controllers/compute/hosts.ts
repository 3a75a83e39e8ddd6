import type { ComputePoolSpec } from "../../crds/compute-pool.ts";
import { type Live, textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { podKind, troubleOf } from "../../operator/pods.ts";
import { conditionOf } from "../../operator/verdict.ts";
import { componentLabels } from "../services/pod.ts";
import { agentsLabel, hostOfLabel, type Place, placeOf, poolLabel } from "./labels.ts";
import { type Preflight, preflightName, preflightOf } from "./preflight.ts";
import { revisionLabel } from "./render.ts";

/** The kind of the nodes that hosts are. */
export const nodeKind = { apiVersion: "v1", kind: "Node", cluster: true } as const;

/** The kind of one host. */
export const computeNodeKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ComputeNode" } as const;

/** The kind of what runs agents. */
export const daemonSetKind = { apiVersion: "apps/v1", kind: "DaemonSet" } as const;

/** A node that is a host of a pool, or may become one. */
export interface Host {
  readonly node: Live;
  /** Whether the pool means it: given to the namespace, and with the labels that the pool asks for. */
  readonly meant: boolean;
  /** What its label says; undefined where it has none yet. */
  readonly place: Place | undefined;
  readonly alive: boolean;
  /** Revisions of which an agent's pod is still there. */
  readonly revisions: readonly string[];
  /** Why its agents are not all ready; undefined where they are. */
  readonly trouble: string | undefined;
  readonly preflight: Preflight;
}

/** What is in the way of a host, and what to do about it. */
export interface Unfitness {
  readonly reason: string;
  readonly message: string;
}

/** The hosts of a pool, in the order of their names: nodes that it means and nobody else has, and those that it has still. */
export function hostsOf(pool: Live, spec: ComputePoolSpec, seen: Snapshot): Host[] {
  const pods = Map.groupBy(podsOf(pool, seen), nodeOf);
  return seen.list(nodeKind).flatMap((node) => hostOn(node, pods.get(node.metadata.name) ?? [], { pool, spec, seen }));
}

/** The host of a pool that is a node; undefined where it is none. */
export function hostNamed(node: string, pool: Live, spec: ComputePoolSpec, seen: Snapshot): Host | undefined {
  const live = seen.get({ ...nodeKind, name: node });
  const pods = podsOf(pool, seen).filter((pod) => nodeOf(pod) === node);
  return live === undefined ? undefined : hostOn(live, pods, { pool, spec, seen })[0];
}

/** The labels of the nodes that a pool means. */
export function chosenBy({ hosts }: ComputePoolSpec, namespace: string): Readonly<Record<string, string>> {
  return { ...hosts.kubernetesNodes?.nodeSelector, [hostOfLabel]: namespace };
}

/** What runs on a node for a pool, but for what looks at it: agents of any revision. */
export function agentsOn(node: string, pool: string, namespace: string, seen: Snapshot): Live[] {
  const pods = seen.list(podKind, { namespace, labels: { [poolLabel]: pool } });
  return pods.filter((pod) => nodeOf(pod) === node && !isPreflight(pod));
}

interface Around {
  readonly pool: Live;
  readonly spec: ComputePoolSpec;
  readonly seen: Snapshot;
}

/** The node as a host, with the pods of the pool there; none where it has nothing to do with the pool. */
function hostOn(node: Live, pods: readonly Live[], { pool, spec, seen }: Around): Host[] {
  const { name, namespace = "" } = pool.metadata;
  const { labels = {} } = node.metadata;
  const place = placeOf(labels[agentsLabel]);
  if ([place?.pool, poolToldBy(node, namespace, seen)].some((each) => each !== undefined && each !== name)) return [];
  const meant = Object.entries(chosenBy(spec, namespace)).every(([label, value]) => labels[label] === value);
  const [checks, agents] = [pods.filter(isPreflight), pods.filter((pod) => !isPreflight(pod))];
  const revisions = [...new Set(agents.flatMap(({ metadata }) => metadata.labels?.[revisionLabel] ?? []))].sort();
  if (!meant && place === undefined && revisions.length === 0) return [];
  return [
    {
      node,
      meant,
      place,
      alive: conditionOf(node, "Ready") !== undefined && node.metadata.deletionTimestamp === undefined,
      revisions,
      trouble: place === undefined ? "no agents" : troubleAt(place, agents, seen, namespace),
      preflight: preflightOf(latestOf(checks)),
    },
  ];
}

/** The pool that a node is a host of by its ComputeNode: until that is gone, also without the label. */
function poolToldBy(node: Live, namespace: string, seen: Snapshot): string | undefined {
  return textAt(seen.get({ ...computeNodeKind, namespace, name: node.metadata.name }), "spec", "pool", "name");
}

/** What the agents of a revision lack on a host. */
function troubleAt(place: Place, agents: readonly Live[], seen: Snapshot, namespace: string): string | undefined {
  const labels = { [poolLabel]: place.pool, [revisionLabel]: place.revision };
  const wanted = seen.list(daemonSetKind, { namespace, labels });
  if (wanted.length === 0) return `the agents of revision ${place.revision} to be known`;
  const own = agents.filter(({ metadata }) => metadata.labels?.[revisionLabel] === place.revision);
  const missing = wanted.find((each) => !own.some((pod) => isOf(pod, each) && isReady(pod)));
  return missing === undefined ? undefined : (troubleOf(own) ?? `${agentOf(missing)} to be ready`);
}

/** What keeps a host from joining, or should; undefined where nothing does, or nobody knows yet. */
export function unfitnessOf({ node, preflight }: Host, wanted: string, seen: Snapshot): Unfitness | undefined {
  if (preflight.is === "unknown") return undefined;
  const { name } = node.metadata;
  if (preflight.is === "unfit") return { reason: "HostUnfit", message: `node ${name}: ${preflight.why}` };
  if (wanted === "KVM" && preflight.kvm !== "") {
    const message = `node ${name}: ${preflight.kvm}; choose the hypervisor Auto or QEMU, or leave the node out`;
    return { reason: "HypervisorUnavailable", message };
  }
  const twin = twinOf(node, preflight.hostname, seen);
  if (twin === undefined) return undefined;
  const message = `node ${name} calls itself ${preflight.hostname}, and so does node ${twin}; give it a host name of its own`;
  return { reason: "HostNameTaken", message };
}

/** The hypervisor of a host as far as it was tried. */
export function hypervisorOf({ preflight }: Host, wanted: string): "KVM" | "QEMU" | undefined {
  if (preflight.is !== "fit") return undefined;
  return wanted !== "QEMU" && preflight.kvm === "" ? "KVM" : "QEMU";
}

/** Another node that was here first and calls itself the same: Nova knows hosts by that name. */
function twinOf(node: Live, hostname: string, seen: Snapshot): string | undefined {
  const labels = componentLabels(preflightName, "host");
  const twins = seen.list(podKind, { labels }).flatMap((pod) => {
    const said = preflightOf(pod);
    const name = nodeOf(pod);
    return said.is === "fit" && said.hostname === hostname && name !== node.metadata.name ? [name] : [];
  });
  const rank = (name: string): string => {
    const other = seen.get({ ...nodeKind, name });
    return `${other?.metadata.labels?.[agentsLabel] === undefined ? 1 : 0} ${name}`;
  };
  return twins.find((name) => rank(name) < rank(node.metadata.name));
}

function podsOf({ metadata: { name, namespace } }: Live, seen: Snapshot): readonly Live[] {
  return seen.list(podKind, { namespace, labels: { [poolLabel]: name } });
}

function nodeOf(pod: Live): string {
  return textAt(pod, "spec", "nodeName") ?? "";
}

/** Of several while one replaces the other, the one that stays. */
function latestOf(pods: readonly Live[]): Live | undefined {
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return staying.sort((a, b) => (ageKey(a) < ageKey(b) ? 1 : -1))[0];
}

function ageKey({ metadata }: Live): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

function agentOf({ metadata }: Live): string {
  return metadata.labels?.["app.kubernetes.io/name"] ?? "";
}

function isPreflight(pod: Live): boolean {
  return agentOf(pod) === preflightName;
}

function isOf(pod: Live, agent: Live): boolean {
  return agentOf(pod) === agentOf(agent);
}

function isReady(pod: Live): boolean {
  return conditionOf(pod, "Ready") !== undefined && pod.metadata.deletionTimestamp === undefined;
}
