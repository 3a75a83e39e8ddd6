import {
  isRecord,
  type Kind,
  kindKey,
  listAt,
  type Live,
  nameFor,
  numberAt,
  type Ref,
  refOf,
  textAt,
} from "./object.ts";
import { isRecipe, keysOf } from "./recipe.ts";
import type { Mark, Snapshot, Step, Wanted } from "./plan.ts";
import { podsOf, troubleOf, unboundOf } from "./pods.ts";

/** What a step can truthfully say about itself, judged only from what was observed. */
export type Verdict =
  | { readonly is: "done" }
  /** Realised before, unwell now: counts against Ready, but must not freeze everything that comes after it. */
  | { readonly is: "degraded"; readonly on: string }
  | { readonly is: "waiting"; readonly on: string }
  /** Trying again soon will not help; the message says what will. `contradiction`: the spec itself cannot be met. */
  | { readonly is: "blocked"; readonly reason: string; readonly message: string; readonly contradiction?: true };

export const done: Verdict = { is: "done" };

/** The digest of the workload that once was done; written by a field manager of its own. */
export const realisedAnnotation = "nephos.dev/realised";
/** The digest of the manifest that was last applied. */
export const digestAnnotation = "nephos.dev/digest";

type Judge = (live: Live, seen: Snapshot) => Verdict;

const judges: ReadonlyMap<string, Judge> = new Map([
  ["apps/v1/Deployment", (live, seen) => workload(live, seen, deploymentTrouble(live))],
  ["apps/v1/StatefulSet", (live, seen) => workload(live, seen, statefulSetTrouble(live))],
  ["apps/v1/DaemonSet", (live, seen) => workload(live, seen, daemonSetTrouble(live))],
  ["batch/v1/Job", job],
  ["v1/PersistentVolumeClaim", claim],
]);

/** Judges a step by the kinds of its objects; the worst of them counts. */
export function judgeStep(step: Step, seen: Snapshot): Verdict {
  const judge = step.judged === "ByVerdict" ? judgePresence : judgeObject;
  const verdicts = step.objects.map((wanted) => judge(wanted, seen));
  verdicts.push(...(step.marks ?? []).map((mark) => judgeMark(mark, seen)));
  verdicts.push(...(step.removes ?? []).map((ref) => judgeRemoval(ref, seen)));
  if (step.verdict !== undefined) verdicts.push(step.verdict(seen));
  return worst(verdicts);
}

function judgeRemoval(ref: Ref, seen: Snapshot): Verdict {
  return seen.get(ref) === undefined ? done : { is: "waiting", on: `${nameFor(ref)} to be gone` };
}

function judgeMark({ on, label, value }: Mark, seen: Snapshot): Verdict {
  const live = seen.get(on);
  if (live === undefined) return { is: "waiting", on: `${nameFor(on)} to exist` };
  if (live.metadata.labels?.[label] === value) return done;
  return { is: "waiting", on: `label ${label} of ${nameFor(on)} to be ${value ?? "gone"}` };
}

/** Whether an object is there as it was last wanted, with all keys where it is a Secret. */
function judgePresence(wanted: Wanted, seen: Snapshot): Verdict {
  const live = seen.get(refOf(wanted));
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) {
    return { is: "waiting", on: `${nameFor(refOf(wanted))} to exist` };
  }
  if (isRecipe(wanted)) {
    const missing = keysOf(wanted).find((key) => !isRecord(live["data"]) || !(key in live["data"]));
    return missing === undefined ? done : { is: "waiting", on: `key ${missing} of Secret ${wanted.metadata.name}` };
  }
  // What somebody is about to change says nothing yet about what it is to become.
  return outdated(live, wanted) ? { is: "waiting", on: `${nameFor(refOf(wanted))} to be changed` } : done;
}

/** The verdict on one wanted object: absent means waiting, else the function of its kind, else kstatus for our own kinds. */
export function judgeObject(wanted: Wanted, seen: Snapshot): Verdict {
  const there = judgePresence(wanted, seen);
  const live = seen.get(refOf(wanted));
  return there.is === "done" && live !== undefined ? judgeLive(live, seen) : there;
}

/** Whether something else was applied last than what is wanted now; a Job is never changed, whatever it was made from. */
function outdated(live: Live, wanted: Wanted): boolean {
  const [was, is] = [live, wanted].map(({ metadata }) => metadata.annotations?.[digestAnnotation]);
  return is !== undefined && was !== is && kindKey(wanted) !== "batch/v1/Job";
}

/** The verdict on a live object by its kind. */
export function judgeLive(live: Live, seen: Snapshot): Verdict {
  const judge = judges.get(kindKey(live));
  if (judge !== undefined) return judge(live, seen);
  return isCustom(live) ? custom(live) : done;
}

const order = { done: 0, degraded: 1, waiting: 2, blocked: 3 } as const;

/** The verdict that weighs most; the first of equals. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((worse, next) => (order[next.is] > order[worse.is] ? next : worse), done);
}

/** A workload that was realised once and is unwell counts as degraded, a new one as waiting. */
function workload(live: Live, seen: Snapshot, trouble: string | undefined): Verdict {
  if (trouble === undefined) return done;
  const on = withPods(`${nameFor(refOf(live))}: ${trouble}`, live, seen);
  return realised(live) ? { is: "degraded", on } : { is: "waiting", on };
}

/** Whether a workload was once all that was last wanted of it. */
export function realised({ metadata: { annotations } }: Live): boolean {
  const mark = annotations?.[realisedAnnotation];
  return mark !== undefined && mark === annotations?.[digestAnnotation];
}

