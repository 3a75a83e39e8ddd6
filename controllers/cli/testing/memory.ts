import { kinds } from "../../../crds/index.ts";
import { pluralOf } from "../../../operator/access.ts";
import { kubeClient } from "../../../operator/client.ts";
import { dressed } from "../../../operator/dress.ts";
import { listAt, type Live, refKey, refOf, textAt } from "../../../operator/object.ts";
import { identity, type Wanted } from "../../../operator/plan.ts";
import { isRecipe, keysOf } from "../../../operator/recipe.ts";
import { crdOf } from "../../../operator/schema.ts";
import { live, type Sketch } from "../../../operator/testing/objects.ts";
import { customKind } from "../../../operator/testing/world/kinds.ts";
import { World } from "../../../operator/testing/world/world.ts";
import type { Answer, Call, Transport } from "../../../operator/transport.ts";
import { planners } from "../planners.ts";
import { snapshotWith } from "../plan/imagined.ts";
import { run } from "../program.ts";
import type { Surroundings } from "../surroundings.ts";

export const namespace = "openstack";

const now = Date.parse("2026-02-01T12:00:00Z");

const clusterKind = (apiVersion: string, kind: string, plural: string) => ({
  ...customKind({ apiVersion, kind }, plural),
  namespaced: false,
});

/** A cluster in memory, and everything else that the program touches; nothing of it is the real world. */
export class Memory implements Transport {
  readonly world = new World([
    ...kinds.map(({ group, version, kind }) =>
      customKind({ apiVersion: `${group}/${version}`, kind }, pluralOf({ apiVersion: "", kind })),
    ),
    clusterKind("v1", "Namespace", "namespaces"),
    clusterKind("storage.k8s.io/v1", "StorageClass", "storageclasses"),
    clusterKind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"),
  ]);
  readonly calls: Call[] = [];
  readonly files = new Map<string, string>();
  readonly written = new Map<string, Uint8Array>();
  /** Lines by the name of a pod. */
  readonly logs = new Map<string, readonly string[]>();
  /** Answers in the server's place where it gives something. */
  instead: (call: Call) => Answer | undefined = () => undefined;
  out = "";
  err = "";

  async call(call: Call): Promise<Answer> {
    this.calls.push(call);
    const answer = (body: unknown): Answer => ({ status: 200, retryAfterInSeconds: undefined, body });
    const scripted = this.instead(call);
    if (scripted !== undefined) return scripted;
    if (call.path === "/version") return answer({ gitVersion: "v1.34.8" });
    if (call.path.endsWith("/selfsubjectaccessreviews")) return answer({ status: { allowed: true } });
    return this.world.call(call);
  }

  async *lines(call: Call): AsyncIterable<string> {
    this.calls.push(call);
    yield* this.logs.get(/pods\/([^/]+)\/log$/.exec(call.path)?.[1] ?? "") ?? [];
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  /** Puts an object into the cluster, with its status. */
  readonly put = (sketch: Sketch): Live => {
    const object = live(sketch);
    const made = this.world.store.create(object, "test");
    const status = object["status"];
    return status === undefined ? made : this.world.store.edit(refOf(made), (each) => ({ ...each, status }));
  };

  /** Runs the program to its end: its exit code. `signal` ends a watch. */
  run(args: readonly string[], signal: AbortSignal = new AbortController().signal): Promise<number> {
    this.out = "";
    this.err = "";
    return run(args, this.#surroundings(signal));
  }

  #surroundings(signal: AbortSignal): Surroundings {
    return {
      env: {},
      terminal: false,
      signal,
      version: "1.2.3",
      now: () => now,
      out: (text) => void (this.out += text),
      say: (line) => void (this.err += `${line}\n`),
      read: async (file) => {
        const text = this.files.get(file);
        if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${file}'`);
        return text;
      },
      write: async (file, content) => void this.written.set(file, content),
      sleep: () => Promise.resolve(),
      connect: async () => ({ client: kubeClient(this), transport: this, namespace, close: async () => undefined }),
    };
  }
}

/** The manifest of a small Cloud, with what a test wants otherwise. */
export function manifestOf(spec: object = {}): string {
  const document = {
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name: "demo", namespace },
    spec: { release: "2026.1", ...spec },
  };
  return JSON.stringify(document);
}

