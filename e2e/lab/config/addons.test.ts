import { planCluster } from "./addresses.ts";
import { addonDeployments, renderAddons } from "./addons.ts";

const images = { pause: "pause:1", busybox: "busybox:1", coredns: "coredns:1", localPath: "local-path:1" };
const rendered = (nodes: number) => renderAddons(planCluster("test", 1, nodes), images);

function objects(nodes: number): unknown[] {
  const list: { items?: unknown[] } = rendered(nodes);
  return list.items ?? [];
}

it("contains every Deployment that a start waits for", () => {
  for (const { namespace, name } of addonDeployments) {
    expect(objects(1)).toContainEqual(
      expect.objectContaining({ kind: "Deployment", metadata: expect.objectContaining({ namespace, name }) }),
    );
  }
});

it("serves names at the address that kubelets tell their pods", () => {
  expect(objects(1)).toContainEqual(
    expect.objectContaining({ kind: "Service", spec: expect.objectContaining({ clusterIP: "10.101.64.10" }) }),
  );
});

it.each([
  [1, 1],
  [3, 2],
])("on %i nodes has %i name servers", (nodes, replicas) => {
  expect(objects(nodes)).toContainEqual(
    expect.objectContaining({
      metadata: expect.objectContaining({ name: "coredns" }),
      spec: expect.objectContaining({ replicas }),
    }),
  );
});

it("has one StorageClass, the default, that waits for a pod to know the node", () => {
  const classes = objects(1).filter((object) => JSON.stringify(object).includes('"kind":"StorageClass"'));
  expect(classes).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({ annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }),
      volumeBindingMode: "WaitForFirstConsumer",
    }),
  ]);
});
