import { type Live, type Ref, refKey, refOf } from "../../object.ts";
import type { Managers } from "./ownership.ts";

/** One change of one object. */
export interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The object after the change; of a deletion the last that it was, with the version of its going. */
  readonly object: Live;
  readonly before: Live | undefined;
}

/** An object and who set what in it. */
export interface Entry {
  readonly object: Live;
  readonly managers: Managers;
}

/** An object from a version on; nothing, where it was deleted then. */
interface Past {
  readonly version: number;
  readonly object: Live | undefined;
}

/** Every object at every version. */
export class History {
  /** All changes, oldest first. */
  readonly changes: Change[];
  readonly #entries: Map<string, Entry>;
  readonly #past: Map<string, Past[]>;
  #version: number;
  #now: readonly Live[] | undefined;

  /** Empty, or a copy that goes its own way from here on. */
  constructor(from?: History) {
    this.changes = [...(from?.changes ?? [])];
    this.#entries = new Map(from === undefined ? [] : from.#entries);
    this.#past = new Map(from === undefined ? [] : [...from.#past].map(([key, past]) => [key, [...past]]));
    this.#version = from?.version ?? 1000;
  }

  get version(): number {
    return this.#version;
  }

  /** The version that the next change will have. */
  next(): string {
    return String(this.#version + 1);
  }

  entry(ref: Ref): Entry | undefined {
    return this.#entries.get(refKey(ref));
  }

  /** Every object as it is now. */
  all(): readonly Live[] {
    return (this.#now ??= [...this.#entries.values()].map(({ object }) => object));
  }

  /** Every object as it was at a version, in the order of names. */
  at(version: number): Live[] {
    const then = [...this.#past].flatMap(([key, past]) => {
      const object = past.findLast((each) => each.version <= version)?.object;
      return object === undefined ? [] : [{ key, object }];
    });
    return then.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ object }) => object);
  }

  /** Takes in an object under the next version. */
  put(entry: Entry): Change {
    const key = refKey(refOf(entry.object));
    const before = this.#entries.get(key)?.object;
    this.#entries.set(key, entry);
    return this.#record(key, before === undefined ? "ADDED" : "MODIFIED", entry.object, before, entry.object);
  }

  drop(ref: Ref): Change | undefined {
    const key = refKey(ref);
    const before = this.#entries.get(key)?.object;
    if (before === undefined) return undefined;
    this.#entries.delete(key);
    const last = { ...before, metadata: { ...before.metadata, resourceVersion: this.next() } };
    return this.#record(key, "DELETED", last, before, undefined);
  }

  #record(key: string, type: Change["type"], object: Live, before: Live | undefined, now: Live | undefined): Change {
    this.#version += 1;
    this.#now = undefined;
    const change = { version: this.#version, type, object, before };
    this.changes.push(change);
    const past = this.#past.get(key) ?? [];
    past.push({ version: this.#version, object: now });
    this.#past.set(key, past);
    return change;
  }
}
