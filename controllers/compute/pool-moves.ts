import type { ComputePoolSpec } from "../../crds/compute-pool.ts";
import type { Mark, Snapshot, Step } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { chosenBy, type Host, unfitnessOf } from "./hosts.ts";
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

/** The next moves of a wave to a revision, and what it waits for. */
export function movesStep(pool: Pool, revision: string): Step {
  const { name, spec, hosts } = pool;
  const meant = hosts.filter((host) => host.meant);
  const states = meant.map((host) => stateOf(host, pool));
  const wave = planWave(states, revision, spec.update === "Automatic" ? "OneByOne" : "Stay");
  const marks = wave.moves.map(({ host, to }) => markOf(host, revisionValue(name, to)));
  const verdict = verdictOf(pool, meant, wave);
  const after = ["preflight/agents", "agents/workloads"];
  return { name: "hosts/moves", after, objects: [], marks, verdict: () => verdict };
}

/** Hosts that the pool does not mean any more: their label goes, and their agents with it. */
export function leavingStep({ hosts }: Pool): Step {
  const leaving = hosts.filter(({ meant }) => !meant);
  const marks = leaving.flatMap(({ node, place }) =>
    place === undefined ? [] : [markOf(node.metadata.name, undefined)],
  );
  const [first] = leaving;
  const on = `the agents of ${first?.node.metadata.name ?? ""} to be gone`;
  const verdict: Verdict = first === undefined ? done : { is: "waiting", on };
  return { name: "hosts/leaving", after: [], objects: [], marks, verdict: () => verdict };
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
  if (first === undefined) return { is: "waiting", on: `${describedNode(pool)} that no other pool has` };
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
  return `a node with the label${labels.length === 1 ? "" : "s"} ${labels.sort().join(" and ")}`;
}