let known: readonly Live[] | undefined;

/** A cluster in which an operator runs and a Cloud is as good as done. */
export function rolledOut(): Memory {
  known ??= objectsIn(rollOut());
  const memory = new Memory();
  for (const object of known) memory.put(object);
  return memory;
}

function rollOut(): Memory {
  const memory = furnished();
  const cloud = memory.put({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name: "demo", namespace },
    spec: { release: "2026.1" },
    status: {
      observedGeneration: 1,
      conditions: [{ type: "Ready", status: "True", reason: "AllStepsDone", message: "all 2 steps are done" }],
      release: "2026.1",
      progress: "2/2",
      endpoints: { keystone: "https://192.0.2.10:30500/v3" },
      steps: [
        { name: "database/server", state: "Done" },
        { name: "keystone/api", state: "Done" },
      ],
    },
  });
  // Names follow from what is there: again until none is new, and what only the way there needed goes.
  for (let round = 0; round < 4; round++) for (const wanted of wantedIn(memory, cloud)) realise(memory, wanted);
  const wanted = new Set(wantedIn(memory, cloud).map((each) => refKey(refOf(each))));
  const owned = objectsIn(memory).filter(({ metadata }) => metadata.labels?.[identity.managedBy] === "nephos");
  for (const object of owned) if (!wanted.has(refKey(refOf(object)))) memory.world.store.remove(refOf(object));
  return memory;
}

/** A cluster with a node, our CRDs and an operator for the namespace. */
export function furnished(): Memory {
  const memory = new Memory();
  memory.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  memory.put({
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "local", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  });
  memory.put({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "one" },
    status: {
      addresses: [{ type: "InternalIP", address: "192.0.2.10" }],
      allocatable: { cpu: "4", memory: "8Gi" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  for (const kind of kinds) {
    const crd = crdOf(kind);
    memory.put({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: textAt(crd, "metadata", "name") ?? "" },
      spec: crd["spec"],
      status: { conditions: [{ type: "Established", status: "True" }] },
    });
  }
  const env = [{ name: "WATCH_NAMESPACES", value: namespace }];
  memory.put({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "nephos", namespace: "nephos-system", labels: operatorLabels },
    spec: { replicas: 1, template: { spec: { containers: [{ name: "operator", env }] } } },
    status: { readyReplicas: 1 },
  });
  return memory;
}

export const operatorLabels = { "app.kubernetes.io/name": "nephos", "app.kubernetes.io/component": "operator" };

function objectsIn({ world }: Memory): Live[] {
  return world.store.history.at(world.store.history.version);
}

function wantedIn(memory: Memory, cloud: Live): Wanted[] {
  const seen = snapshotWith(objectsIn(memory), Math.floor(now / 60_000));
  return planners({})
    .flatMap((controller) => dressed(controller.plan(cloud, seen, undefined), cloud).steps)
    .flatMap((step) => step.objects);
}

/** What the operator and the controllers of Kubernetes make of a wanted object. */
function realise({ world, put }: Pick<Memory, "world" | "put">, wanted: Wanted): void {
  const there = world.store.get(refOf(wanted));
  const { metadata, apiVersion, kind } = wanted;
  if (there !== undefined && isRecipe(wanted)) {
    // Secrets are changed in place: others are made for the one of that uid.
    world.store.edit(refOf(wanted), (old) => ({ ...old, metadata: { ...old.metadata, ...metadata } }));
    return;
  }
  if (there !== undefined) world.store.remove(refOf(wanted));
  if (isRecipe(wanted)) {
    const values = keysOf(wanted).map((key) => [key, encoded(`value of ${metadata.name} ${key}`)]);
    put({ apiVersion, kind, metadata, data: Object.fromEntries(values) });
    return;
  }
  put({ ...wanted, metadata });
  for (const template of listAt(wanted, "spec", "volumeClaimTemplates")) {
    const name = `${textAt(template, "metadata", "name") ?? ""}-${metadata.name}-0`;
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace } };
    if (world.store.get(refOf(claim)) === undefined) put({ ...claim, status: { phase: "Bound" } });
  }
}

/** A value as a Secret holds it. */
export const encoded = (value: string): string => Buffer.from(value).toString("base64");
