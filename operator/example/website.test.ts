import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kindKey, type Live, type Manifest, refKey, refOf } from "../object.ts";
import { snapshotOf } from "../cache.ts";
import { reconcile } from "../engine.ts";
import type { Kube } from "../kube.ts";
import type { Snapshot } from "../plan.ts";
import { websiteController } from "./website.ts";

const website: Live = {
  apiVersion: "example.dev/v1",
  kind: "Website",
  metadata: { name: "hello", namespace: "web", uid: "u1", resourceVersion: "1", generation: 1 },
  spec: { text: "Hello", replicas: 2 },
};

/** A cluster in a map: enough to play a controller by hand. */
function tinyCluster() {
  const objects = new Map<string, Live>([[refKey(refOf(website)), website]]);
  const wrote: string[] = [];
  let conditions: unknown;
  const kube: Kube = {
    confirm: async () => undefined,
    apply: async (wanted: Manifest) => {
      wrote.push(`${wanted.kind} ${wanted.metadata.name}`);
      const metadata = { ...wanted.metadata, uid: wanted.metadata.name, resourceVersion: "2", generation: 1 };
      objects.set(refKey(refOf(wanted)), { ...wanted, metadata });
    },
    stamp: async (live) => void wrote.push(`stamp ${live.metadata.name}`),
    mark: async () => undefined,
    remove: async (live) => void objects.delete(refKey(refOf(live))),
    finalize: async () => undefined,
    setStatus: async (_subject, status) => void (conditions = status["conditions"]),
    act: async () => undefined,
  };
  const snapshot = (): Snapshot => {
    const shelves = new Map<string, Map<string, Live>>();
    for (const object of objects.values()) {
      const shelf = shelves.get(kindKey(object)) ?? new Map<string, Live>();
      shelves.set(kindKey(object), shelf.set(refKey(refOf(object)), object));
    }
    return snapshotOf(shelves);
  };
  return { objects, wrote, kube, snapshot, conditions: () => conditions };
}

async function pass(cluster: ReturnType<typeof tinyCluster>): Promise<string[]> {
  const before = cluster.wrote.length;
  await reconcile({
    controller: websiteController,
    subject: website,
    seen: cluster.snapshot(),
    facts: undefined,
    kube: cluster.kube,
    now: 0,
  });
  return cluster.wrote.slice(before);
}

test("a website comes up step by step, and then nothing more is written", async () => {
  const cluster = tinyCluster();
  expect(await pass(cluster)).toEqual([expect.stringMatching(/^ConfigMap hello-page-[0-9a-f]{8}$/)]);
  expect(await pass(cluster)).toEqual(["Deployment hello"]);
  expect(await pass(cluster)).toEqual([]);
  expect(cluster.conditions()).toContainEqual(expect.objectContaining({ type: "Reconciling", status: "True" }));

  const [key, deployment] = [...cluster.objects].find(([, { kind }]) => kind === "Deployment") ?? [];
  if (key === undefined || deployment === undefined) throw new Error("no Deployment");
  const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  cluster.objects.set(key, { ...deployment, status });

  expect(await pass(cluster)).toEqual(["stamp hello", "Service hello"]);
  expect((await pass(cluster)).filter((line) => !line.startsWith("stamp"))).toEqual([]);
  expect(cluster.conditions()).toEqual([expect.objectContaining({ type: "Ready", status: "True" })]);
});

test("the README shows this controller as it is", () => {
  const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
  expect(readme).toContain(readFileSync(join(import.meta.dirname, "website.ts"), "utf8").trim());
});
