import { createHash } from "node:crypto";
import { same } from "../../covers.ts";
import { canonical } from "../../digest.ts";
import { isLive, isRecord, type Live, nameFor, type Ref, refKey, refOf } from "../../object.ts";
import { defaulted } from "./defaults.ts";
import { type Change, History } from "./history.ts";
import { type KindInfo, Kinds } from "./kinds.ts";
import { type Fields, leavesOf, type Managers, merged, without } from "./ownership.ts";
import { check, conflict, invalid, notFound, Refusal } from "./rules.ts";

/** An apply as it comes in. */
export interface Apply {
  readonly manager: string;
  readonly force: boolean;
  readonly subresource: "status" | undefined;
}

/** Objects with their versions, owners of fields and rules: what lies behind the paths. */
export class Store {
  readonly kinds: Kinds;
  readonly history: History;
  /** The wall clock, for timestamps. */
  now: () => string = () => "2026-01-01T00:00:00Z";
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #made: Map<string, number>;

  /** Empty, or a copy that goes its own way from here on. */
  constructor(custom: readonly KindInfo[], from?: Store) {
    this.kinds = new Kinds(custom);
    this.history = new History(from?.history);
    this.#made = new Map(from === undefined ? [] : from.#made);
  }

  /** Hears of every change until the answer is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(ref: Ref): Live | undefined {
    return this.history.entry(ref)?.object;
  }

  create(wanted: Live, manager: string): Live {
    if (this.get(refOf(wanted)) !== undefined)
      throw new Refusal(409, "AlreadyExists", `${nameFor(refOf(wanted))} already exists`);
    const { status: _, ...rest } = wanted;
    const object = this.kinds.of(wanted).status
      ? { ...rest, metadata: wanted.metadata, apiVersion: wanted.apiVersion, kind: wanted.kind }
      : wanted;
    return this.#make(object, new Map([[`${manager} Update`, new Set(leavesOf(object).keys())]]));
  }

  /** Server-side apply. */
  apply(wanted: Live, { manager, force, subresource }: Apply): Live {
    const name = nameFor(refOf(wanted));
    const entry = this.history.entry(refOf(wanted));
    const info = this.kinds.of(wanted);
    if (entry === undefined && subresource !== undefined) throw notFound(name);
    const scoped = scopedTo(wanted, info, subresource);
    const leaves = leavesOf(scoped);
    const who = `${manager} Apply${subresource === undefined ? "" : ` ${subresource}`}`;
    if (entry === undefined) {
      if (wanted.metadata.uid !== "") throw conflict(`${name}: uid mismatch: no existing object was found`);
      return this.#make(liveOf(scoped, wanted), new Map([[who, new Set(leaves.keys())]]));
    }
    checkPreconditions(wanted, entry.object, subresource !== undefined && info.custom);
    const others = new Map([...entry.managers].filter(([other]) => other !== who));
    const fought = disputed(leaves, leavesOf(entry.object), others);
    if (fought.size > 0 && !force)
      throw conflict(
        `Apply failed with conflicts: ${[...fought].map((path) => path.replaceAll("\n", ".")).join(", ")}`,
      );
    const kept = new Map(
      [...others].map(([other, paths]) => [other, fought.size === 0 ? paths : paths.difference(fought)]),
    );
    const doomed = unowned(entry.managers.get(who) ?? new Set(), leaves, kept.values());
    const whole = without(mapped(merged(entry.object, scoped)), doomed);
    return this.#change(entry.object, liveOf(whole, entry.object), kept.set(who, new Set(leaves.keys())));
  }

  /** A change by somebody who does not apply: what differs becomes theirs; without a manager nobody's. */
  edit(ref: Ref, change: (live: Live) => Fields, manager?: string): Live {
    const entry = this.history.entry(ref);
    if (entry === undefined) throw notFound(nameFor(ref));
    const object = liveOf(change(entry.object), entry.object);
    if (manager === undefined) return this.#change(entry.object, object, entry.managers);
    const [before, after] = [leavesOf(entry.object), leavesOf(object)];
    const changed = new Set([...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path));
    const gone = new Set([...before.keys()].filter((path) => !after.has(path)));
    const kept = [...entry.managers].map(([who, paths]) => [who, paths.difference(changed).difference(gone)] as const);
    const who = `${manager} Update`;
    const mine = (entry.managers.get(who) ?? new Set()).union(changed).difference(gone);
    return this.#change(entry.object, object, new Map([...kept, [who, mine]]));
  }

