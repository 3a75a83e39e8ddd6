import type { z } from "zod";
import type { Kind, Live } from "../operator/object.ts";
import type { Snapshot, Step } from "../operator/plan.ts";

/** The object of the same kind that was here first, where a namespace has room for one; undefined where this is it. */
export function elderOf(subject: Live, seen: Snapshot): Live | undefined {
  const first = eldestOf(subject, seen, subject.metadata.namespace);
  return first === undefined || first.metadata.uid === subject.metadata.uid ? undefined : first;
}

/** The object of a kind that was in a namespace first. */
export function eldestOf(kind: Kind, seen: Snapshot, namespace: string | undefined): Live | undefined {
  return [...seen.list(kind, { namespace })].sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1))[0];
}

/** Whether an object cannot be rolled out at all: another was here first, or its spec cannot be read. */
export function isRefused(subject: Live, seen: Snapshot, schema: z.ZodType): boolean {
  return elderOf(subject, seen) !== undefined || !schema.safeParse(subject["spec"]).success;
}

function ageKey({ metadata }: Live): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

/** A step that cannot be done as long as the spec is as it is. */
export function contradiction(name: string, reason: string, message: string): Step {
  return { name, after: [], objects: [], held: { is: "blocked", reason, message, contradiction: true } };
}

/** What a schema has against a spec. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The step of a spec that cannot be read: only what was stored under another version of the schema comes here. */
export function unreadable(name: string, { path, message }: Issue): Step {
  return contradiction(name, "InvalidSpec", `${["spec", ...path].map(String).join(".")}: ${message}`);
}
