import type { Controller } from "./controller.ts";
import { covers } from "./covers.ts";
import { dressed, ownView, refuseForeign, settled } from "./dress.ts";
import { createOnly, type Kube } from "./kube.ts";
import { isRecord, type Live, listAt, type Manifest, type Ref, refOf, textAt } from "./object.ts";
import { type Outcome, outcomeOf, Stale, verdictOf } from "./outcome.ts";
import { identity, type Mark, orphans, type Plan, progress, type Snapshot, type Step, type Wanted } from "./plan.ts";
import { podKind } from "./pods.ts";
import { isRecipe } from "./recipe.ts";
import {
  digestAnnotation,
  isWorkload,
  judgeLive,
  judgeStep,
  realisedAnnotation,
  retryable,
  type Verdict,
} from "./verdict.ts";

/** A failed Job is made anew after this long. */
const jobRetryInSeconds = 20;

/** What one pass came to. */
export interface Pass {
  readonly outcome: Outcome;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The status as it now stands; left out where writing it was put off or failed. */
  readonly status?: Readonly<Record<string, unknown>> | undefined;
}

export interface PassInput<Facts> {
  readonly controller: Controller<Facts>;
  readonly subject: Live;
  readonly seen: Snapshot;
  readonly facts: Facts | undefined;
  readonly kube: Kube;
  /**
   * Whether the status may wait for the next pass, which will see what this one wrote: asked after all writes. Saves a status that
   * would be out of date as soon as it is there. Left out, the status is written in every pass.
   */
  readonly mayDeferStatus?: () => boolean;
  /** Wall-clock milliseconds, for the back-off of Jobs only. */
  readonly now: number;
}

const noVerdicts: ReadonlyMap<string, Verdict> = new Map();

/** One pass over an object: its plan, or that of its deletion. */
export async function reconcile<Facts>(input: PassInput<Facts>): Promise<Pass> {
  const { controller, subject, kube } = input;
  const { deletionTimestamp, finalizers = [] } = subject.metadata;
  const finalizer = finalizerOf(controller);
  const held = finalizers.includes(finalizer);
  if (deletionTimestamp !== undefined) {
    return held
      ? remove(
          input,
          finalizers.filter((each) => each !== finalizer),
        )
      : { outcome: { next: "rest" }, verdicts: noVerdicts };
  }
  if (controller.planDeletion === undefined || held)
    return realise(input, (seen) => controller.plan(subject, seen, input.facts));
  // In a write of its own, before anything is made that a deletion would have to take down.
  await kube.confirm(refOf(subject), subject);
  await kube.finalize(subject, [...finalizers, finalizer]);
  return { outcome: { next: "again", inSeconds: 0 }, verdicts: noVerdicts };
}

/** The finalizer by which a controller with a plan of deletion holds its objects. */
export function finalizerOf(controller: Pick<Controller, "name">): string {
  return `nephos.dev/${controller.name}`;
}

/** The plan of a deletion; the object goes when all its steps are done. */
async function remove<Facts>(input: PassInput<Facts>, finalizers: readonly string[]): Promise<Pass> {
  const { controller, subject, facts, kube } = input;
  const pass = await realise(input, (seen) => controller.planDeletion?.(subject, seen, facts) ?? { steps: [] });
  const undone = [...pass.verdicts.values()].some((verdict) => verdict.is !== "done");
  if (undone || pass.outcome.next !== "rest") return pass;
  await kube.finalize(subject, finalizers);
  return { ...pass, outcome: { next: "rest" } };
}

