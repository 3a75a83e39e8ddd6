import { canonical } from "../../digest.ts";
import { isRecord } from "../../object.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Who set what: paths of fields by `manager operation subresource`. */
export type Managers = ReadonlyMap<string, ReadonlySet<string>>;

/** Lists that are merged member by member, and the field that tells the members apart; all other lists are one value. */
const memberKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  containerStatuses: ["name"],
  env: ["name"],
  volumes: ["name"],
  volumeMounts: ["mountPath"],
  ports: ["containerPort", "port"],
  conditions: ["type"],
  ownerReferences: ["uid"],
  topologySpreadConstraints: ["topologyKey"],
  imagePullSecrets: ["name"],
  steps: ["name"],
  users: ["name"],
  endpoints: ["interface"],
};
const sets: ReadonlySet<string> = new Set(["finalizers"]);

/** Fields of the metadata that the server alone sets. */
const ownMetadata: ReadonlySet<string> = new Set([
  ...["name", "namespace", "uid", "resourceVersion", "generation"],
  ...["creationTimestamp", "deletionTimestamp", "managedFields", "deletionGracePeriodSeconds"],
]);

function keyOf(field: string, members: readonly unknown[]): string | undefined {
  return memberKeys[field]?.find((key) => members.every((member) => isRecord(member) && member[key] !== undefined));
}

const below = (path: string, segment: string): string => `${path}\n${segment}`;
const memberPath = (path: string, key: string, member: unknown): string =>
  below(path, `[${key}=${isRecord(member) ? String(member[key]) : ""}]`);

/** The leaves of an object with their values: what a manager who sends it owns. */
export function leavesOf(object: Fields): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [field, value] of Object.entries(object)) {
    if (field === "apiVersion" || field === "kind") continue;
    if (field === "metadata" && isRecord(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (!ownMetadata.has(name)) collect(leaves, below("metadata", name), name, inner);
      }
    } else collect(leaves, field, field, value);
  }
  return leaves;
}

function collect(leaves: Map<string, string>, path: string, field: string, value: unknown): void {
  if (value === undefined) return;
  if (isRecord(value) && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value)) collect(leaves, below(path, name), name, inner);
  } else if (Array.isArray(value) && value.length > 0) collectList(leaves, path, field, value);
  else leaves.set(path, canonical(value));
}

function collectList(leaves: Map<string, string>, path: string, field: string, value: readonly unknown[]): void {
  const key = keyOf(field, value);
  if (sets.has(field)) {
    for (const member of value) leaves.set(below(path, `[${String(member)}]`), "");
  } else if (key === undefined) leaves.set(path, canonical(value));
  else {
    for (const member of value) {
      const inner = memberPath(path, key, member);
      leaves.set(inner, "");
      if (isRecord(member))
        for (const [name, each] of Object.entries(member)) collect(leaves, below(inner, name), name, each);
    }
  }
}

/** A live value with what is applied merged into it. */
export function merged(live: unknown, applied: unknown, field = ""): unknown {
  if (isRecord(applied)) {
    if (!isRecord(live)) return applied;
    const changes = Object.entries(applied)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, merged(live[name], value, name)]);
    return { ...live, ...Object.fromEntries(changes) };
  }
  if (!Array.isArray(applied) || !Array.isArray(live)) return applied;
  if (sets.has(field)) return [...new Set<unknown>([...live, ...applied])];
  const key = keyOf(field, [...live, ...applied]);
  if (key === undefined) return applied;
  const wanted = new Map(applied.map((member: unknown) => [memberPath("", key, member), member]));
  const known = new Set(live.map((member: unknown) => memberPath("", key, member)));
  const kept = live.map((member: unknown) => {
    const twin = wanted.get(memberPath("", key, member));
    return twin === undefined ? member : merged(member, twin);
  });
  const all = [...kept, ...applied.filter((member: unknown) => !known.has(memberPath("", key, member)))];
  // Those that are named stand in the order in which they are named, among those that are not.
  const names = (member: unknown): boolean => wanted.has(memberPath("", key, member));
  const named = applied.flatMap((member: unknown) =>
    all.filter((each) => memberPath("", key, each) === memberPath("", key, member)),
  );
  return all.map((member) => (names(member) ? named.shift() : member));
}

/** An object without the fields at these paths; a map or member that loses its last field goes as well. */
export function without(object: Fields, doomed: ReadonlySet<string>): Fields {
  if (doomed.size === 0) return object;
  return Object.fromEntries(
    Object.entries(object).flatMap(([field, value]) => {
      const kept = pruned(value, field, field, doomed);
      return kept === undefined ? [] : [[field, kept]];
    }),
  );
}

function pruned(value: unknown, path: string, field: string, doomed: ReadonlySet<string>): unknown {
  if (doomed.has(path)) return undefined;
  if (isRecord(value)) {
    const entries = Object.entries(value);
    const kept = entries.flatMap(([name, inner]) => {
      const left = pruned(inner, below(path, name), name, doomed);
      return left === undefined ? [] : [[name, left] as const];
    });
    if (kept.length === 0 && entries.length > 0) return undefined;
    return kept.length === entries.length && kept.every(([, left], index) => left === entries[index]?.[1])
      ? value
      : Object.fromEntries(kept);
  }
  if (!Array.isArray(value)) return value;
  if (sets.has(field)) return emptied(value.filter((member) => !doomed.has(below(path, `[${String(member)}]`))));
  const key = keyOf(field, value);
  if (key === undefined) return value;
  return emptied(value.flatMap((member: unknown) => pruned(member, memberPath(path, key, member), "", doomed) ?? []));
}

function emptied(list: readonly unknown[]): readonly unknown[] | undefined {
  return list.length === 0 ? undefined : list;
}
