import { snapshotOf } from "../cache.ts";
import { kindKey, type Live, type Metadata, refKey, refOf } from "../object.ts";
import type { Snapshot } from "../plan.ts";

/** What a test says of an object that the cluster has. */
export type Sketch = Pick<Live, "apiVersion" | "kind"> & {
  readonly metadata: Metadata & Partial<Live["metadata"]>;
  readonly [field: string]: unknown;
};

/** An object as the API server would have it, in namespace `here`. */
export function live(sketch: Sketch): Live {
  const { name } = sketch.metadata;
  return {
    ...sketch,
    metadata: { uid: `uid-${name}`, resourceVersion: "1", generation: 1, namespace: "here", ...sketch.metadata },
  };
}

/** A snapshot of the given objects. */
export function snapshot(...objects: readonly Live[]): Snapshot {
  const shelves = Map.groupBy(objects, kindKey);
  return snapshotOf(
    new Map([...shelves].map(([kind, members]) => [kind, new Map(members.map((each) => [refKey(refOf(each)), each]))])),
  );
}

/** A ConfigMap with data. */
export function configMap(name: string, data: Readonly<Record<string, string>> = {}): Live {
  return live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** A Deployment of two replicas with the given status. */
export function deployment(
  status: Readonly<Record<string, unknown>>,
  metadata: Partial<Live["metadata"]> = {},
  replicas = 2,
): Live {
  return live({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api", ...metadata },
    spec: { replicas },
    status,
  });
}