  /** Deletes at once, or marks as going where finalizers hold it. */
  remove(ref: Ref, uid?: string): Live {
    const live = this.get(ref);
    if (live === undefined) throw notFound(nameFor(ref));
    if (uid !== undefined && uid !== live.metadata.uid)
      throw conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`);
    if ((live.metadata.finalizers ?? []).length === 0) {
      this.#drop(live);
      return live;
    }
    if (live.metadata.deletionTimestamp !== undefined) return live;
    const { generation } = live.metadata;
    const going = {
      deletionTimestamp: this.now(),
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    };
    const managers = this.history.entry(ref)?.managers ?? new Map();
    return this.#put({ ...live, metadata: { ...live.metadata, ...going } }, managers);
  }

  #make(wanted: Live, managers: Managers): Live {
    const key = refKey(refOf(wanted));
    const count = (this.#made.get(key) ?? 0) + 1;
    this.#made.set(key, count);
    const info = this.kinds.of(wanted);
    const { namespace, ...metadata } = wanted.metadata;
    const object = defaulted({
      ...wanted,
      metadata: {
        ...metadata,
        ...(info.namespaced ? { namespace: namespace ?? "default" } : {}),
        uid: uidOf(`${key} ${count}`),
        creationTimestamp: this.now(),
        ...(info.generation ? { generation: 1 } : {}),
      },
    });
    check(object, undefined);
    return this.#put(object, managers);
  }

  #change(before: Live, wanted: Live, managers: Managers): Live {
    const object = clean(defaulted(wanted));
    check(object, before);
    const { generation } = before.metadata;
    const grown =
      generation !== undefined && substance(object) !== substance(before) ? { generation: generation + 1 } : {};
    const next = { ...object, metadata: { ...object.metadata, ...grown } };
    const sameOwners = sameManagers(managers, this.history.entry(refOf(before))?.managers ?? new Map());
    if (canonical(next) === canonical(before) && sameOwners) return before;
    const stored = this.#put(next, managers);
    const released = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0;
    if (released) this.#drop(stored);
    return stored;
  }

  #put(object: Live, managers: Managers): Live {
    const stored = clean({ ...object, metadata: { ...object.metadata, resourceVersion: this.history.next() } });
    this.#tell(this.history.put({ object: stored, managers }));
    return stored;
  }

  #drop(live: Live): void {
    const change = this.history.drop(refOf(live));
    if (change !== undefined) this.#tell(change);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** The same object made for the same time has the same uid in every world, so that runs can be compared. */
function uidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

/** The part of an object that a write through a path may change. */
function scopedTo(wanted: Live, info: KindInfo, subresource: string | undefined): Fields {
  const { status, ...rest } = wanted;
  if (subresource !== undefined) return { status };
  return info.status ? rest : wanted;
}

function checkPreconditions(wanted: Live, live: Live, anyUid: boolean): void {
  const { uid, resourceVersion } = wanted.metadata;
  if (uid !== "" && !anyUid && uid !== live.metadata.uid)
    throw invalid(`metadata.uid: Invalid value: "${uid}": field is immutable`);
  if (resourceVersion !== "" && resourceVersion !== live.metadata.resourceVersion)
    throw conflict("the object has been modified; please apply your changes to the latest version and try again");
}

/** Paths that others own and to which another value is to be given. */
function disputed(
  wanted: ReadonlyMap<string, string>,
  live: ReadonlyMap<string, string>,
  others: Managers,
): Set<string> {
  const owned = [...others.values()];
  const differing = [...wanted].filter(([path, value]) => live.get(path) !== value).map(([path]) => path);
  return new Set(differing.filter((path) => owned.some((paths) => paths.has(path))));
}

/** Paths that their only owner does not want any more. */
function unowned(
  before: ReadonlySet<string>,
  wanted: ReadonlyMap<string, string>,
  others: Iterable<ReadonlySet<string>>,
): Set<string> {
  const kept = [wanted, ...others];
  const left = [...before].filter((path) => !kept.some((paths) => paths.has(path)));
  // An empty map that has got fields since is no leaf any more, yet must not take them with it.
  const empty = (path: string): boolean =>
    kept.every((paths) => [...paths.keys()].every((each) => !each.startsWith(`${path}\n`)));
  return new Set(left.filter(empty));
}

function sameManagers(a: Managers, b: Managers): boolean {
  const sorted = (managers: Managers): unknown =>
    Object.fromEntries([...managers].flatMap(([who, paths]) => (paths.size > 0 ? [[who, [...paths].sort()]] : [])));
  return a === b || same(sorted(a), sorted(b));
}

/** What a generation counts: everything but metadata and status. */
function substance({ metadata: _metadata, status: _status, ...rest }: Live): string {
  return canonical(rest);
}

function mapped(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

function liveOf(fields: Fields, like: Live): Live {
  const metadata = isRecord(fields["metadata"]) ? fields["metadata"] : {};
  return { ...fields, apiVersion: like.apiVersion, kind: like.kind, metadata: { ...metadata, ...identityOf(like) } };
}

function identityOf({ metadata: { name, namespace, uid, resourceVersion } }: Live): Live["metadata"] {
  return { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion };
}

/** As JSON has it: without undefined fields, shared with nobody. */
function clean(object: Live): Live {
  const copy: unknown = JSON.parse(JSON.stringify(object));
  if (!isLive(copy)) throw new Error(`not an object: ${JSON.stringify(object)}`);
  return copy;
}
