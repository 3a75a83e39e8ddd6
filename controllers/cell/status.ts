import { summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { certificatesValid } from "../cloud/expiry.ts";
import { doubtful } from "../cloud/status.ts";
import { available, reportOf } from "../report.ts";
import { publicUrl } from "../services/public.ts";
import { oldestRunning, silentAmong } from "../services/running.ts";
import { ownUnknownOptions } from "../services/unknown-options.ts";
import { workloadsOf } from "../services/workloads.ts";
import { cellDefinition } from "./definition.ts";
import type { Cell } from "./plan.ts";

const answering = { reason: "CellAnswers", message: "conductor and console proxy have a ready pod" } as const;

/** What a ComputeCell says about itself; of one whose Cloud is missing, no more than that and whether it works all the same. */
export function cellStatus(
  cell: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  found: Cell | Verdict,
): Readonly<Record<string, unknown>> {
  const generation = cell.metadata.generation ?? 0;
  const { name, namespace = "" } = cell.metadata;
  const silent = silentAmong(seen, namespace, workloadsOf([cellDefinition(name)]));
  const conditions = [...summarise(verdicts, generation), available(silent, answering, "PartWithoutPod", generation)];
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
