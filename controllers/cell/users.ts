import { type Kind, type Live, textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { computePoolKind } from "../network/users.ts";

/** Kinds whose objects name the cell that they belong to, as `spec.cell.name`. */
export const usingKinds: readonly Kind[] = [computePoolKind];

/** What uses a ComputeCell. */
export function usersOf({ metadata: { namespace, name } }: Live, seen: Snapshot): Live[] {
  return usingKinds
    .flatMap((kind) => seen.list(kind, { namespace }))
    .filter((user) => textAt(user, "spec", "cell", "name") === name);
}
