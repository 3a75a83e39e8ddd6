import { listAt, type Live, refKey, refOf, textAt } from "../../operator/object.ts";
import { live as liveOf, type Sketch, snapshot } from "../../operator/testing/objects.ts";
import { type Plan, progress, type Snapshot, type Wanted } from "../../operator/plan.ts";
import { isRecipe, keysOf } from "../../operator/recipe.ts";
import { digestAnnotation, judgeStep, realisedAnnotation } from "../../operator/verdict.ts";

export { type Sketch, snapshot };

/** The namespace in which tests have their cloud. */
export const namespace = "openstack";

/** An object as the API server would have it, in the cloud's namespace. */
export function live(sketch: Sketch): Live {
  return liveOf({ ...sketch, metadata: { namespace, ...sketch.metadata } });
}

/** A volume claim that is bound. */
export function claim(name: string, uid = `uid-${name}`): Live {
  return live({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, uid }, status: { phase: "Bound" } });
}

/** A Secret as the cache has it: its keys, no values. */
export function secret(name: string, ...keys: readonly string[]): Live {
  return live({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    data: Object.fromEntries(keys.map((key) => [key, ""])),
  });
}

/** A node with or without an InternalIP, made at the given time. */
export function node(name: string, address: string | undefined, creationTimestamp: string): Live {
  const addresses = [
    { type: "Hostname", address: name },
    ...(address === undefined ? [] : [{ type: "InternalIP", address }]),
  ];
  const { metadata, ...rest } = live({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, creationTimestamp },
    status: { addresses },
  });
  const { namespace: _, ...clusterWide } = metadata;
  return { ...rest, metadata: clusterWide };
}

/** The Network of a Cloud, with one physical network, whose databases answer or not yet, and the Services of these. */
export function fabricOf(cloud: string, available: "True" | "False" = "True"): Live[] {
  const physicalNetworks = [{ name: "physnet1", bridge: "br-ex" }];
  const services = ["ovn-nb", "ovn-sb"].map((name) =>
    live({ apiVersion: "v1", kind: "Service", metadata: { name }, spec: { clusterIP: "10.96.0.6" } }),
  );
  const network = live({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Network",
    metadata: { name: "fabric" },
    spec: { cloud: { name: cloud }, physicalNetworks },
    status: { conditions: [{ type: "Available", status: available }] },
  });
  return [network, ...services];
}

/** A plan whose objects are in the subject's namespace, as the engine puts them there. */
export function placed(plan: Plan): Plan {
  const put = <W extends Wanted>(wanted: W): W => ({ ...wanted, metadata: { ...wanted.metadata, namespace } });
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, objects: step.objects.map(put) })) };
}

/** A wanted object once the cluster has done all it can with it. */
export function settled(wanted: Wanted): Live {
  if (isRecipe(wanted)) {
    const made = secret(wanted.metadata.name, ...Object.keys(wanted.recipe), ...keysOf(wanted));
    return { ...made, metadata: { ...made.metadata, ...wanted.metadata, namespace } };
  }
  const mark = { [digestAnnotation]: "d", [realisedAnnotation]: "d" };
  return live({
    ...wanted,
    metadata: { ...wanted.metadata, annotations: { ...wanted.metadata.annotations, ...mark } },
    status: goodStatus,
  });
}

/** Good for every kind: what a kind does not have, its judge does not look at. */
const goodStatus = {
  observedGeneration: 1,
  replicas: 1,
  readyReplicas: 1,
  updatedReplicas: 1,
  availableReplicas: 1,
  conditions: [
    { type: "Ready", status: "True" },
    { type: "Complete", status: "True" },
  ],
};

/** What the StatefulSet controller adds: the volume of the first member. */
function volumesOf(object: Live): Live[] {
  return object.kind === "StatefulSet" ? [claim(`data-${object.metadata.name}-0`)] : [];
}

/** Plays a rollout in which everything that is written works at once: the steps that were written in each round, and the end. */
export function rollOut(
  planned: (seen: Snapshot) => Plan,
  ...start: readonly Live[]
): { rounds: string[][]; objects: readonly Live[] } {
  const rounds: string[][] = [];
  let objects: readonly Live[] = start;
  for (let round = 0; round < 30; round++) {
    const seen = snapshot(...objects);
    const known = new Set(objects.map((object) => refKey(refOf(object))));
    const { open } = progress(placed(planned(seen)), seen, judgeStep);
    const fresh = open.map((step) => ({
      name: step.name,
      made: step.objects.map(settled).filter((each) => !known.has(refKey(refOf(each)))),
    }));
    const written = fresh.filter(({ made }) => made.length > 0);
    if (written.length === 0) break;
    rounds.push(written.map(({ name }) => name));
    objects = [...objects, ...written.flatMap(({ made }) => made.flatMap((each) => [each, ...volumesOf(each)]))];
  }
  return { rounds, objects };
}

/** Status and reason of each condition in a status, by its type. */
export function conditionsOf(status: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    listAt(status, "conditions").map((each) => [
      textAt(each, "type") ?? "",
      [textAt(each, "status"), textAt(each, "reason")],
    ]),
  );
}
