import { at, type Kind, kindKey, type Live, type Manifest, nameFor, type Ref, refKey, refOf } from "./object.ts";
import { mountedBy } from "./pods.ts";
import type { SecretRecipe } from "./recipe.ts";
import type { Verdict } from "./verdict.ts";

/** A frozen, indexed view of everything that a controller declared it reads and owns. */
export interface Snapshot {
  /** Whole minutes since 1970: the only time that a plan sees, and the same for all of a pass. */
  readonly minute: number;
  get(ref: Ref): Live | undefined;
  /** Objects of a kind, in the order of their names. */
  list(
    kind: Kind,
    where?: { readonly namespace?: string | undefined; readonly labels?: Readonly<Record<string, string>> },
  ): readonly Live[];
}

/** What a step wants in the cluster: a manifest, or a Secret whose values only the edge knows. */
export type Wanted = Manifest | SecretRecipe;

/** Something to do outside Kubernetes, as data; the controller that planned it knows how. */
export interface Action {
  readonly name: string;
  readonly input: unknown;
}

/** One label of an object that is not ours: nothing else of that object is. */
export interface Mark {
  readonly on: Ref;
  readonly label: string;
  /** Undefined where the object is not to have the label. */
  readonly value: string | undefined;
}

export interface Step {
  /** `service/phase`, unique within the plan. */
  readonly name: string;
  /** Names of earlier steps that must be passable before this one may write. */
  readonly after: readonly string[];
  readonly objects: readonly Wanted[];
  /**
   * What is wanted in place of `objects` while a step before this one is undone, for what runs already: it is cared for, as the
   * newest that may run. Left out, nothing is changed then, but what was written is kept as it was.
   */
  readonly meanwhile?: readonly Wanted[];
  readonly actions?: readonly Action[];
  /** Labels of objects that are not ours, written at exactly the version that was seen; at most one an object. */
  readonly marks?: readonly Mark[];
  /** How an object that differs becomes what is wanted: changed in place, or deleted and made anew. Default Apply. */
  readonly strategy?: "Apply" | "Replace";
  /** Objects that have to go, for plans of a deletion. */
  readonly removes?: readonly Ref[];
  /** Judges the world, never our own memory of it. Left out, the step's objects are judged by their kinds. */
  readonly verdict?: (seen: Snapshot) => Verdict;
  /** Whose word counts besides that the objects are there as wanted: that of their kinds too (default), or of `verdict` alone. */
  readonly judged?: "ByVerdict";
  /** A reason, known while planning, for which nothing of this step may be written. */
  readonly held?: Verdict;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Objects besides the subject whose content this plan stands on; the first write of a pass confirms each. */
  readonly basis?: readonly Ref[];
  /** Objects of ours that no step wants any more and that are kept for now, with the configuration that their pods mount. */
  readonly kept?: readonly Ref[];
}

export interface Progress {
  /** May write; one behind an undone step with what it wants meanwhile. */
  readonly open: readonly Step[];
  /** Behind an undone step: nothing new is written, but what exists as wanted is kept so. */
  readonly closed: readonly Step[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** Judges every step and says which may write: those whose `after` are all passable and that nothing holds. */
export function progress(plan: Plan, seen: Snapshot, judge: (step: Step, seen: Snapshot) => Verdict): Progress {
  const verdicts = new Map<string, Verdict>();
  const open: Step[] = [];
  const closed: Step[] = [];
  for (const step of plan.steps) {
    const missing = step.after.find((name) => !passable(verdicts.get(name)));
    if (step.held !== undefined) verdicts.set(step.name, step.held);
    else if (missing !== undefined) {
      const kept = meanwhileOf(step);
      if (kept === undefined) closed.push(step);
      else open.push(kept);
      verdicts.set(step.name, closedVerdict(kept ?? step, seen, judge, missing));
    } else {
      open.push(step);
      verdicts.set(step.name, judge(step, seen));
    }
  }
  return { open, closed, verdicts };
}

/** What a step wants while one before it is undone: objects only, nothing is taken away or done outside. */
function meanwhileOf({ name, after, meanwhile = [], strategy }: Step): Step | undefined {
  if (meanwhile.length === 0) return undefined;
  return { name, after, objects: meanwhile, ...(strategy === undefined ? {} : { strategy }) };
}

/** A step behind an undone one cannot be done, whatever its objects say. */
function closedVerdict(
  step: Step,
  seen: Snapshot,
  judge: (step: Step, seen: Snapshot) => Verdict,
  on: string,
): Verdict {
  const own = judge(step, seen);
  return own.is === "blocked" ? own : { is: "waiting", on };
}

function passable(verdict: Verdict | undefined): boolean {
  return verdict?.is === "done" || verdict?.is === "degraded";
}

/** The labels by which everything that we make is found again. */
export const identity = {
  managedBy: "app.kubernetes.io/managed-by",
  subject: "nephos.dev/subject-uid",
  owner: "nephos.dev/owner",
  step: "nephos.dev/step",
} as const;

/** Objects that outlive their subject carry this annotation; pruning never takes them. */
export const retainAnnotation = "nephos.dev/retain";

/** Step names carry a slash, label values must not. */
export function stepLabel(step: string): string {
  return step.replaceAll("/", ".");
}

/** Whether pruning may consider an object at all. */
export function prunable(object: Live): boolean {
  return (
    object.metadata.annotations?.[retainAnnotation] === undefined && object.metadata.deletionTimestamp === undefined
  );
}

/**
 * Objects of the subject that no step wants any more: those of a done step at once, those of a step that is gone when all steps
 * are done, so that the old serves until the new does.
 */
export function orphans(
  plan: Plan,
  verdicts: ReadonlyMap<string, Verdict>,
  owned: readonly Live[],
  pods: readonly Live[] = [],
): Live[] {
  const wanted = new Set(plan.steps.flatMap(allOf).map((object) => refKey(refOf(object))));
  const stepOf = new Map(plan.steps.map((step) => [stepLabel(step.name), step.name]));
  const kept = new Set((plan.kept ?? []).map(refKey));
  const living = owned.filter((object) => kept.has(refKey(refOf(object))));
  const mounted = mountedBy([...pods, ...living.map(templateOf)]);
  const allDone = [...verdicts.values()].every((verdict) => verdict.is === "done");
  return owned.filter((object) => {
    if (!prunable(object) || wanted.has(refKey(refOf(object)))) return false;
    if (kept.has(refKey(refOf(object))) || mounted.has(nameFor(refOf(object)))) return false;
    const step = stepOf.get(object.metadata.labels?.[identity.step] ?? "");
    return step === undefined || isConfiguration(object) ? allDone : verdicts.get(step)?.is === "done";
  });
}

/** A workload's pod, which a node that comes back may make again at any time. */
function templateOf(workload: Live): Live {
  return { ...workload, spec: at(workload, "spec", "template", "spec"), status: undefined };
}

function allOf({ objects, meanwhile = [] }: Step): readonly Wanted[] {
  return [...objects, ...meanwhile];
}

/** Configuration goes last: pods of the old revision may still start from it. */
function isConfiguration(object: Live): boolean {
  return object.kind === "ConfigMap" || object.kind === "Secret";
}

/** The kinds of a list without repetition. */
export function distinctKinds(kinds: readonly Kind[]): Kind[] {
  return [...new Map(kinds.map((kind) => [kindKey(kind), { apiVersion: kind.apiVersion, kind: kind.kind }])).values()];
}