/** A reason with what its pods say, or why there are none. */
function withPods(reason: string, live: Live, seen: Snapshot): string {
  const pods = podsOf(live, seen);
  const trouble = podsRefused(live) ?? troubleOf(pods);
  return trouble === undefined ? reason : `${reason} (${[trouble, ...unboundOf(pods, seen)].join("; ")})`;
}

/** What the API server answered to the pods of a Deployment: a quota, a policy. Each try names another pod, which a status must not repeat. */
function podsRefused(live: Live): string | undefined {
  const message = textAt(conditionOf(live, "ReplicaFailure"), "message");
  return message?.replace(/^pods "[^"]*" is /, "its pods are ");
}

function deploymentTrouble(live: Live): string | undefined {
  const replicas = numberAt(live, "spec", "replicas") ?? 1;
  if (unobserved(live)) return "change not taken up yet";
  const updated = numberAt(live, "status", "updatedReplicas") ?? 0;
  const total = numberAt(live, "status", "replicas") ?? 0;
  const available = numberAt(live, "status", "availableReplicas") ?? 0;
  if (updated < replicas || total > updated) return `${updated} of ${replicas} replicas updated`;
  return available < replicas ? `${available} of ${replicas} replicas available` : undefined;
}

function statefulSetTrouble(live: Live): string | undefined {
  const replicas = numberAt(live, "spec", "replicas") ?? 1;
  if (unobserved(live)) return "change not taken up yet";
  const updated = numberAt(live, "status", "updatedReplicas") ?? 0;
  const available = numberAt(live, "status", "availableReplicas") ?? 0;
  const revisions = [textAt(live, "status", "currentRevision"), textAt(live, "status", "updateRevision")];
  if (updated < replicas && revisions[0] !== revisions[1]) return `${updated} of ${replicas} replicas updated`;
  return available < replicas ? `${available} of ${replicas} replicas available` : undefined;
}

function daemonSetTrouble(live: Live): string | undefined {
  if (unobserved(live)) return "change not taken up yet";
  const wanted = numberAt(live, "status", "desiredNumberScheduled") ?? 0;
  const updated = numberAt(live, "status", "updatedNumberScheduled") ?? 0;
  const available = numberAt(live, "status", "numberAvailable") ?? 0;
  if (updated < wanted) return `${updated} of ${wanted} nodes updated`;
  return available < wanted ? `${available} of ${wanted} nodes available` : undefined;
}

/** Whether what a status says is about an older spec than there is. */
export function unobserved(live: Live): boolean {
  return (numberAt(live, "status", "observedGeneration") ?? 0) < (live.metadata.generation ?? 0);
}

/** A finished Job is a fact; a failed one is replaced by the engine after a while, a final one blocks with its own words. */
function job(live: Live, seen: Snapshot): Verdict {
  if (conditionOf(live, "Complete") !== undefined) return done;
  const failed = conditionOf(live, "Failed");
  if (failed === undefined) return { is: "waiting", on: withPods(`${nameFor(refOf(live))} to complete`, live, seen) };
  const words = withPods(`${nameFor(refOf(live))}: ${textAt(failed, "message") ?? "failed"}`, live, seen);
  if (textAt(failed, "reason") === "PodFailurePolicy")
    return { is: "blocked", reason: "JobFailed", message: `${words}; once its cause is gone, delete the Job` };
  return { is: "waiting", on: `${words}; it is made anew` };
}

/** A Job whose failure may pass is deleted and made again by the engine. */
export function retryable(live: Live): boolean {
  return conditionOf(live, "Failed") !== undefined && judgeLive(live, emptySnapshot).is === "waiting";
}

const emptySnapshot: Snapshot = { minute: 0, get: () => undefined, list: () => [] };

function claim(live: Live): Verdict {
  const phase = textAt(live, "status", "phase");
  return phase === "Bound" ? done : { is: "waiting", on: `${nameFor(refOf(live))}, which is ${phase ?? "new"}` };
}

/** kstatus: current generation observed, not Stalled, Ready. */
function custom(live: Live): Verdict {
  const name = nameFor(refOf(live));
  // What it says about an older spec says nothing about this one.
  if (unobserved(live)) return { is: "waiting", on: `${name} to be taken up` };
  const stalled = conditionOf(live, "Stalled");
  if (stalled !== undefined) {
    return {
      is: "blocked",
      reason: textAt(stalled, "reason") ?? "Stalled",
      message: `${name}: ${textAt(stalled, "message") ?? ""}`,
    };
  }
  if (conditionOf(live, "Ready") !== undefined) return done;
  const ready = listAt(live, "status", "conditions").find((entry) => textAt(entry, "type") === "Ready");
  return { is: "waiting", on: `${name}: ${textAt(ready, "message") ?? "not ready"}` };
}

/** Custom kinds have a domain of their own as group; the built-in ones end in k8s.io or have no dot. */
function isCustom({ apiVersion }: Kind): boolean {
  const [group = ""] = apiVersion.split("/");
  return group.includes(".") && !group.endsWith("k8s.io");
}

/** The condition of that type where it is True. */
export function conditionOf(live: Live, type: string): unknown {
  return listAt(live, "status", "conditions").find(
    (entry) => textAt(entry, "type") === type && textAt(entry, "status") === "True",
  );
}

/** Kinds whose objects are stamped as realised once they were done. */
export function isWorkload(kind: Kind): boolean {
  return kind.apiVersion === "apps/v1";
}
