import { type ComputePoolSpec, computePoolSpec } from "../../crds/compute-pool.ts";
import { type Kind, type Live, type Manifest, nameFor, type Ref, refOf } from "../../operator/object.ts";
import { identity, type Plan, type Snapshot, type Step } from "../../operator/plan.ts";
import { podKind } from "../../operator/pods.ts";
import { secretRef } from "../../operator/recipe.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import type { Means } from "../cloud/plan.ts";
import { chassisOf } from "../network/chassis.ts";
import { unreadable } from "../refusal.ts";
import { chassisSettings } from "./chassis-files.ts";
import { chosenBy, computeNodeKind, daemonSetKind, type Host, hostsOf, nodeKind } from "./hosts.ts";
import { poolLabel } from "./labels.ts";
import { preflightName, renderPreflight } from "./preflight.ts";
import { type Ground, groundOf } from "./pool-ground.ts";
import { leavingStep, movesStep, nodesOf, type Pool, serviceStep } from "./pool-moves.ts";
import { renderRevision, type Revision, revisionLabel } from "./render.ts";
import { unrestOf } from "./rest.ts";

/** What a pool makes. */
export const ownedKinds: readonly Kind[] = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  daemonSetKind,
  computeNodeKind,
];

/** The steps from a ComputePool's spec to hosts with their agents. */
export function planPool(subject: Live, seen: Snapshot, means: Means): Plan {
  const { data: spec, error } = computePoolSpec.safeParse(subject["spec"]);
  const issue = error?.issues[0] ?? { path: [], message: "cannot be read" };
  if (spec === undefined) return { steps: [unreadable("pool/spec", issue)] };
  const ground = groundOf(subject, spec, seen, means);
  if ("is" in ground) return { steps: [{ name: "pool/ground", after: [], objects: [], held: ground }] };
  const pool = poolOf(subject, spec, seen);
  const revision = renderRevision(ground.context);
  return {
    steps: [
      ...agentSteps(pool, ground, revision),
      {
        name: "hosts/nodes",
        after: [],
        objects: pool.hosts.filter(({ meant }) => meant).map((host) => nodeOf(pool, host, revision)),
        judged: "ByVerdict",
      },
      movesStep(pool, revision.name, () => unrestOf(ground.footing, seen, means)),
      serviceStep(pool),
      leavingStep(pool),
    ],
    basis: [
      ...ground.basis,
      ...[...ground.secrets].sort().map((name) => secretRef(pool.namespace, name)),
      ...doomed(pool),
    ],
    kept: inUse(pool, revision),
  };
}

/** Nodes that the pool gives up now: by an old view of their labels a host would be seen out that is meant. */
function doomed(pool: Pool): Ref[] {
  const staying = new Set(pool.hosts.flatMap(({ meant, node }) => (meant ? [node.metadata.name] : [])));
  return nodesOf(pool)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && !staying.has(metadata.name))
    .map(({ metadata }) => ({ ...nodeKind, name: metadata.name }));
}

/** What has to happen before a ComputePool may go: its hosts leave, each as its ComputeNode sees it out. */
export function planPoolDeletion(subject: Live, seen: Snapshot): Plan {
  const { name, namespace } = subject.metadata;
  const spec = computePoolSpec.safeParse(subject["spec"]).data ?? computePoolSpec.parse({ cell: { name: "none" } });
  const pool = poolOf(subject, spec, seen);
  const had = pool.hosts.filter(({ place, revisions }) => place !== undefined || revisions.length > 0);
  const leaving = leavingStep({ ...pool, hosts: had.map((host) => ({ ...host, meant: false })) });
  const removes = nodesOf(pool).map(refOf);
  const left = seen
    .list(podKind, { namespace, labels: { [poolLabel]: name } })
    .find((pod) => pod.metadata.labels?.["app.kubernetes.io/name"] !== preflightName);
  const gone: Verdict = left === undefined ? done : { is: "waiting", on: `${nameFor(refOf(left))} to be gone` };
  const labels = { [identity.subject]: subject.metadata.uid };
  return {
    steps: [
      leaving,
      { name: "hosts/nodes", after: [], objects: [], removes },
      { name: "hosts/agents", after: [], objects: [], verdict: () => gone },
    ],
    // What no host has any more goes with the pool.
    kept: ownedKinds.flatMap((kind) => seen.list(kind, { namespace, labels })).map(refOf),
  };
}

function poolOf(subject: Live, spec: ComputePoolSpec, seen: Snapshot): Pool {
  const { name, namespace = "" } = subject.metadata;
  return { name, namespace, spec, hosts: hostsOf(subject, spec, seen), seen };
}

/** What runs on hosts; which of them it runs on is not its concern. */
function agentSteps({ spec, hosts }: Pool, { context, network }: Ground, revision: Revision): Step[] {
  const links = network.physicalNetworks.flatMap((physical) => physical.interface ?? []);
  const demands = { links, bridges: network.physicalNetworks.map(({ bridge }) => bridge) };
  const chassis = hosts.flatMap(({ node }) => {
    const told = chassisOf(network, node, context.remote);
    return told === undefined ? [] : [[node.metadata.name, told] as const];
  });
  const judged = "ByVerdict";
  return [
    {
      name: "preflight/agents",
      after: [],
      objects: renderPreflight(context, demands, chosenBy(spec, context.namespace)),
      judged,
    },
    { name: "agents/chassis", after: [], objects: [chassisSettings(context.pool, new Map(chassis))] },
    { name: "agents/files", after: [], objects: revision.configuration },
    { name: "agents/workloads", after: ["agents/chassis", "agents/files"], objects: revision.workloads, judged },
  ];
}

function nodeOf({ name: pool, spec }: Pool, { node, place }: Host, revision: Revision): Manifest {
  const { name } = node.metadata;
  const wanted = spec.update === "Manual" ? (place?.revision ?? revision.name) : revision.name;
  const said = { pool: { name: pool }, node: name, hypervisor: spec.hypervisor.type, revision: wanted };
  return Object.assign({ ...computeNodeKind, metadata: { name } }, { spec: said });
}

/** What other revisions are made of, while a host has or is told one of them. */
function inUse({ name, namespace, hosts, seen }: Pool, revision: Revision): Ref[] {
  const told = hosts.flatMap(({ place }) => place?.revision ?? []);
  const used = new Set([...told, ...hosts.flatMap(({ revisions }) => revisions)]);
  return seen
    .list(daemonSetKind, { namespace, labels: { [poolLabel]: name } })
    .filter(({ metadata }) => {
      const own = metadata.labels?.[revisionLabel] ?? "";
      return own !== revision.name && used.has(own);
    })
    .map(refOf);
}
