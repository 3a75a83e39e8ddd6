/** By this label of a Kubernetes node a cluster's administrator gives it to the Cloud of a namespace: a host joins nowhere else. */
export const hostOfLabel = "nephos.dev/host-of";

/** The label of a Kubernetes node by which it has the agents of a pool at a revision; ours alone. */
export const agentsLabel = "nephos.dev/agents";

/** The label of pods and DaemonSets with the name of their pool. */
export const poolLabel = "nephos.dev/pool";

/** What a node carries whose agents have been taken off, until it gets the next. */
const off = "off";

/** The value of a node's label for a revision; names of pools are short enough. */
export function revisionValue(pool: string, revision: string): string {
  return `${pool}.${revision}`;
}

/** The value of a node's label between two revisions. */
export function offValue(pool: string): string {
  return revisionValue(pool, off);
}

/** Which pool's host a node is, and at which revision: undefined between two of them, or where it has none yet. */
export interface Place {
  readonly pool: string;
  readonly revision: string | undefined;
}

/** What a node's label says; undefined for one that nobody has, or that is no label of ours. */
export function placeOf(value: string | undefined): Place | undefined {
  const [, pool, revision] = /^(.+)\.([a-z0-9]+)$/.exec(value ?? "") ?? [];
  return pool === undefined ? undefined : { pool, revision: revision === off ? undefined : revision };
}
