import { isRecord, type Live, refKey, refOf } from "./object.ts";
import { identity } from "./plan.ts";
import type { Sink } from "./watch.ts";

/** What a listing may ask for. */
export interface Where {
  readonly namespace?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One kind as it was at one moment, whatever the watch brings meanwhile. */
export interface View {
  get(key: string): Live | undefined;
  list(where: Where): readonly Live[];
  /** Stops keeping the past; the view must not be used afterwards. */
  release(): void;
}

/** The objects of one kind in one namespace, indexed by their subject, and the version up to which they are known. */
export class Shelf implements Sink {
  readonly objects = new Map<string, Live>();
  synced = false;
  #version = 0n;
  readonly #bySubject = new Map<string, Set<string>>();
  readonly #views = new Set<FrozenView>();
  #waiting: { readonly version: bigint; readonly resolve: () => void }[] = [];
  readonly #tell: (object: Live) => void;

  constructor(tell: (object: Live) => void) {
    this.#tell = tell;
  }

  /** The shelf as it is now. */
  view(): View {
    const view = new FrozenView(this, () => this.#views.delete(view));
    this.#views.add(view);
    return view;
  }

  /** Names of the objects that belong to a subject. */
  keysOf(subject: string): Iterable<string> {
    return this.#bySubject.get(subject) ?? [];
  }

  kept(object: Live): Live {
    return trimmed(object);
  }

  replace(items: readonly Live[], resourceVersion: string): void {
    const fresh = new Map(items.map((item) => [refKey(refOf(item)), item]));
    const gone = [...this.objects].filter(([key]) => !fresh.has(key));
    for (const [key] of gone) this.#put(key, undefined);
    for (const [key, object] of fresh) this.#put(key, object);
    this.synced = true;
    // A server restored from a backup counts from lower: its version is the truth from now on.
    this.#version = versionOf(resourceVersion);
    this.#release();
    for (const [, object] of gone) this.#tell(object);
    for (const object of fresh.values()) this.#tell(object);
  }

  changed(object: Live): void {
    const slim = trimmed(object);
    this.#put(refKey(refOf(slim)), slim);
    this.bookmark(object.metadata.resourceVersion);
    this.#tell(slim);
  }

  deleted(object: Live): void {
    this.#put(refKey(refOf(object)), undefined);
    this.bookmark(object.metadata.resourceVersion);
    this.#tell(trimmed(object));
  }

  bookmark(resourceVersion: string): void {
    const version = versionOf(resourceVersion);
    if (version > this.#version) this.#version = version;
    this.#release();
  }

  /** Whether the watch has come as far as a version. */
  knows(resourceVersion: string): boolean {
    return this.synced && this.#version >= versionOf(resourceVersion);
  }

  /** Resolves when the watch has come as far as a version. */
  reached(resourceVersion: string): Promise<void> {
    if (this.knows(resourceVersion)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ version: versionOf(resourceVersion), resolve }));
  }

  #put(key: string, object: Live | undefined): void {
    const before = this.objects.get(key);
    for (const view of this.#views) view.remember(key, before);
    if (before !== undefined) this.#unindex(key, before);
    if (object === undefined) {
      this.objects.delete(key);
      return;
    }
    this.objects.set(key, object);
    const subject = object.metadata.labels?.[identity.subject];
    if (subject === undefined) return;
    const keys = this.#bySubject.get(subject) ?? new Set();
    this.#bySubject.set(subject, keys.add(key));
  }

  #unindex(key: string, object: Live): void {
    const subject = object.metadata.labels?.[identity.subject] ?? "";
    const keys = this.#bySubject.get(subject);
    keys?.delete(key);
    if (keys?.size === 0) this.#bySubject.delete(subject);
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const through = this.#waiting.filter((waiter) => waiter.version <= this.#version);
    this.#waiting = this.#waiting.filter((waiter) => waiter.version > this.#version);
    for (const waiter of through) waiter.resolve();
  }
}

/** Reads the shelf, but for what changed since: of that it keeps the past. Costs nothing where nothing changes. */
class FrozenView implements View {
  readonly #shelf: Shelf;
  readonly #past = new Map<string, Live | undefined>();
  readonly release: () => void;

  constructor(shelf: Shelf, release: () => void) {
    this.#shelf = shelf;
    this.release = release;
  }

  remember(key: string, before: Live | undefined): void {
    if (!this.#past.has(key)) this.#past.set(key, before);
  }

  get(key: string): Live | undefined {
    return this.#past.has(key) ? this.#past.get(key) : this.#shelf.objects.get(key);
  }

  list(where: Where): readonly Live[] {
    const subject = where.labels?.[identity.subject];
    const now = subject === undefined ? this.#shelf.objects.keys() : this.#shelf.keysOf(subject);
    const keys = new Set([...now, ...this.#past.keys()]);
    return [...keys].flatMap((key) => this.get(key) ?? []).filter((object) => matches(object, where));
  }
}

/** Whether an object is among what a listing asks for. */
export function matches({ metadata }: Live, { namespace, labels = {} }: Where): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value);
}

function versionOf(text: string): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

/**
 * What the cache keeps of an object: no managedFields (two thirds of the memory), and of a Secret only the names of its keys,
 * so that no value can reach a plan, a log or a heap dump by way of the cache.
 */
export function trimmed(object: Live): Live {
  const { managedFields: _managedFields, ...kept } = Object.assign({ managedFields: undefined }, object.metadata);
  const metadata = kept.annotations === undefined ? kept : { ...kept, annotations: withoutApplied(kept.annotations) };
  const data = object.kind === "Secret" && isRecord(object["data"]) ? { data: blanked(object["data"]) } : {};
  return frozen({ ...object, ...data, metadata });
}

/** kubectl keeps a whole copy of what was applied here: memory, and of a Secret its values. */
function withoutApplied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(entries.filter(([name]) => name !== "kubectl.kubernetes.io/last-applied-configuration"));
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
