/** A host as the wave sees it. */
export interface HostState {
  readonly name: string;
  /** The revision whose agents it is told to have; undefined for one that is told none. */
  readonly revision: string | undefined;
  /** Revisions of which agents' pods are still there, whatever the host is told. */
  readonly pods: readonly string[];
  /** Whether every agent of its revision is ready. */
  readonly ready: boolean;
  /** What is wrong with one that is not, in a sentence. */
  readonly trouble?: string | undefined;
  /** Whether the host itself answers: what is dead is neither moved nor waited for. */
  readonly alive: boolean;
  /** Whether its preflight found nothing that is in the way. */
  readonly fit: boolean;
}

/** A host that is to be told another revision. */
export interface Move {
  readonly host: string;
  readonly to: string;
}

/** What a wave does now, or what it waits for. */
export interface Wave {
  readonly moves: readonly Move[];
  readonly waiting?: string;
}

/** Whether hosts that have agents may be moved to another revision. */
export type Pace = "OneByOne" | "Stay";

/**
 * The next moves towards the revision that is wanted. New hosts join at once, since nothing runs on them; of those with agents one at a
 * time is moved, and the next one is touched when all that have moved are well and have nothing of what they had.
 */
export function planWave(hosts: readonly HostState[], wanted: string, pace: Pace): Wave {
  const living = hosts.filter(({ alive }) => alive);
  const target = targetOf(living, wanted);
  const joins = living.filter(joining).map(({ name }) => ({ host: name, to: target }));
  if (pace === "Stay") return { moves: joins };
  const sick = living.find((host) => host.revision === target && !settled(host));
  if (sick !== undefined) return { moves: joins, waiting: `the agents of ${sick.name} to be ready${wordsOf(sick)}` };
  const next = nextOf(living, target);
  return { moves: next === undefined ? joins : [...joins, { host: next.name, to: target }] };
}

function wordsOf({ ready, trouble }: HostState): string {
  return ready || trouble === undefined ? "" : ` (${trouble})`;
}

/** Whether a host has all that it is told, and nothing else. */
function settled({ revision, pods, ready }: HostState): boolean {
  return ready && pods.every((each) => each === revision);
}

/** The revisions that living hosts are told to have, the one with the most of them first. */
export function revisionsOf(hosts: readonly HostState[]): string[] {
  const told = hosts.flatMap(({ alive, revision }) => (alive && revision !== undefined ? [revision] : []));
  const counts = [...Map.groupBy(told, (revision) => revision)];
  return counts.sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1)).map(([revision]) => revision);
}

/** The revision that hosts go to now. With two others in use a third has no room: the lesser of them is given up first. */
export function targetOf(hosts: readonly HostState[], wanted: string): string {
  const others = revisionsOf(hosts).filter((revision) => revision !== wanted);
  const [most] = others;
  return others.length < 2 || most === undefined ? wanted : most;
}

function joining({ revision, fit, pods }: HostState): boolean {
  return revision === undefined && fit && pods.length === 0;
}

/** Those that are unwell first: they have the least to lose. */
function nextOf(hosts: readonly HostState[], target: string): HostState | undefined {
  const behind = hosts.filter(({ revision }) => revision !== undefined && revision !== target);
  return behind.toSorted((a, b) => Number(a.ready) - Number(b.ready) || (a.name < b.name ? -1 : 1))[0];
}
