import { same } from "./covers.ts";
import { listAt, type Live, numberAt, textAt } from "./object.ts";
import type { Verdict } from "./verdict.ts";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime?: string;
}

/** What all verdicts come to: Ready always; Reconciling or Stalled, the pair that kstatus knows, only while True. */
export function summarise(verdicts: ReadonlyMap<string, Verdict>, observedGeneration: number): Condition[] {
  const undone = [...verdicts].filter(([, verdict]) => verdict.is !== "done");
  if (undone.length === 0) {
    return [
      {
        type: "Ready",
        status: "True",
        reason: "AllStepsDone",
        message: `all ${verdicts.size} steps are done`,
        observedGeneration,
      },
    ];
  }
  const { reason, message, contradiction } = weightiest(undone);
  const ready: Condition = { type: "Ready", status: "False", reason, message, observedGeneration };
  return [ready, { ...ready, type: contradiction ? "Stalled" : "Reconciling", status: "True" }];
}

interface Summary {
  readonly reason: string;
  readonly message: string;
  readonly contradiction: boolean;
}

/** The verdict that a person should read first: what is blocked, then what is unwell, then what is under way. */
function weightiest(undone: readonly (readonly [string, Verdict])[]): Summary {
  const blocked = undone.flatMap(([step, verdict]) => (verdict.is === "blocked" ? [{ step, verdict }] : []));
  const worst = blocked.find(({ verdict }) => verdict.contradiction === true) ?? blocked[0];
  if (worst !== undefined) {
    const { reason, message, contradiction } = worst.verdict;
    return { reason, message: `${worst.step}: ${message}`, contradiction: contradiction === true };
  }
  for (const [step, verdict] of undone) {
    if (verdict.is === "degraded")
      return { reason: "Degraded", message: `${step}: ${verdict.on}`, contradiction: false };
  }
  const [step, verdict] = undone[0] ?? ["", undefined];
  const on = verdict?.is === "waiting" ? verdict.on : "";
  return { reason: "Progressing", message: `${step}: waiting for ${on}`, contradiction: false };
}

/** Conditions with the time since when each has its status: kept from the live object while the status is the same. */
export function withTransitions(conditions: readonly Condition[], live: Live, now: string): Condition[] {
  const before = listAt(live, "status", "conditions");
  return conditions.map((condition) => {
    const old = before.find((entry) => textAt(entry, "type") === condition.type);
    const since = textAt(old, "status") === condition.status ? textAt(old, "lastTransitionTime") : undefined;
    return { ...condition, lastTransitionTime: since ?? now };
  });
}

/** Whether nobody has reported on the object yet: it has no status, or what the schema gives before there is one. */
export function unreported(live: Live): boolean {
  return live["status"] === undefined || numberAt(live, "status", "observedGeneration") === -1;
}

/** Whether a status write would change nothing. */
export function sameStatus(live: Live, status: Readonly<Record<string, unknown>>): boolean {
  return same(live["status"], status);
}
