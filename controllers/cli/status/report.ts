import { listAt, type Live, mapAt, numberAt, textAt } from "../../../operator/object.ts";

/** What a condition says. */
export interface ConditionReport {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string | undefined;
}

/** What a step says. */
export interface StepReport {
  readonly name: string;
  readonly state: string;
  readonly message: string | undefined;
}

/** What an object of ours says of itself: the shape of `--output json`. */
export interface Report {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** In one word: Ready, Reconciling, Stalled, Deleting or Unseen (no operator has looked at this version yet). */
  readonly state: string;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly release: string | undefined;
  readonly progress: string | undefined;
  readonly created: string | undefined;
  /** Since when it is in this state. */
  readonly since: string | undefined;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly conditions: readonly ConditionReport[];
  readonly steps: readonly StepReport[];
}

/** The report of a Cloud or a Registration. */
export function reportOf(live: Live): Report {
  const { namespace, name, creationTimestamp } = live.metadata;
  const conditions = listAt(live, "status", "conditions").map((entry) => ({
    type: textAt(entry, "type") ?? "",
    status: textAt(entry, "status") ?? "Unknown",
    reason: textAt(entry, "reason") ?? "",
    message: textAt(entry, "message") ?? "",
    since: textAt(entry, "lastTransitionTime"),
  }));
  const { state, telling } = stateOf(live, conditions);
  return {
    kind: live.kind,
    namespace,
    name,
    state,
    reason: telling?.reason,
    message: telling?.message,
    release: textAt(live, "status", "release"),
    progress: textAt(live, "status", "progress"),
    created: creationTimestamp,
    since: state === "Deleting" ? live.metadata.deletionTimestamp : telling?.since,
    endpoints: endpointsOf(live),
    conditions,
    steps: stepsOf(live),
  };
}

/** The state in a word, and the condition that says why. */
function stateOf(
  live: Live,
  conditions: readonly ConditionReport[],
): { readonly state: string; readonly telling: ConditionReport | undefined } {
  const holds = (type: string): ConditionReport | undefined =>
    conditions.find((each) => each.type === type && each.status === "True");
  const telling = holds("Stalled") ?? holds("Ready") ?? holds("Reconciling");
  if (live.metadata.deletionTimestamp !== undefined) return { state: "Deleting", telling };
  const observed = numberAt(live, "status", "observedGeneration");
  // What was said of an older spec says nothing about this one.
  return observed === live.metadata.generation
    ? { state: telling?.type ?? "Unseen", telling }
    : { state: "Unseen", telling: undefined };
}

function endpointsOf(live: Live): Record<string, string> {
  const entries = Object.entries(mapAt(live, "status", "endpoints"));
  return Object.fromEntries(entries.flatMap(([name, url]) => (typeof url === "string" ? [[name, url]] : [])));
}

function stepsOf(live: Live): StepReport[] {
  return listAt(live, "status", "steps").map((entry) => ({
    name: textAt(entry, "name") ?? "",
    state: textAt(entry, "state") ?? "Unknown",
    message: textAt(entry, "message"),
  }));
}
