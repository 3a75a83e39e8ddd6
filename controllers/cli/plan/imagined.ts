import { snapshotOf } from "../../../operator/cache.ts";
import { kindKey, listAt, type Live, nameFor, refKey, refOf, textAt } from "../../../operator/object.ts";
import type { Plan, Snapshot, Wanted } from "../../../operator/plan.ts";
import { isRecipe, keysOf } from "../../../operator/recipe.ts";
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
const node: Live = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node", uid: uidOf("Node", "node"), resourceVersion: "" },
  status: { addresses: [{ type: "InternalIP", address: "<InternalIP-of-the-oldest-node>" }] },
};

/** More rounds than any plan has of names that follow from what was planned before. */
const rounds = 10;

/**
 * The plan as it is once all of it is there, for nobody's cluster: no gate is closed, and no name depends on what is still to come
 * but through the uid of a volume.
 */
export function imaginedPlan(namespace: string, planOf: (seen: Snapshot) => Plan): Plan {
  let objects: readonly Live[] = [node];
  let plan = planOf(snapshotWith(objects, 0));
  for (let round = 0; round < rounds; round++) {
    const made = plan.steps.flatMap((step) => step.objects).flatMap((wanted) => imagined(wanted, namespace));
    const next = [node, ...made];
    if (JSON.stringify(next) === JSON.stringify(objects)) break;
    objects = next;
    plan = planOf(snapshotWith(objects, 0));
  }
  return plan;
}

/** A wanted object as if it were there, with the volumes that a StatefulSet asks for. */
function imagined(wanted: Wanted, namespace: string): Live[] {
  const { apiVersion, kind } = wanted;
  const { name } = wanted.metadata;
  const metadata = { ...wanted.metadata, namespace, uid: uidOf(kind, name), resourceVersion: "" };
  const live: Live = isRecipe(wanted)
    ? { apiVersion, kind, metadata, data: Object.fromEntries(keysOf(wanted).map((key) => [key, ""])) }
    : { ...wanted, metadata };
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
