import { covers, mergeKeyOf } from "../../../operator/covers.ts";
import { at, isRecord, listAt, mapAt, textAt } from "../../../operator/object.ts";

/** One field that differs; `from` or `to` is undefined where the field is not there. */
export interface Change {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Every field of what is wanted that the live value does not hold, by the same measure by which the engine writes. */
export function changesOf(live: unknown, wanted: unknown, path = "", field = ""): Change[] {
  if (covers(under(field, live), under(field, wanted))) return [];
  if (isRecord(wanted) && isRecord(live)) {
    return Object.entries(wanted).flatMap(([name, value]) =>
      covers(under(field, { [name]: live[name] }), under(field, { [name]: value }))
        ? []
        : changesOf(live[name], value, joined(path, name), quantityParents.has(field) ? field : name),
    );
  }
  if (Array.isArray(wanted) && Array.isArray(live)) return changesOfList(live, wanted, path, field);
  return [{ path, from: live, to: wanted }];
}

/** Below these the server writes quantities its own way; what is compared alone must still be known as one. */
const quantityParents: ReadonlySet<string> = new Set(["requests", "limits"]);

function under(field: string, value: unknown): unknown {
  return { [field === "" ? "object" : field]: value };
}

function changesOfList(live: readonly unknown[], wanted: readonly unknown[], path: string, field: string): Change[] {
  const key = mergeKeyOf(wanted);
  if (key === undefined) return [{ path, from: live, to: wanted }];
  return wanted.flatMap((member) => {
    const name = at(member, key);
    const twin = live.find((candidate) => at(candidate, key) === name);
    const place = `${path}[${String(name)}]`;
    return twin === undefined ? [{ path: place, from: undefined, to: member }] : changesOf(twin, member, place, field);
  });
}

function joined(path: string, name: string): string {
  const part = /^[A-Za-z0-9_-]+$/.test(name) ? name : `"${name}"`;
  return path === "" ? part : `${path}.${part}`;
}

/**
 * Fields that our field manager set in an earlier apply and that are wanted no more: the next apply takes them away
 * (`metadata.managedFields`, structured-merge-diff's fieldsV1).
 */
export function droppedFields(
  managedFields: readonly unknown[],
  manager: string,
  live: unknown,
  wanted: unknown,
): Change[] {
  const ours = managedFields.find(
    (entry) =>
      textAt(entry, "manager") === manager &&
      textAt(entry, "operation") === "Apply" &&
      (textAt(entry, "subresource") ?? "") === "",
  );
  return droppedBelow(mapAt(ours, "fieldsV1"), live, wanted, "");
}

function droppedBelow(
  owned: Readonly<Record<string, unknown>>,
  live: unknown,
  wanted: unknown,
  path: string,
): Change[] {
  return Object.entries(owned).flatMap(([entry, below]) => {
    const [sort, rest] = [entry.slice(0, 1), entry.slice(2)];
    if (sort === "f") return droppedAt(mapAt({ below }, "below"), at(live, rest), at(wanted, rest), joined(path, rest));
    if (sort !== "k") return [];
    const key: unknown = JSON.parse(rest);
    const place = `${path}[${Object.values(mapAt({ key }, "key")).map(String).join(", ")}]`;
    return droppedAt(mapAt({ below }, "below"), memberOf(live, key), memberOf(wanted, key), place);
  });
}

function droppedAt(owned: Readonly<Record<string, unknown>>, live: unknown, wanted: unknown, path: string): Change[] {
  if (live === undefined) return [];
  return wanted === undefined ? [{ path, from: live, to: undefined }] : droppedBelow(owned, live, wanted, path);
}

/** The member that a key names; fields of the key that a member leaves out (a port's protocol) say nothing. */
function memberOf(list: unknown, key: unknown): unknown {
  return listAt({ list }, "list").find((member) =>
    Object.entries(mapAt({ key }, "key")).every(([field, value]) =>
      [value, undefined].includes(mapAt({ member }, "member")[field]),
    ),
  );
}
