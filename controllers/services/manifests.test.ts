import { clusterService, configMap, deployment, job, memberService, singleMember, statefulSet } from "./manifests.ts";

const pod = { containers: [{ name: "server", image: "registry.example.org/server" }] };
const labels = { "app.kubernetes.io/name": "store", "app.kubernetes.io/component": "server" };

it("starts pods anew by annotations of theirs, and has none where there is none", () => {
  expect(deployment("store", "api", 2, pod, { turn: "2" }).spec?.template?.metadata?.annotations).toEqual({
    turn: "2",
  });
  expect(deployment("store", "api", 2, pod).spec?.template?.metadata).not.toHaveProperty("annotations");
});

describe("a StatefulSet", () => {
  const set = { name: "store", labels, service: "store", replicas: 1, pod };

  it("counts a pod that has been ready for as long as it has to be", () => {
    expect(statefulSet({ ...set, settleInSeconds: 15 }).spec?.minReadySeconds).toBe(15);
    expect(statefulSet(set).spec).not.toHaveProperty("minReadySeconds");
  });

  it("has volumes that outlive it, of the class of the cluster where none is named", () => {
    const { spec } = singleMember("store", { size: "1Gi" }, pod);
    expect(spec).toMatchObject({
      serviceName: "store",
      replicas: 1,
      selector: { matchLabels: labels },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: "1Gi" } } } }],
    });
    expect(spec?.volumeClaimTemplates?.[0]?.spec).not.toHaveProperty("storageClassName");
    const fast = singleMember("store", { size: "1Gi", storageClassName: "fast" }, pod, "store-raft");
    expect(fast.spec?.volumeClaimTemplates?.[0]?.spec?.storageClassName).toBe("fast");
    expect(fast.spec?.serviceName).toBe("store-raft");
    expect(statefulSet(set).spec).not.toHaveProperty("volumeClaimTemplates");
  });
});

it("finds members by their names before they are ready, and clients those that are", () => {
  const ports = { raft: 6644 };
  expect(memberService("store-raft", labels, ports)).toMatchObject({
    metadata: { name: "store-raft" },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: labels,
      ports: [{ name: "raft", port: 6644 }],
    },
  });
  expect(clusterService("store", labels, ports).spec).not.toHaveProperty("clusterIP");
});

it("names files by what is in them", () => {
  const [one, same, other] = ["a", "a", "b"].map((text) => configMap("store-config", { "a.json": text }));
  expect(one).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { "a.json": "a" } });
  expect(one?.metadata.name).toMatch(/^store-config-[0-9a-f]{8}$/);
  expect(same?.metadata.name).toBe(one?.metadata.name);
  expect(other?.metadata.name).not.toBe(one?.metadata.name);
});

it("names a Job by what it acts on, whatever its pod is", () => {
  const named = (inputs: unknown, image: string): string =>
    job("store", "expand", inputs, { containers: [{ name: "expand", image }] }).metadata.name;
  expect(named(1, "a")).toBe(named(1, "b"));
  expect(named(1, "a")).not.toBe(named(2, "a"));
});