/** Plan, write what open steps lack, prune, act, report. Errors become verdicts of the step they hit. */
async function realise<Facts>(input: PassInput<Facts>, planOf: (seen: Snapshot) => Plan): Promise<Pass> {
  const { controller, subject, facts } = input;
  const seen = ownView(input.seen, subject);
  const plan = dressed(planOf(seen), subject);
  const { open, closed, verdicts: judged } = progress(plan, seen, judgeStep);
  const verdicts = new Map(judged);
  const errors: unknown[] = [];
  const kube = fenced(input.kube, basisOf(plan, subject, seen));
  const noting = async (write: Promise<void>, step?: string): Promise<void> => {
    try {
      await write;
    } catch (error) {
      if (error instanceof Stale) throw error;
      errors.push(error);
      if (step !== undefined) verdicts.set(step, verdictOf(error));
    }
  };

  for (const step of open) await noting(writeStep({ ...input, kube }, step), step.name);
  for (const step of closed) await noting(repairStep({ ...input, kube }, step), step.name);
  const pods = seen.list(podKind, { namespace: subject.metadata.namespace });
  for (const orphan of orphans(plan, verdicts, ownedBy(controller, subject, seen), pods))
    await noting(kube.remove(orphan));
  const deferred = errors.length === 0 && input.mayDeferStatus?.() === true;
  // Status speaks of the subject that we read: for any other version of it the API server refuses.
  let status: Pass["status"];
  const report = (said: NonNullable<Pass["status"]>): Promise<void> =>
    input.kube.setStatus(subject, said).then(() => void (status = said));
  if (!deferred) await noting(report(controller.status(subject, verdicts, seen, facts)));
  const acted = open.some((step) => (step.actions ?? []).length > 0);
  return {
    outcome: afterwards(outcomeOf(errors), acted ? "acted" : "saw", deferred ? 1 : jobRetry(plan, seen, input.now)),
    verdicts,
    status,
  };
}

/** What was acted on outside is looked at again, sooner the first time than the tenth; a failed Job when it is due. */
function afterwards(outcome: Outcome, how: "acted" | "saw", retryInSeconds: number | undefined): Outcome {
  if (outcome.next !== "rest") return outcome;
  if (how === "acted") return { next: "backoff" };
  return retryInSeconds === undefined ? outcome : { next: "again", inSeconds: retryInSeconds };
}

/** What a plan stands on: each object as it was seen, and that some were not there. */
type Basis = readonly (readonly [ref: Ref, known: Live | undefined])[];

function basisOf(plan: Plan, subject: Live, seen: Snapshot): Basis {
  return [[refOf(subject), subject], ...(plan.basis ?? []).map((ref) => [ref, seen.get(ref)] as const)];
}

/** Refuses to act for what we only remember: the first write of a pass is preceded by a fresh read of its basis. */
function fenced(kube: Kube, basis: Basis): Kube {
  let confirmed: Promise<unknown> | undefined;
  const confirm = (): Promise<unknown> =>
    (confirmed ??= Promise.all(basis.map(([ref, known]) => kube.confirm(ref, known))));
  return {
    confirm: (ref, known) => kube.confirm(ref, known),
    apply: (wanted, live) => confirm().then(() => kube.apply(wanted, live)),
    stamp: (live, mark) => confirm().then(() => kube.stamp(live, mark)),
    mark: (live, label, value) => confirm().then(() => kube.mark(live, label, value)),
    remove: (live) => confirm().then(() => kube.remove(live)),
    finalize: (live, finalizers) => confirm().then(() => kube.finalize(live, finalizers)),
    setStatus: (known, status) => kube.setStatus(known, status),
    act: (action) => confirm().then(() => kube.act(action)),
  };
}

type StepInput = Pick<PassInput<never>, "subject" | "seen" | "kube" | "now">;

async function writeStep(input: StepInput, step: Step): Promise<void> {
  // Recipes first and in their order: one may draw on the Secret before it.
  const [recipes, manifests] = [step.objects.filter(isRecipe), step.objects.filter((wanted) => !isRecipe(wanted))];
  for (const recipe of recipes) await writeObject(input, step, recipe);
  await together(manifests.map((wanted) => writeObject(input, step, wanted)));
  for (const ref of step.removes ?? []) await removeObject(input, ref);
  for (const mark of step.marks ?? []) await writeMark(input, mark);
  await stampDone(input, step);
  for (const action of step.actions ?? []) await input.kube.act(action);
}

async function removeObject({ seen, kube }: StepInput, ref: Ref): Promise<void> {
  const live = seen.get(ref);
  if (live !== undefined && live.metadata.deletionTimestamp === undefined) await kube.remove(live);
}

