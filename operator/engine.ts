import type { Controller } from "./controller.ts";
import { covers } from "./covers.ts";
import { digest } from "./digest.ts";
import { createOnly, type Kube } from "./kube.ts";
import { controllerOf, isRecord, type Live, listAt, type Manifest, nameFor, refOf, textAt } from "./object.ts";
import { Foreign, type Outcome, outcomeOf, Stale, verdictOf } from "./outcome.ts";
import { identity, orphans, type Plan, progress, retainAnnotation, type Snapshot, type Step, stepLabel, type Wanted } from "./plan.ts";
import { isRecipe } from "./recipe.ts";
import { digestAnnotation, isWorkload, judgeLive, judgeStep, realisedAnnotation, retryable, type Verdict } from "./verdict.ts";

/** A failed Job is made anew after this long. */
const jobRetryInSeconds = 20;

/** What one pass came to. */
export interface Pass {
  readonly outcome: Outcome;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

export interface PassInput<Facts> {
  readonly controller: Controller<Facts>;
  readonly subject: Live;
  readonly seen: Snapshot;
  readonly facts: Facts | undefined;
  readonly kube: Kube;
  /** Wall-clock milliseconds, for the back-off of Jobs only. */
  readonly now: number;
}

/** One pass: plan, write what open steps lack, prune, act, report. Errors become verdicts of the step they hit. */
export async function reconcile<Facts>(input: PassInput<Facts>): Promise<Pass> {
  const { controller, subject, facts } = input;
  const seen = ownView(input.seen, subject);
  const plan = dressed(controller.plan(subject, seen, facts), subject);
  const { open, verdicts: judged } = progress(plan, seen, judgeStep);
  const verdicts = new Map(judged);
  const errors: unknown[] = [];
  const kube = fenced(input.kube, basisOf(plan, subject, seen));

  for (const step of open) {
    await writeStep({ ...input, kube, seen }, step, verdicts.get(step.name)).catch((error: unknown) => {
      if (error instanceof Stale) throw error;
      errors.push(error);
      verdicts.set(step.name, verdictOf(error));
    });
  }
  for (const orphan of orphans(plan, verdicts, ownedBy(controller, subject, seen))) await kube.remove(orphan);
  // Status speaks of the subject that we read; when that one is gone, the API server refuses by uid.
  await input.kube.setStatus(subject, controller.status(subject, verdicts, seen, facts));
  const retry = jobRetry(plan, seen, input.now);
  const acted = open.some((step) => (step.actions ?? []).length > 0);
  return { outcome: afterwards(outcomeOf(errors), acted ? 0 : retry), verdicts };
}

/** What was acted on outside is looked at again at once, a failed Job when it is due. */
function afterwards(outcome: Outcome, inSeconds: number | undefined): Outcome {
  return outcome.next === "rest" && inSeconds !== undefined ? { next: "again", inSeconds } : outcome;
}

/** Objects of a subject that was deleted and made again under the same name belong to the dead one: nothing to stand on. */
function ownView(seen: Snapshot, subject: Live): Snapshot {
  const alive = (object: Live): boolean => !ownedByTwin(object, subject);
  return {
    get: (ref) => {
      const object = seen.get(ref);
      return object !== undefined && alive(object) ? object : undefined;
    },
    list: (kind, where) => seen.list(kind, where).filter(alive),
  };
}

function ownedByTwin(object: Live, subject: Live): boolean {
  const owner = controllerOf(object);
  return owner !== undefined && owner.kind === subject.kind && owner.name === subject.metadata.name && owner.uid !== subject.metadata.uid;
}

function basisOf(plan: Plan, subject: Live, seen: Snapshot): Live[] {
  return [subject, ...(plan.basis ?? []).flatMap((ref) => seen.get(ref) ?? [])];
}

/** Refuses to act for what we only remember: the first write of a pass is preceded by a fresh read of its basis. */
function fenced(kube: Kube, basis: readonly Live[]): Kube {
  let confirmed: Promise<unknown> | undefined;
  const confirm = (): Promise<unknown> => (confirmed ??= Promise.all(basis.map((known) => kube.confirm(known))));
  return {
    confirm: (known) => kube.confirm(known),
    apply: (wanted, live) => confirm().then(() => kube.apply(wanted, live)),
    stamp: (live, mark) => confirm().then(() => kube.stamp(live, mark)),
    remove: (live) => confirm().then(() => kube.remove(live)),
    setStatus: (known, status) => kube.setStatus(known, status),
    act: (action) => confirm().then(() => kube.act(action)),
  };
}

interface StepInput {
  readonly controller: Controller;
  readonly subject: Live;
  readonly seen: Snapshot;
  readonly kube: Kube;
  readonly now: number;
}

async function writeStep(input: StepInput, step: Step, verdict: Verdict | undefined): Promise<void> {
  for (const wanted of step.objects) await writeObject(input, wanted);
  if (verdict?.is === "done") await stampDone(input, step);
  for (const action of step.actions ?? []) await input.kube.act(action);
}

async function writeObject({ subject, seen, kube, now }: StepInput, wanted: Wanted): Promise<void> {
  const live = seen.get(refOf(wanted));
  if (live !== undefined) refuseForeign(live, subject);
  if (live?.metadata.deletionTimestamp !== undefined) return;
  if (isRecipe(wanted) || live === undefined) await kube.apply(wanted, live);
  else if (createOnly(wanted)) await replaceFailed(live, kube, now);
  else if (!upToDate(live, wanted)) await kube.apply(wanted, live);
}

async function replaceFailed(live: Live, kube: Kube, now: number): Promise<void> {
  if (retryable(live) && secondsUntilRetry(live, now) <= 0) await kube.remove(live);
}

/** Written by us for exactly this digest, and nothing of it dropped since. */
function upToDate(live: Live, wanted: Manifest): boolean {
  return live.metadata.annotations?.[digestAnnotation] === wanted.metadata.annotations?.[digestAnnotation] && covers(live, wanted);
}

function refuseForeign(live: Live, subject: Live): void {
  const owner = controllerOf(live);
  const name = nameFor(refOf(live));
  if (owner !== undefined && owner.uid !== subject.metadata.uid) {
    throw new Foreign(`${name} belongs to ${owner.kind} ${owner.name}; delete or rename it`);
  }
  if (live.metadata.labels?.[identity.owner] !== ownerLabel(subject)) {
    throw new Foreign(`${name} exists and was not made for ${nameFor(refOf(subject))}; delete or rename it`);
  }
}

/** `Cloud.demo`: survives the subject, so that one made anew finds its data again. */
export function ownerLabel(subject: Live): string {
  return `${subject.kind}.${subject.metadata.name}`;
}

/** The plan with every object as it will be written. */
function dressed(plan: Plan, subject: Live): Plan {
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, objects: step.objects.map((wanted) => dress(wanted, subject, step)) })) };
}

