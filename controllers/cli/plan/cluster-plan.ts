import type { Watched } from "../../../operator/cache.ts";
import type { Client } from "../../../operator/client.ts";
import type { Controller } from "../../../operator/controller.ts";
import { ownView } from "../../../operator/dress.ts";
import { kindKey, listAt, type Live, mapAt, refKey, refOf } from "../../../operator/object.ts";
import { UnknownKind } from "../../../operator/outcome.ts";
import type { Plan } from "../../../operator/plan.ts";
import { trimmed } from "../../../operator/shelf.ts";
import { listed } from "../../../operator/watch.ts";
import { type Difference, differencesOf } from "./difference.ts";
import type { Wish } from "./documents.ts";
import { type Change, changesOf } from "./fields.ts";
import { frozenTrouble } from "./frozen.ts";
import { imaginedWith, snapshotWith } from "./imagined.ts";
import { subjectOf } from "./subject.ts";

/** What a wish would change in a cluster. */
export interface ClusterPlan {
  readonly plan: Plan;
  readonly differences: readonly Difference[];
  /** In the wished object itself; undefined where it is not there yet. */
  readonly own: readonly Change[] | undefined;
  /** What the API server will refuse. */
  readonly frozen: readonly string[];
}

/** A wish and who plans it. */
export interface Planner {
  readonly wish: Wish;
  readonly controller: Controller;
}

/**
 * Compares a wish with what a namespace holds, and is to hold with the others. Rejects where something of it may not be read: half a view
 * makes no plan.
 */
export async function clusterPlan(
  client: Client,
  namespace: string,
  { wish, controller }: Planner,
  others: readonly Planner[],
  minute: number,
): Promise<ClusterPlan> {
  const kinds = kindsOf([controller, ...others.map((each) => each.controller)]);
  const found = (await Promise.all(kinds.map((kind) => everything(client, kind, namespace)))).flat();
  const lives = new Map(found.map(({ live }) => [refKey(refOf(live)), live]));
  const managedFields = new Map(found.map(({ live, managed }) => [refKey(refOf(live)), managed]));
  const wished = (each: Wish): Live => subjectOf(each, namespace, lives.get(refKey(refOf(subjectOf(each, namespace)))));
  const subject = wished(wish);
  const live = lives.get(refKey(refOf(subject)));
  const beside = others.map((each) => ({ controller: each.controller, subject: wished(each.wish) }));
  const world = imaginedWith([...lives.values(), subject], beside, minute);
  const own = ownView(snapshotWith(world, minute), subject);
  const plan = controller.plan(subject, own, undefined);
  return {
    plan,
    differences: differencesOf(plan, { controller, subject, seen: own, managedFields }),
    own: live === undefined ? undefined : specChanges(wish, live),
    frozen: live === undefined ? [] : frozenTrouble(wish.definition, live["spec"], wish.spec),
  };
}

function kindsOf(controllers: readonly Controller[]): Watched[] {
  const all = controllers.flatMap(({ kind, reads, owns, formerlyOwned = [] }) => [
    kind,
    ...reads,
    ...owns,
    ...formerlyOwned,
  ]);
  return [...new Map(all.map((kind) => [kindKey(kind), kind])).values()];
}

interface Found {
  readonly live: Live;
  readonly managed: readonly unknown[];
}

function foundIn(object: Live): Found {
  return { live: trimmed(object), managed: listAt(object, "metadata", "managedFields") };
}

/** All of a kind; none where the cluster does not know the kind, as before our CRDs are there. */
async function everything(client: Client, kind: Watched, namespace: string): Promise<Found[]> {
  const scope = { namespace: kind.cluster === true ? undefined : namespace };
  try {
    return (await listed(client, kind, scope, foundIn)).items;
  } catch (error) {
    if (error instanceof UnknownKind) return [];
    throw error;
  }
}

/** With defaults on both sides; a field that the manifest no longer has is one that kubectl apply takes away. */
function specChanges({ definition, spec }: Wish, live: Live): Change[] {
  const [old, fresh] = [live["spec"], spec].map((each) =>
    mapAt({ spec: definition.spec.safeParse(each).data }, "spec"),
  );
  const gone = changesOf(fresh, old).map(({ path, from, to }): Change => ({
    path: `spec.${path}`,
    from: to,
    to: from,
  }));
  const changed = changesOf(old, fresh).map((change): Change => ({ ...change, path: `spec.${change.path}` }));
  const known = new Set(changed.map(({ path }) => path));
  return [...changed, ...gone.filter(({ path, to }) => to === undefined && !known.has(path))];
}
