import { type Condition, summarise } from "../operator/conditions.ts";
import type { Live } from "../operator/object.ts";
import type { Verdict } from "../operator/verdict.ts";

/** What every status has that tells of steps: conditions, the reason of the first, and how far each step is. */
export function reportOf(
  verdicts: ReadonlyMap<string, Verdict>,
  conditions: readonly Condition[],
  observedGeneration: number,
): Readonly<Record<string, unknown>> {
  const done = [...verdicts.values()].filter((verdict) => verdict.is === "done").length;
  return {
    observedGeneration,
    conditions,
    reason: conditions[0]?.reason ?? "",
    progress: `${done}/${verdicts.size}`,
    steps: [...verdicts].map(([name, verdict]) => ({ name, ...stepState(verdict) })),
  };
}

/** The condition Available: true while everything that answers has a ready pod; stays so during a rollout. */
export function available(
  silent: readonly string[],
  well: Pick<Condition, "reason" | "message">,
  unwell: string,
  observedGeneration: number,
): Condition {
  return silent.length === 0
    ? { type: "Available", status: "True", ...well, observedGeneration }
    : {
        type: "Available",
        status: "False",
        reason: unwell,
        message: `no ready pod: ${silent.join(", ")}`,
        observedGeneration,
      };
}

/** Of what cannot be rolled out at all: what its namespace has is not its own. */
export function refusedReport(
  subject: Live,
  verdicts: ReadonlyMap<string, Verdict>,
): Readonly<Record<string, unknown>> {
  const observedGeneration = subject.metadata.generation ?? 0;
  const conditions = summarise(verdicts, observedGeneration);
  const [{ reason, message } = { reason: "", message: "" }] = conditions;
  const silent: Condition = { type: "Available", status: "False", reason, message, observedGeneration };
  return reportOf(verdicts, [...conditions, silent], observedGeneration);
}

function stepState(verdict: Verdict): { state: string; message?: string } {
  if (verdict.is === "done") return { state: "Done" };
  if (verdict.is === "blocked") return { state: "Blocked", message: verdict.message };
  return { state: verdict.is === "degraded" ? "Degraded" : "Waiting", message: verdict.on };
}