/** A wanted object with its namespace, the labels by which we find it again, its owner and its digest. */
function dress<W extends Wanted>(wanted: W, subject: Live, step: Step): W {
  const { kind, apiVersion } = subject;
  const { name, uid, namespace } = subject.metadata;
  const retained = wanted.metadata.annotations?.[retainAnnotation] !== undefined;
  const labels = {
    ...wanted.metadata.labels,
    [identity.managedBy]: "nephos",
    [identity.owner]: ownerLabel(subject),
    [identity.step]: stepLabel(step.name),
    ...(retained ? {} : { [identity.subject]: uid }),
  };
  const annotations = { ...wanted.metadata.annotations, [digestAnnotation]: digest(wanted) };
  const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }];
  const placed = { ...wanted.metadata, ...(namespace === undefined ? {} : { namespace }), labels, annotations };
  return { ...wanted, metadata: retained ? placed : { ...placed, ownerReferences } };
}

async function stampDone({ seen, kube }: StepInput, step: Step): Promise<void> {
  for (const wanted of step.objects.filter(isWorkload)) {
    const live = seen.get(refOf(wanted));
    const mark = live?.metadata.annotations?.[digestAnnotation];
    if (live === undefined || mark === undefined || judgeLive(live, seen).is !== "done") continue;
    if (live.metadata.annotations?.[realisedAnnotation] !== mark) await kube.stamp(live, mark);
  }
}

function ownedBy(controller: Controller, subject: Live, seen: Snapshot): Live[] {
  const { namespace, uid } = subject.metadata;
  return controller.owns
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

