import { type Condition, summarise } from "../../operator/conditions.ts";
import { type Live, numberAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { certificatesValid } from "../cloud/expiry.ts";
import { doubtful } from "../cloud/status.ts";
import { reportOf } from "../report.ts";
import { publicUrl } from "../services/public.ts";
import { oldestRunning, workloadIn } from "../services/running.ts";
import { ownUnknownOptions } from "../services/unknown-options.ts";
import { workloadsOf } from "../services/workloads.ts";
import { cellDefinition } from "./definition.ts";
import type { Cell } from "./plan.ts";

/** What a ComputeCell says about itself; of one whose Cloud is missing, no more than that and whether it works all the same. */
export function cellStatus(
  cell: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  found: Cell | Verdict,
): Readonly<Record<string, unknown>> {
  const generation = cell.metadata.generation ?? 0;
  const conditions = [...summarise(verdicts, generation), availability(cell, seen, generation)];
  if ("is" in found) return reportOf(verdicts, conditions, generation);
  const { service, context } = found;
  const url = publicUrl(service, context);
  const release = oldestRunning(seen, context.namespace, workloadsOf([service]));
  return {
    ...reportOf(
      verdicts,
      [
        ...conditions,
        certificatesValid(cell, seen, generation),
        ...doubtful(ownUnknownOptions(service, context), context, generation),
      ],
      generation,
    ),
    ...(release === undefined ? {} : { release }),
    ...(url === undefined ? {} : { console: url }),
  };
}

/** True while conductor and console proxy have a ready pod; stays so during a rollout. */
function availability(
  { metadata: { name, namespace = "" } }: Live,
  seen: Snapshot,
  observedGeneration: number,
): Condition {
  const silent = workloadsOf([cellDefinition(name)]).filter(
    (workload) => (numberAt(workloadIn(seen, namespace, workload), "status", "readyReplicas") ?? 0) === 0,
  );
  const [status, reason, message] =
    silent.length === 0
      ? (["True", "CellAnswers", "conductor and console proxy have a ready pod"] as const)
      : (["False", "PartWithoutPod", `no ready pod: ${silent.join(", ")}`] as const);
  return { type: "Available", status, reason, message, observedGeneration };
}
