import type { ComputePoolSpec } from "../../crds/compute-pool.ts";
import { listAt, type Live, nameFor, refOf, textAt } from "../../operator/object.ts";
import type { Mark, Snapshot, Step } from "../../operator/plan.ts";
import { conditionOf, done, type Verdict } from "../../operator/verdict.ts";
import { chosenBy, computeNodeKind, type Host, unfitnessOf } from "./hosts.ts";
import { agentsLabel, revisionValue } from "./labels.ts";
import { type HostState, planWave, type Wave } from "./waves.ts";

/** A pool and the hosts that it has, or may get. */
export interface Pool {
  readonly name: string;
  readonly namespace: string;
  readonly spec: ComputePoolSpec;
  readonly hosts: readonly Host[];
  readonly seen: Snapshot;
}

/** The next moves of a wave to a revision, and what it waits for; while there is `unrest`, in words to wait on, none of hosts that have agents. */
export function movesStep(pool: Pool, revision: string, unrest: () => string | undefined): Step {
  const { name, spec, hosts } = pool;
  const meant = hosts.filter((host) => host.meant);
  const states = meant.map((host) => stateOf(host, pool));
  const automatic = spec.update === "Automatic";
  const behind = states.some(({ alive, revision: has }) => alive && has !== undefined && has !== revision);
  const held = automatic && behind ? unrest() : undefined;
  const pace = automatic && held === undefined ? "OneByOne" : "Stay";
  const wave = planWave(states, revision, pace);
  const marks = wave.moves.map(({ host, to }) => markOf(host, revisionValue(name, to)));
  const verdict: Verdict = held === undefined ? verdictOf(pool, meant, wave) : { is: "waiting", on: held };
  const after = ["preflight/agents", "agents/workloads"];
  return { name: "hosts/moves", after, objects: [], marks, verdict: () => verdict };
}

/**
 * Hosts that the pool does not mean any more. Their ComputeNodes see them out, and take the label off when no servers are left; it goes at
 * once where there is none to do so.
 */
export function leavingStep(pool: Pool): Step {
  const { hosts } = pool;
  const nodes = new Map(nodesOf(pool).map((node) => [node.metadata.name, node]));
  const staying = new Set(hosts.flatMap(({ meant, node }) => (meant ? [node.metadata.name] : [])));
  const leaving = hosts.filter(({ meant }) => !meant);
  const marks = leaving.flatMap(({ node: { metadata }, place }) =>
    place === undefined || nodes.has(metadata.name) ? [] : [markOf(metadata.name, undefined)],
  );
  const left = [...nodes.keys(), ...leaving.map(({ node }) => node.metadata.name)].filter((name) => !staying.has(name));
  const [first] = left.sort();
  const verdict: Verdict = first === undefined ? done : { is: "waiting", on: departureOf(first, nodes.get(first)) };
  return { name: "hosts/leaving", after: [], objects: [], marks, verdict: () => verdict };
}

function departureOf(name: string, node: Live | undefined): string {
  return node === undefined ? `the agents of ${name} to be gone` : `${nameFor(refOf(node))} to be gone${saidBy(node)}`;
}

/** Servers may come to one host at least: a pool that is ready is of use. */
export function serviceStep(pool: Pool): Step {
  const meant = new Set(pool.hosts.flatMap(({ meant: is, node }) => (is ? [node.metadata.name] : [])));
  const nodes = nodesOf(pool).filter(({ metadata }) => meant.has(metadata.name));
  const [first] = nodes;
  const verdict: Verdict =
    first === undefined || nodes.some((node) => conditionOf(node, "Ready") !== undefined)
      ? done
      : { is: "waiting", on: `${nameFor(refOf(first))} to be ready${saidBy(first)}` };
  return { name: "hosts/service", after: [], objects: [], verdict: () => verdict };
}

function saidBy(node: Live): string {
  const [ready] = listAt(node, "status", "conditions");
  return ready === undefined ? "" : `: ${textAt(ready, "message") ?? ""}`;
}

/** The ComputeNodes of a pool: of hosts that it has, and of those that are leaving. */
export function nodesOf({ name, namespace, seen }: Pool): Live[] {
  return seen.list(computeNodeKind, { namespace }).filter((node) => textAt(node, "spec", "pool", "name") === name);
}

function markOf(host: string, value: string | undefined): Mark {
  return { on: { apiVersion: "v1", kind: "Node", name: host }, label: agentsLabel, value };
}

function stateOf(host: Host, { spec, seen }: Pool): HostState {
  const { node, place, revisions, trouble, alive, preflight } = host;
  return {
    name: node.metadata.name,
    revision: place?.revision,
    pods: revisions,
    ready: trouble === undefined,
    trouble,
    alive,
    fit: preflight.is === "fit" && unfitnessOf(host, spec.hypervisor.type, seen) === undefined,
  };
}

/** Whether all is as it is to be, but for hosts that are dead or unfit: of these some may be, as long as others are not. */
function verdictOf(pool: Pool, meant: readonly Host[], { waiting }: Wave): Verdict {
  const [first] = meant;
  if (first === undefined) return { is: "waiting", on: describedNode(pool) };
  if (waiting !== undefined) return { is: "waiting", on: waiting };
  if (meant.some(({ alive, trouble }) => alive && trouble === undefined)) return done;
  return troubleOf(first, meant, pool);
}

/** Why not one host is ready. */
function troubleOf(first: Host, meant: readonly Host[], { spec, seen }: Pool): Verdict {
  const unfit = meant.flatMap((host) => unfitnessOf(host, spec.hypervisor.type, seen) ?? [])[0];
  if (unfit !== undefined) return { is: "blocked", ...unfit };
  const { name } = first.node.metadata;
  return {
    is: "waiting",
    on: first.preflight.is === "unknown" ? `the preflight of ${name} to end` : `${name} to be ready`,
  };
}

function describedNode({ spec, namespace }: Pool): string {
  const labels = Object.entries(chosenBy(spec, namespace)).map(([label, value]) => `${label}=${value}`);
  const wanted = `a node with the label${labels.length === 1 ? "" : "s"} ${labels.sort().join(" and ")} that no other pool has`;
  return labels.length === 1 ? wanted : `${wanted}; label one, or correct spec.hosts.kubernetesNodes.nodeSelector`;
}
