import { covers } from "../../../operator/covers.ts";
import type { Controller } from "../../../operator/controller.ts";
import { dressed, refuseForeign, settled } from "../../../operator/dress.ts";
import { createOnly } from "../../../operator/kube.ts";
import { type Live, mapAt, type Ref, refKey, refOf } from "../../../operator/object.ts";
import { Foreign, messageOf } from "../../../operator/outcome.ts";
import { identity, orphans, type Plan, type Snapshot, type Step, type Wanted } from "../../../operator/plan.ts";
import { isRecipe, keysOf, type SecretRecipe } from "../../../operator/recipe.ts";
import { digestAnnotation, done } from "../../../operator/verdict.ts";
import { type Change, changesOf, droppedFields } from "./fields.ts";

/** What would become of one object. */
export type Difference = { readonly step?: string; readonly ref: Ref } & (
  | { readonly what: "create"; readonly wanted: Wanted }
  | { readonly what: "change" | "replace"; readonly changes: readonly Change[] }
  | { readonly what: "keep" | "prune" }
  | { readonly what: "refuse"; readonly why: string }
);

/** What a plan is compared with. */
export interface Comparison {
  readonly controller: Pick<Controller, "name" | "owns" | "formerlyOwned">;
  readonly subject: Live;
  readonly seen: Snapshot;
  /** `metadata.managedFields` of live objects by `refKey`: snapshots do without. */
  readonly managedFields: ReadonlyMap<string, readonly unknown[]>;
}

/** What would become of every object of a plan, and of those that it no longer wants; in the order of the plan. */
export function differencesOf(plan: Plan, comparison: Comparison): Difference[] {
  const { subject, seen } = comparison;
  const whole = dressed(plan, subject);
  const verdicts = new Map(whole.steps.map(({ name }) => [name, done]));
  return [
    ...whole.steps.flatMap((step) => step.objects.map((wanted) => differenceOf(step, wanted, comparison))),
    ...whole.steps.flatMap((step) => removals(step, seen)),
    // As if all steps were done: what a pod still mounts goes later, but it goes.
    ...orphans(whole, verdicts, ownedBy(comparison)).map((live): Difference => ({ what: "prune", ref: refOf(live) })),
  ];
}

function removals(step: Step, seen: Snapshot): Difference[] {
  return (step.removes ?? [])
    .filter((ref) => seen.get(ref) !== undefined)
    .map((ref) => ({ what: "prune", step: step.name, ref }));
}

function ownedBy({ controller, subject, seen }: Comparison): Live[] {
  const { namespace, uid } = subject.metadata;
  return [...controller.owns, ...(controller.formerlyOwned ?? [])]
    .filter((kind) => kind.cluster !== true)
    .flatMap((kind) => seen.list(kind, { namespace, labels: { [identity.subject]: uid } }));
}

function differenceOf(step: Step, wanted: Wanted, comparison: Comparison): Difference {
  const place = { step: step.name, ref: refOf(wanted) };
  const live = comparison.seen.get(place.ref);
  if (live === undefined) return { ...place, what: "create", wanted };
  try {
    refuseForeign(live, comparison.subject);
  } catch (error) {
    if (error instanceof Foreign) return { ...place, what: "refuse", why: messageOf(error) };
    throw error;
  }
  // A Job that is there is a fact, whatever it was made from.
  if (createOnly(wanted)) return { ...place, what: "keep" };
  const changes = isRecipe(wanted) ? secretChanges(live, wanted) : objectChanges(live, wanted, comparison);
  if (changes.length === 0) return { ...place, what: "keep" };
  return { ...place, what: step.strategy === "Replace" && !isRecipe(wanted) ? "replace" : "change", changes };
}

function objectChanges(live: Live, manifest: Exclude<Wanted, SecretRecipe>, comparison: Comparison): Change[] {
  const wanted = settled(manifest, live);
  const managed = comparison.managedFields.get(refKey(refOf(live))) ?? [];
  const changes = [
    ...(covers(live, wanted) ? [] : changesOf(live, wanted)),
    ...droppedFields(managed, comparison.controller.name, live, wanted),
  ];
  const telling = changes.filter(({ path }) => path !== digestPath);
  // The digest alone: what was applied last was another text that came to the same.
  return telling.length > 0
    ? telling
    : changes.map((change) => ({ ...change, path: "nothing but the digest of what was applied" }));
}

const digestPath = `metadata.annotations."${digestAnnotation}"`;

/** Of a Secret only the names of its keys are known, and whether its recipe is another one. */
function secretChanges(live: Live, wanted: SecretRecipe): Change[] {
  const there = mapAt(live, "data");
  const missing = keysOf(wanted).filter((key) => !(key in there));
  const metadata = changesOf(metadataOf(live), metadataOf(wanted), "metadata");
  const telling = metadata.filter(({ path }) => path !== digestPath);
  const composed = Object.entries(wanted.recipe).flatMap(([key, ingredient]) => ("parts" in ingredient ? [key] : []));
  const anew = telling.length < metadata.length ? composed.filter((key) => key in there) : [];
  return [
    ...missing.map((key) => ({ path: `data.${key}`, from: undefined, to: "<made>" })),
    ...anew.map((key) => ({ path: `data.${key}`, from: "<a value>", to: "<put together anew>" })),
    ...telling,
  ];
}

function metadataOf({ metadata }: Live | Wanted): unknown {
  return { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} };
}
