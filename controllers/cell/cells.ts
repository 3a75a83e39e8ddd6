import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { conditionOf } from "../../operator/verdict.ts";
import { componentLabels } from "../services/pod.ts";
import { mapPhase } from "../services/traits/cell-mapping.ts";

/** The kind of Nova's cells. */
export const cellKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ComputeCell" } as const;

const jobKind = { apiVersion: "batch/v1", kind: "Job" } as const;

/** What everything of a cell is called: its workloads, Secrets, Jobs. */
export function cellService(cell: string): string {
  return `nova-${cell}`;
}

/** The cells of a namespace that Nova was told of, each by the Job that told. */
export function mappedCells(seen: Snapshot, namespace: string): string[] {
  const jobsOf = ({ metadata: { name } }: Live): readonly Live[] =>
    seen.list(jobKind, { namespace, labels: componentLabels(cellService(name), mapPhase) });
  return seen
    .list(cellKind, { namespace })
    .flatMap(jobsOf)
    .filter((job) => conditionOf(job, "Complete") !== undefined)
    .map((job) => job.metadata.name);
}
