import type { Clock } from "./clock.ts";
import type { Client } from "./client.ts";
import { type Kind, kindKey, type Live, type Ref, refKey, refOf } from "./object.ts";
import { messageOf } from "./outcome.ts";
import { distinctKinds, type Snapshot } from "./plan.ts";
import { matches, Shelf, type View } from "./shelf.ts";
import { reflect } from "./watch.ts";

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
  readonly #restarts = new Map<string, () => void>();
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
    await Promise.all([...this.#shelves.values()].map((shelf) => shelf.reached("0")));
  }

  /** The objects of these kinds in a namespace, and the cluster-scoped ones, as they are now; to be released after use. */
  snapshot(kinds: readonly Watched[], namespace: string | undefined, minute: number): Snapshot & { release(): void } {
    const views = new Map<string, View>();
    for (const kind of distinctKinds(kinds)) {
      const shelf = this.#shelfOf(kind, namespace);
      if (shelf !== undefined) views.set(kindKey(kind), shelf.view());
    }
    return {
      minute,
      get: (ref) => views.get(kindKey(ref))?.get(refKey(ref)),
      list: (kind, where = {}) => byName(views.get(kindKey(kind))?.list(where) ?? []),
      release: () => views.forEach((view) => view.release()),
    };
  }

  /** Every object of a kind, in all watched namespaces. */
  all(kind: Watched): Live[] {
    const namespaces = kind.cluster === true ? [undefined] : this.#options.namespaces;
    return namespaces.flatMap((namespace) => [
      ...(this.#shelves.get(shelfKey(kind, namespace))?.objects.values() ?? []),
    ]);
  }

  /** Whether the watch of that kind has reached a version that a write of ours led to. */
  knows(ref: Ref, resourceVersion: string): boolean {
    return this.#shelfOf(ref, ref.namespace)?.knows(resourceVersion) ?? true;
  }

  /** Resolves when the watch of that kind has reached a version that a write of ours led to. */
  async reached(ref: Ref, resourceVersion: string): Promise<void> {
    await this.#shelfOf(ref, ref.namespace)?.reached(resourceVersion);
  }

  /** Lists a kind anew: what its watch should have brought did not come. */
  relist(ref: Ref): void {
    const [key] = [shelfKey(ref, ref.namespace), shelfKey(ref, undefined)].filter((each) => this.#restarts.has(each));
    this.#restarts.get(key ?? "")?.();
  }

  #shelfOf(kind: Kind, namespace: string | undefined): Shelf | undefined {
    return this.#shelves.get(shelfKey(kind, namespace)) ?? this.#shelves.get(shelfKey(kind, undefined));
  }

  /** A listener that throws is its own trouble: neither the watch nor the other listeners may suffer. */
  #tell(kind: Kind, object: Live): void {
    for (const listener of this.#listeners.get(kindKey(kind)) ?? []) {
      try {
        listener(object);
      } catch (error) {
        this.#options.restarted(kind, `listener failed: ${messageOf(error)}`);
      }
    }
  }

  #open(kind: Watched, namespace: string | undefined): void {
    const key = shelfKey(kind, namespace);
    if (this.#shelves.has(key)) return;
    const shelf = new Shelf((object) => this.#tell(kind, object));
    this.#shelves.set(key, shelf);
    void this.#keep(kind, namespace, shelf, key);
  }

  /** Reflects until the end; a relist cuts the watch under way and begins anew. */
  async #keep(kind: Watched, namespace: string | undefined, shelf: Shelf, key: string): Promise<void> {
    const { client, clock, signal, restarted } = this.#options;
    while (!signal.aborted) {
      const cut = new AbortController();
      this.#restarts.set(key, () => cut.abort());
      await reflect({
        client,
        kind,
        scope: { namespace },
        sink: shelf,
        clock,
        signal: AbortSignal.any([signal, cut.signal]),
        restarted: (reason) => restarted(kind, reason),
      });
      if (cut.signal.aborted) restarted(kind, "relist");
    }
  }
}

function byName(objects: readonly Live[]): readonly Live[] {
  return [...objects].sort((a, b) => (refKey(refOf(a)) < refKey(refOf(b)) ? -1 : 1));
}

/** A snapshot over maps from kind to objects by name; also what tests build theirs with. */
export function snapshotOf(shelves: ReadonlyMap<string, ReadonlyMap<string, Live>>, minute = 0): Snapshot {
  return {
    minute,
    get: (ref) => shelves.get(kindKey(ref))?.get(refKey(ref)),
    list: (kind, where = {}) =>
      byName([...(shelves.get(kindKey(kind))?.values() ?? [])].filter((object) => matches(object, where))),
  };
}

function shelfKey(kind: Kind, namespace: string | undefined): string {
  return `${kindKey(kind)} ${namespace ?? ""}`;
}
