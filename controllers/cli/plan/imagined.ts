import { snapshotOf } from "../../../operator/cache.ts";
import type { Controller } from "../../../operator/controller.ts";
import { dressed, ownView } from "../../../operator/dress.ts";
import {
  at,
  kindKey,
  listAt,
  type Live,
  mapAt,
  nameFor,
  numberAt,
  refKey,
  refOf,
  textAt,
} from "../../../operator/object.ts";
import type { Plan, Snapshot, Wanted } from "../../../operator/plan.ts";
import { isRecipe, keysOf } from "../../../operator/recipe.ts";
import { judgeStep } from "../../../operator/verdict.ts";
import { uidOf } from "./subject.ts";

/** A snapshot of the given objects. */
export function snapshotWith(objects: readonly Live[], minute: number): Snapshot {
  const shelves = Map.groupBy(objects, kindKey);
  return snapshotOf(
    new Map([...shelves].map(([kind, members]) => [kind, new Map(members.map((each) => [refKey(refOf(each)), each]))])),
    minute,
  );
}

/** A node as every cluster has one; of its address only the cluster knows. */
export const node: Live = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node", uid: uidOf("Node", "node"), resourceVersion: "" },
  status: { addresses: [{ type: "InternalIP", address: "<InternalIP-of-the-oldest-node>" }] },
};

/** An object that is wished for, with who plans it. */
export interface Planned {
  readonly controller: Controller;
  readonly subject: Live;
}

/** More rounds than any plans have of names that follow from what was planned before. */
const rounds = 20;

/**
 * What there is once these objects are there and all that they lead to, beside what is there already: no gate is closed, and no name
 * depends on what is still to come but through the uid of a volume.
 */
export function imaginedWith(there: readonly Live[], planned: readonly Planned[], minute: number): readonly Live[] {
  const subjects = planned.map(({ subject }) =>
    "status" in subject ? subject : { ...subject, status: well(subject) },
  );
  const given = [...there, ...subjects];
  let made: readonly Live[] = [];
  for (let round = 0; round < rounds; round++) {
    const seen = snapshotWith(merged([...made, ...given]), minute);
    const next = planned.flatMap((each) => madeBy(each, seen));
    if (JSON.stringify(next) === JSON.stringify(made)) break;
    made = next;
  }
  return merged([...made, ...given]);
}

/** The plan of an object in such a world. */
export function planIn(objects: readonly Live[], { controller, subject }: Planned, minute: number): Plan {
  return controller.plan(subject, ownView(snapshotWith(objects, minute), subject), undefined);
}

/** The plan with what its steps wait for even where all is there that the plans lead to: somebody else has to bring it. */
export function withWaits(plan: Plan, objects: readonly Live[], { subject }: Planned, minute: number): Plan {
  const seen = ownView(snapshotWith(objects, minute), subject);
  const judged = dressed(plan, subject).steps.map((step) => judgeStep(step, seen));
  return {
    ...plan,
    steps: plan.steps.map((step, index) => {
      const held = step.held ?? judged[index];
      return held === undefined || held.is === "done" ? step : { ...step, held };
    }),
  };
}

/** Of several that are called the same, the last. */
function merged(objects: readonly Live[]): readonly Live[] {
  return [...new Map(objects.map((object) => [refKey(refOf(object)), object])).values()];
}

function madeBy(planned: Planned, seen: Snapshot): Live[] {
  const { controller, subject } = planned;
  const plan = dressed(controller.plan(subject, ownView(seen, subject), undefined), subject);
  return plan.steps.flatMap((step) => step.objects).flatMap(imagined);
}

/** What everything says of itself that does well; of what its kind does not have nobody asks. */
function well(object: Live | Wanted): object {
  const replicas = at(object, "spec", "replicas") ?? 1;
  const conditions = ["Ready", "Available", "Complete"].map((type) => ({ type, status: "True" }));
  return {
    observedGeneration: numberAt(object, "metadata", "generation") ?? 0,
    ...{ replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas },
    conditions,
  };
}

/** The address of a Service, which only a cluster gives. */
function addressed(wanted: Wanted): { readonly spec?: object } {
  if (wanted.kind !== "Service" || at(wanted, "spec", "clusterIP") !== undefined) return {};
  return { spec: { ...mapAt(wanted, "spec"), clusterIP: `<ClusterIP of Service ${wanted.metadata.name}>` } };
}

/** A wanted object as if it were there, with the volumes that a StatefulSet asks for. */
function imagined(wanted: Wanted): Live[] {
  const { apiVersion, kind } = wanted;
  const { name, namespace = "" } = wanted.metadata;
  const metadata = { ...wanted.metadata, uid: uidOf(kind, name), resourceVersion: "" };
  const live: Live = isRecipe(wanted)
    ? { apiVersion, kind, metadata, data: Object.fromEntries(keysOf(wanted).map((key) => [key, ""])) }
    : { ...wanted, metadata, ...addressed(wanted), status: well(wanted) };
  const claims = listAt(wanted, "spec", "volumeClaimTemplates").map((template): Live => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      name: `${textAt(template, "metadata", "name") ?? ""}-${name}-0`,
    };
    const metadataOfClaim = { name: claim.name, namespace, uid: `<uid of ${nameFor(claim)}>`, resourceVersion: "" };
    return { apiVersion: claim.apiVersion, kind: claim.kind, metadata: metadataOfClaim, status: { phase: "Bound" } };
  });
  return [live, ...claims];
}
