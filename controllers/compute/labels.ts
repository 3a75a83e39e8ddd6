/** By this label of a Kubernetes node a cluster's administrator gives it to the Cloud of a namespace: a host joins nowhere else. */
export const hostOfLabel = "nephos.dev/host-of";

/** The label of a Kubernetes node by which it has the agents of a pool at a revision; ours alone. */
export const agentsLabel = "nephos.dev/agents";

/** The label of pods and DaemonSets with the name of their pool. */
export const poolLabel = "nephos.dev/pool";

/** The value of a node's label for a revision; names of pools are short enough. */
export function revisionValue(pool: string, revision: string): string {
  return `${pool}.${revision}`;
}

/** Which pool's host a node is, and at which revision. */
export interface Place {
  readonly pool: string;
  readonly revision: string;
}

/** What a node's label says; undefined for one that nobody has, or that is no label of ours. */
export function placeOf(value: string | undefined): Place | undefined {
  const [, pool, revision] = /^(.+)\.([a-z0-9]+)$/.exec(value ?? "") ?? [];
  return pool === undefined || revision === undefined ? undefined : { pool, revision };
}

/** The field manager of our label of a node, whoever of us writes it: another one's could not take it off. */
export const poolManager = "nephos-compute-pool";
