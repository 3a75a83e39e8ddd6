import { digest } from "./digest.ts";
import { at, controllerOf, isRecord, kindKey, type Live, nameFor, refOf } from "./object.ts";
import { Foreign } from "./outcome.ts";
import { identity, type Plan, retainAnnotation, type Snapshot, type Step, stepLabel, type Wanted } from "./plan.ts";
import { digestAnnotation } from "./verdict.ts";

/** `Cloud.demo`: survives the subject, so that one made anew finds its data again. */
export function ownerLabel(subject: Live): string {
  return `${subject.kind}.${subject.metadata.name}`;
}

/** The plan with every object as it will be written. */
export function dressed(plan: Plan, subject: Live): Plan {
  const dressedStep = (step: Step): Step => ({
    ...step,
    objects: step.objects.map((wanted) => dress(wanted, subject, step)),
    ...(step.meanwhile === undefined
      ? {}
      : { meanwhile: step.meanwhile.map((wanted) => dress(wanted, subject, step)) }),
    ...(step.removes === undefined
      ? {}
      : { removes: step.removes.map((ref) => ({ namespace: subject.metadata.namespace, ...ref })) }),
  });
  return { ...plan, steps: plan.steps.map(dressedStep) };
}

/** By identity: what a step wants is often what it wants meanwhile, too. */
const digests = new WeakMap<Wanted, string>();

function digestOf(wanted: Wanted): string {
  const known = digests.get(wanted) ?? digest(wanted);
  digests.set(wanted, known);
  return known;
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
  const annotations = { ...wanted.metadata.annotations, [digestAnnotation]: digestOf(wanted) };
  const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }];
  const placed = { ...wanted.metadata, ...(namespace === undefined ? {} : { namespace }), labels, annotations };
  return { ...wanted, metadata: retained ? placed : { ...placed, ownerReferences } };
}

/** Objects of a subject that was deleted and made again under the same name belong to the dead one: nothing to stand on. */
export function ownView(seen: Snapshot, subject: Live): Snapshot {
  const alive = (object: Live): boolean => !ownedByTwin(object, subject);
  return {
    minute: seen.minute,
    get: (ref) => {
      const object = seen.get(ref);
      return object !== undefined && alive(object) ? object : undefined;
    },
    list: (kind, where) => seen.list(kind, where).filter(alive),
  };
}

function ownedByTwin(object: Live, subject: Live): boolean {
  const owner = controllerOf(object);
  return (
    owner !== undefined &&
    owner.kind === subject.kind &&
    owner.name === subject.metadata.name &&
    owner.uid !== subject.metadata.uid
  );
}

/** Throws where a live object of the wanted name is not ours to write: the verdict of its step says whose it is. */
export function refuseForeign(live: Live, subject: Live): void {
  const owner = controllerOf(live);
  const name = nameFor(refOf(live));
  if (ownedByTwin(live, subject)) throw new Error(`${name} of the deleted ${nameFor(refOf(subject))} to be gone`);
  if (owner !== undefined && owner.uid !== subject.metadata.uid) {
    throw new Foreign(`${name} belongs to ${owner.kind} ${owner.name}; delete or rename it`);
  }
  if (live.metadata.labels?.[identity.owner] !== ownerLabel(subject)) {
    throw new Foreign(`${name} exists and was not made for ${nameFor(refOf(subject))}; delete or rename it`);
  }
}

/** Fields of a spec that the API server never lets change. */
const immutableFields: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/StatefulSet": ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"],
  "apps/v1/Deployment": ["selector"],
  "apps/v1/DaemonSet": ["selector"],
};

/** The wanted object with what cannot be changed taken from the live one. */
export function settled<W extends Wanted>(wanted: W, live: Live): W {
  const fields = immutableFields[kindKey(wanted)];
  const spec = at(wanted, "spec");
  if (fields === undefined || !isRecord(spec)) return wanted;
  const kept = fields.filter((field) => field in spec).map((field) => [field, at(live, "spec", field)]);
  return { ...wanted, spec: { ...spec, ...Object.fromEntries(kept) } };
}
