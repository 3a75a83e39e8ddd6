import type { Clock } from "./clock.ts";
import type { Client } from "./client.ts";
import { isRecord, type Kind, kindKey, type Live, type Ref, refKey, refOf } from "./object.ts";
import type { Snapshot } from "./plan.ts";
import { reflect, type Sink } from "./watch.ts";

/** A kind that a controller watches; cluster-scoped kinds say so. */
export interface Watched extends Kind {
  readonly cluster?: true;
}

/** Hears of every change, with the object as it is now, or as it last was. */
export type Listener = (object: Live) => void;

export interface CacheOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
  readonly restarted: (kind: Kind, reason: string) => void;
}

/** Everything the controllers may see, kept by one watch per kind and namespace. */
export class Cache {
  readonly #shelves = new Map<string, Shelf>();
  readonly #options: CacheOptions;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Starts watching a kind where nobody has yet; the listener hears of every change. */
  watch(kind: Watched, listener: Listener): void {
    const listeners = this.#listeners.get(kindKey(kind)) ?? [];
    this.#listeners.set(kindKey(kind), [...listeners, listener]);
    for (const namespace of kind.cluster === true ? [undefined] : this.#options.namespaces) this.#open(kind, namespace);
  }

  /** Whether every watched kind was listed at least once. */
  get synced(): boolean {
    return [...this.#shelves.values()].every((shelf) => shelf.synced);
  }

  /** The kinds that were not listed yet. */
  get missing(): string[] {
    return [...this.#shelves].flatMap(([key, shelf]) => (shelf.synced ? [] : [key]));
  }

  /** Resolves when every watched kind was listed once. */
  async ready(): Promise<void> {
    await Promise.all([...this.#shelves.values()].map((shelf) => shelf.reached(0n)));
  }

  /** The objects of these kinds in a namespace, and the cluster-scoped ones, as they are now. */
  snapshot(kinds: readonly Watched[], namespace: string | undefined): Snapshot {
    const shelves = new Map(
      kinds.map((kind) => {
        const shelf = this.#shelves.get(shelfKey(kind, kind.cluster === true ? undefined : namespace));
        return [kindKey(kind), new Map(shelf?.objects)];
      }),
    );
    return snapshotOf(shelves);
  }

  /** Every object of a kind, in all watched namespaces. */
  all(kind: Watched): Live[] {
    const namespaces = kind.cluster === true ? [undefined] : this.#options.namespaces;
    return namespaces.flatMap((namespace) => [...(this.#shelves.get(shelfKey(kind, namespace))?.objects.values() ?? [])]);
  }

  /** Resolves when the watch of that kind has reached a version that a write of ours led to. */
  async reached(ref: Ref, resourceVersion: string): Promise<void> {
    const shelf = this.#shelves.get(shelfKey(ref, ref.namespace)) ?? this.#shelves.get(shelfKey(ref, undefined));
    await shelf?.reached(versionOf(resourceVersion));
  }

  #open(kind: Watched, namespace: string | undefined): void {
    const key = shelfKey(kind, namespace);
    if (this.#shelves.has(key)) return;
    const shelf = new Shelf((object) => this.#listeners.get(kindKey(kind))?.forEach((listener) => listener(object)));
    this.#shelves.set(key, shelf);
    const { client, clock, signal, restarted } = this.#options;
    void reflect({
      client,
      kind,
      scope: { namespace },
      sink: shelf,
      clock,
      signal,
      restarted: (reason) => restarted(kind, reason),
    });
  }
}

/** A snapshot over maps from kind to objects by name; also what tests build theirs with. */
export function snapshotOf(shelves: ReadonlyMap<string, ReadonlyMap<string, Live>>): Snapshot {
  return {
    get: (ref) => shelves.get(kindKey(ref))?.get(refKey(ref)),
    list: (kind, where = {}) => {
      const found = [...(shelves.get(kindKey(kind))?.values() ?? [])].filter(
        ({ metadata }) =>
          (where.namespace === undefined || metadata.namespace === where.namespace) &&
          Object.entries(where.labels ?? {}).every(([label, value]) => metadata.labels?.[label] === value),
      );
      return found.sort((a, b) => (refKey(refOf(a)) < refKey(refOf(b)) ? -1 : 1));
    },
  };
}

function shelfKey(kind: Kind, namespace: string | undefined): string {
  return `${kindKey(kind)} ${namespace ?? ""}`;
}

function versionOf(text: string): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

/** The objects of one kind in one namespace, and the version up to which they are known. */
class Shelf implements Sink {
  objects = new Map<string, Live>();
  synced = false;
  #version = 0n;
  #waiting: { readonly version: bigint; readonly resolve: () => void }[] = [];
  readonly #tell: Listener;

  constructor(tell: Listener) {
    this.#tell = tell;
  }

  replace(items: readonly Live[], resourceVersion: string): void {
    const before = this.objects;
    this.objects = new Map(items.map((item) => [refKey(refOf(item)), trimmed(item)]));
    this.synced = true;
    // A server restored from a backup counts from lower: its version is the truth from now on.
    this.#version = versionOf(resourceVersion);
    this.#release();
    for (const [key, object] of before) if (!this.objects.has(key)) this.#tell(object);
    for (const object of this.objects.values()) this.#tell(object);
  }

  changed(object: Live): void {
    const slim = trimmed(object);
    this.objects.set(refKey(refOf(slim)), slim);
    this.#advance(object.metadata.resourceVersion);
    this.#tell(slim);
  }

  deleted(object: Live): void {
    this.objects.delete(refKey(refOf(object)));
    this.#advance(object.metadata.resourceVersion);
    this.#tell(trimmed(object));
  }

  bookmark(resourceVersion: string): void {
    this.#advance(resourceVersion);
  }

  reached(version: bigint): Promise<void> {
    if (this.synced && this.#version >= version) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ version, resolve }));
  }

  #advance(resourceVersion: string): void {
    const version = versionOf(resourceVersion);
    if (version > this.#version) this.#version = version;
    this.#release();
  }

  #release(): void {
    const through = this.#waiting.filter((waiter) => waiter.version <= this.#version);
    this.#waiting = this.#waiting.filter((waiter) => waiter.version > this.#version);
    for (const waiter of through) waiter.resolve();
  }
}

/**
 * What the cache keeps of an object: no managedFields (two thirds of the memory), and of a Secret only the names of its keys,
 * so that no value can reach a plan, a log or a heap dump by way of the cache.
 */
function trimmed(object: Live): Live {
  const { managedFields: _, ...metadata } = Object.assign({ managedFields: undefined }, object.metadata);
  const data = object.kind === "Secret" && isRecord(object["data"]) ? { data: blanked(object["data"]) } : {};
  return frozen({ ...object, ...data, metadata });
}

function blanked(data: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(data).map((key) => [key, ""]));
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
  return value;
}