async function writeMark({ seen, kube }: StepInput, { on, label, value }: Mark): Promise<void> {
  const live = seen.get(on);
  if (live !== undefined && live.metadata.labels?.[label] !== value) await kube.mark(live, label, value);
}

/** All to their ends, side by side; then the first failure, a stale snapshot before any other. */
async function together(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  const errors: unknown[] = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  const [first] = errors;
  if (first !== undefined) throw errors.find((error) => error instanceof Stale) ?? first;
}

async function writeObject({ subject, seen, kube, now }: StepInput, step: Step, wanted: Wanted): Promise<void> {
  const live = seen.get(refOf(wanted));
  if (live !== undefined) refuseForeign(live, subject);
  if (live?.metadata.deletionTimestamp !== undefined) return;
  if (isRecipe(wanted) || live === undefined) return kube.apply(wanted, live);
  if (createOnly(wanted)) return replaceFailed(live, kube, now);
  const whole = settled(wanted, live);
  if (upToDate(live, whole)) return;
  await (step.strategy === "Replace" ? kube.remove(live) : kube.apply(whole, live));
}

/** A workload that exists never closes: what somebody changed in it is put right even while a step before it is undone. */
async function repairStep({ subject, seen, kube }: StepInput, step: Step): Promise<void> {
  for (const wanted of step.objects.filter(isWorkload)) {
    const live = seen.get(refOf(wanted));
    if (live === undefined || isRecipe(wanted) || !unchanged(live, wanted)) continue;
    refuseForeign(live, subject);
    const whole = settled(wanted, live);
    if (!covers(live, whole)) await kube.apply(whole, live);
  }
}

async function replaceFailed(live: Live, kube: Kube, now: number): Promise<void> {
  if (retryable(live) && secondsUntilRetry(live, now) <= 0) await kube.remove(live);
}

/** Written by us for exactly this digest, and nothing of it dropped since. */
function upToDate(live: Live, wanted: Manifest): boolean {
  return unchanged(live, wanted) && covers(live, wanted);
}

/** Whether what is wanted is what was last applied. */
function unchanged(live: Live, wanted: Manifest): boolean {
  return live.metadata.annotations?.[digestAnnotation] === wanted.metadata.annotations?.[digestAnnotation];
}

async function stampDone({ seen, kube }: StepInput, step: Step): Promise<void> {
  for (const wanted of step.objects.filter(isWorkload)) {
    const live = seen.get(refOf(wanted));
    const mark = live?.metadata.annotations?.[digestAnnotation];
    if (live === undefined || mark === undefined || judgeLive(live, seen).is !== "done") continue;
    if (live.metadata.annotations?.[realisedAnnotation] !== mark) await kube.stamp(live, mark);
  }
}

function ownedBy(controller: Pick<Controller, "owns" | "formerlyOwned">, subject: Live, seen: Snapshot): Live[] {
  const { namespace, uid } = subject.metadata;
  return [...controller.owns, ...(controller.formerlyOwned ?? [])]
    .filter((kind) => kind.cluster !== true)
    .flatMap((kind) => seen.list(kind, { namespace, labels: { [identity.subject]: uid } }));
}

/** Seconds until the first failed Job of the plan is due to be made anew. */
function jobRetry(plan: Plan, seen: Snapshot, now: number): number | undefined {
  const failed = plan.steps
    .flatMap((step) => step.objects.filter(createOnly))
    .flatMap((wanted) => seen.get(refOf(wanted)) ?? [])
    .filter(retryable)
    .map((live) => Math.max(1, secondsUntilRetry(live, now)));
  return failed.length === 0 ? undefined : Math.min(...failed);
}

function secondsUntilRetry(live: Live, now: number): number {
  const failed = listAt(live, "status", "conditions").find((entry) => isRecord(entry) && entry["type"] === "Failed");
  const since = Date.parse(textAt(failed, "lastTransitionTime") ?? "");
  return Number.isNaN(since) ? 0 : jobRetryInSeconds - (now - since) / 1000;
}
