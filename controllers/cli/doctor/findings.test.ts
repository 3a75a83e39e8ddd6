import { kinds } from "../../../crds/index.ts";
import type { Live } from "../../../operator/object.ts";
import { crdOf } from "../../../operator/schema.ts";
import { live, type Sketch } from "../../../operator/testing/objects.ts";
import type { Look } from "../looks.ts";
import { plain } from "../paint.ts";
import { renderFindings } from "./command.ts";
import type { ClusterFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./findings.ts";

const seen = <T>(value: T): Look<T> => ({ is: "seen", value });
const refused = { is: "refused", reason: "is forbidden" } as const;
const named = (apiVersion: string, kind: string, name: string, more: Partial<Sketch> = {}): Live =>
  live({ apiVersion, kind, ...more, metadata: { name, ...more.metadata } });

const crd = (kind: (typeof kinds)[number], changes: object = {}): Live => {
  const wanted = crdOf(kind);
  const status = { conditions: [{ type: "Established", status: "True" }] };
  return named("apiextensions.k8s.io/v1", "CustomResourceDefinition", `${kind.kind.toLowerCase()}s.nephos.dev`, {
    spec: wanted["spec"],
    status,
    ...changes,
  });
};
const operator = (namespace: string, watched: string, ready = 1, replicas = 1): Live =>
  named("apps/v1", "Deployment", "nephos", {
    metadata: { name: "nephos", namespace },
    spec: { replicas, template: { spec: { containers: [{ env: [{ name: "WATCH_NAMESPACES", value: watched }] }] } } },
    status: { readyReplicas: ready },
  });
const node = (
  name: string,
  spec: object = {},
  more: { labels?: Record<string, string>; memory?: string; pressure?: string } = {},
): Live =>
  named("v1", "Node", name, {
    metadata: { name, labels: more.labels ?? {} },
    spec,
    status: {
      allocatable: { cpu: "4", memory: more.memory ?? "8Gi" },
      conditions: [
        { type: "Ready", status: "True" },
        { type: "DiskPressure", status: more.pressure ?? "False" },
      ],
    },
  });
const storageClass = (name: string, isDefault: string): Live =>
  named("storage.k8s.io/v1", "StorageClass", name, {
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": isDefault } },
  });
const cloud = (spec: object, name = "demo"): Live =>
  named("nephos.dev/v1alpha1", "Cloud", name, { spec: { release: "2026.1", ...spec } });
const pod = (name: string, status: object, spec: object = {}): Live => named("v1", "Pod", name, { spec, status });
const pulling = {
  containerStatuses: [{ name: "api", image: "x/y:1", state: { waiting: { reason: "ImagePullBackOff" } } }],
};
const pool = named("nephos.dev/v1alpha1", "ComputePool", "standard");
const given = node("one", {}, { labels: { "nephos.dev/host-of": "openstack" } });
const restricted = named("v1", "Namespace", "openstack", {
  metadata: { name: "openstack", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const tainted = node("one", { taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] });

const good: ClusterFacts = {
  namespace: "openstack",
  version: seen("v1.34.8"),
  crds: seen(kinds.map((kind) => crd(kind))),
  operators: seen([operator("nephos-system", "other,openstack")]),
  operatorPods: [],
  home: seen(named("v1", "Namespace", "openstack")),
  classes: seen([storageClass("local", "true")]),
  nodes: seen([node("one")]),
  pods: seen([]),
  clouds: seen([]),
  pools: seen([]),
  claims: seen([]),
  ownPods: seen([]),
  forbidden: [],
};

const found = (facts: Partial<ClusterFacts>): Finding[] => findingsOf({ ...good, ...facts });
const wrong = (facts: Partial<ClusterFacts>): string[] =>
  found(facts)
    .filter((finding) => finding.is !== "ok")
    .map(({ is, about, message }) => `${is}: ${about}: ${message}`);

describe("a cluster that has all that we need", () => {
  it("gets a good word on each matter", () => {
    expect(wrong({})).toEqual([]);
    expect(found({}).map(({ about }) => about)).toEqual([
      "Kubernetes",
      "CustomResourceDefinitions",
      "operator",
      "namespace",
      "your rights",
      "storage",
      "nodes",
      "room",
      "hosts",
      "pods",
    ]);
  });
});

describe("doctor", () => {
  it("finds nothing wrong with a pool that has a node and is let in", () => {
    expect(wrong({ pools: seen([pool]), nodes: seen([given]) })).toEqual([]);
    expect(wrong({ home: seen(restricted) })).toEqual([]);
  });

  it.each<[string, Partial<ClusterFacts>, string]>([
    ["an old Kubernetes", { version: seen("v1.30.9") }, "error: Kubernetes: v1.30.9, but Nephos needs 1.31 or newer"],
    ["no CRD", { crds: seen([]) }, "error: CustomResourceDefinitions: clouds.nephos.dev is missing"],
    [
      "a CRD of another version",
      { crds: seen(kinds.map((kind) => crd(kind, { spec: { versions: [{ name: "v1alpha1", schema: {} }] } }))) },
      "warning: CustomResourceDefinitions: clouds.nephos.dev is of another version than this program",
    ],
    [
      "a CRD that is not served yet",
      { crds: seen(kinds.map((kind) => crd(kind, { status: {} }))) },
      "error: CustomResourceDefinitions: clouds.nephos.dev is not established",
    ],
    ["no operator", { operators: seen([]) }, "error: operator: not installed"],
    [
      "an operator for others",
      { operators: seen([operator("nephos-system", "other")]) },
      "error: operator: Deployment nephos-system/nephos does not watch namespace openstack",
    ],
    [
      "two operators",
      { operators: seen([operator("a", "openstack"), operator("b", "openstack")]) },
      "error: operator: Deployment a/nephos and Deployment b/nephos both watch namespace openstack",
    ],
    [
      "an operator that does not start",
      { operators: seen([operator("nephos-system", "openstack", 0)]), operatorPods: [pod("nephos-1", pulling)] },
      "error: operator: Deployment nephos-system/nephos: 0 of 1 pods ready; pod nephos-1: container api: image x/y:1 cannot be pulled",
    ],
    [
      "half an operator",
      { operators: seen([operator("nephos-system", "openstack", 1, 2)]) },
      "warning: operator: Deployment nephos-system/nephos: 1 of 2 pods ready",
    ],
    [
      "an operator scaled to nothing",
      { operators: seen([operator("nephos-system", "openstack", 0, 0)]) },
      "error: operator: Deployment nephos-system/nephos: 0 of 0 pods ready",
    ],
    ["no namespace", { home: seen(undefined) }, "error: namespace: openstack does not exist"],
    [
      "a namespace that goes",
      {
        home: seen(
          named("v1", "Namespace", "openstack", {
            metadata: { name: "openstack", deletionTimestamp: "2026-01-01T00:00:00Z" },
          }),
        ),
      },
      "error: namespace: openstack is being deleted",
    ],
    [
      "two Clouds",
      { clouds: seen([cloud({}), cloud({}, "second")]) },
      "error: namespace: openstack has 2 Clouds (demo, second)",
    ],
    ["rights that the user lacks", { forbidden: ["get pods/log"] }, "warning: your rights: you may not get pods/log"],
    [
      "no default StorageClass",
      { classes: seen([storageClass("slow", "false")]) },
      "error: storage: there is no default StorageClass",
    ],
    [
      "a StorageClass that a Cloud names and nobody has",
      { clouds: seen([cloud({ database: { managed: { storage: { storageClassName: "fast" } } } })]) },
      "error: storage: there is no StorageClass fast",
    ],
    [
      "several default StorageClasses",
      { classes: seen([storageClass("a", "true"), storageClass("b", "true")]) },
      "warning: storage: several default StorageClasses (a, b); the newest is taken",
    ],
    ["no node", { nodes: seen([]) }, "error: nodes: 0 of 0 ready and schedulable"],
    [
      "a cordoned node",
      { nodes: seen([node("one", { unschedulable: true })]) },
      "error: nodes: 0 of 1 ready and schedulable",
    ],
    ["a taint", { nodes: seen([tainted]) }, "error: nodes: all that could serve are tainted: gpu=yes:NoSchedule"],
    [
      "labels that no node has",
      { clouds: seen([cloud({ placement: { nodeSelector: { role: "control" } } })]) },
      "error: nodes: none has the labels of spec.placement.nodeSelector",
    ],
    ["a full disk", { nodes: seen([node("one", {}, { pressure: "True" })]) }, "warning: nodes: one has DiskPressure"],
    [
      "a pool without a node",
      { pools: seen([pool]), nodes: seen([node("one", {}, { labels: { "nephos.dev/host-of": "elsewhere" } })]) },
      "warning: hosts: no node is given to namespace openstack, so ComputePool standard has none",
    ],
    [
      "a namespace that lets no host agents in",
      { pools: seen([pool]), nodes: seen([given]), home: seen(restricted) },
      "error: hosts: pod security restricted of namespace openstack keeps out the agents of ComputePool standard",
    ],
    ["pools that it may not see", { pools: refused }, "warning: hosts: not looked at: is forbidden"],
    [
      "an image that cannot be pulled",
      { ownPods: seen([pod("api-1", pulling)]) },
      "error: pods: pod api-1: container api: image x/y:1 cannot be pulled",
    ],
  ])("finds %s", (_, facts, sentence) => {
    expect(wrong(facts)).toContain(sentence);
  });

  it("says what to do wherever something is wrong", () => {
    const facts = {
      ...good,
      version: seen("v1.20.0"),
      crds: seen([]),
      operators: seen([]),
      classes: seen([]),
      nodes: seen([]),
      forbidden: ["get secrets"],
      home: seen(undefined),
    };
    const silent = findingsOf(facts).filter(({ is, advice }) => is !== "ok" && (advice ?? "") === "");
    expect(silent).toEqual([]);
  });

  it.each(["version", "crds", "operators", "home", "classes", "nodes", "pods", "ownPods"] as const)(
    "tells that it may not look at %s, which is no error",
    (fact) => {
      expect(wrong({ [fact]: refused })).toEqual([expect.stringMatching(/^warning: .*: not looked at: is forbidden$/)]);
    },
  );

  it.each([
    ["its key", [{ key: "gpu", operator: "Exists" }]],
    ["its value", [{ key: "gpu", value: "yes", effect: "NoSchedule" }]],
    ["all of them", [{ operator: "Exists" }]],
  ])("has nothing against a taint whose %s the Cloud tolerates", (_, tolerations) => {
    expect(wrong({ nodes: seen([tainted]), clouds: seen([cloud({ placement: { tolerations } })]) })).toEqual([]);
  });

  it.each([
    ["another value", [{ key: "gpu", value: "no" }]],
    ["another effect", [{ key: "gpu", operator: "Exists", effect: "NoExecute" }]],
  ])("is not deceived by a toleration of %s", (_, tolerations) => {
    expect(wrong({ nodes: seen([tainted]), clouds: seen([cloud({ placement: { tolerations } })]) })).toHaveLength(1);
  });

  it("counts what pods have asked for already before it says that there is room", () => {
    const spec = { nodeName: "one", containers: [{ resources: { requests: { cpu: "3900m", memory: "1Gi" } } }] };
    expect(wrong({ pods: seen([pod("big", { phase: "Running" }, spec)]) })).toEqual([
      expect.stringMatching(/^error: room: 0\.1 cores and 7\.0 GiB left; the servers of a Cloud ask for /),
    ]);
    expect(wrong({ pods: seen([pod("big", { phase: "Succeeded" }, spec)]) })).toEqual([]);
  });

  it("does not ask for a default StorageClass once the volumes are there", () => {
    const claims = seen([named("v1", "PersistentVolumeClaim", "data-mariadb-0", { status: { phase: "Bound" } })]);
    expect(wrong({ classes: seen([storageClass("slow", "false")]), claims })).toEqual([]);
  });
});

test("findings are lines with their advice below, and a sum", () => {
  const findings: Finding[] = [
    { about: "a", is: "ok", message: "good" },
    { about: "longer", is: "error", message: "bad", advice: "make it good" },
  ];
  expect(renderFindings(findings, plain)).toBe(
    "✓ a       good\n✗ longer  bad\n          → make it good\n1 error, 0 warnings\n",
  );
});
