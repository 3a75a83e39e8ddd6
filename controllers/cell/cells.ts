import { textAt } from "../../operator/object.ts";
import { identity, type Snapshot } from "../../operator/plan.ts";

/** The kind of Nova's cells. */
export const cellKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ComputeCell" } as const;

/** What everything of a cell is called: its workloads, Secrets, Jobs. */
export function cellService(cell: string): string {
  return `nova-${cell}`;
}

/** In the record of a cell: the Job that told Nova of it. */
export const mappedFact = "mapped";

/** The cells of a namespace that Nova was told of, each by the Job that told: also those whose object is gone. */
export function mappedCells(seen: Snapshot, namespace: string): string[] {
  return seen
    .list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace })
    .filter(({ metadata }) => metadata.labels?.[identity.owner]?.startsWith(`${cellKind.kind}.`))
    .flatMap((record) => textAt(record, "data", mappedFact) ?? []);
}
