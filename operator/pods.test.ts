import type { Live } from "./object.ts";
import { mountedBy, podsOf, troubleOf, unboundOf } from "./pods.ts";
import { kindKey, refKey, refOf } from "./object.ts";
import { snapshotOf } from "./cache.ts";

function pod(name: string, fields: Readonly<Record<string, unknown>>): Live {
  const metadata = { name, namespace: "web", uid: name, resourceVersion: "1", labels: { app: "hello" } };
  return { apiVersion: "v1", kind: "Pod", metadata, ...fields };
}

const container = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  status: { containerStatuses: [{ name: "httpd", image: "busybox:9", ...fields }] },
});

const waiting = (reason: string, message?: string): Readonly<Record<string, unknown>> =>
  container({ state: { waiting: { reason, ...(message === undefined ? {} : { message }) } } });

test.each([
  ["a pod that starts is no trouble", waiting("ContainerCreating"), undefined],
  ["a pod that runs is no trouble", container({ state: { running: {} } }), undefined],
  ["a good end is no trouble", container({ state: { terminated: { exitCode: 0, reason: "Completed" } } }), undefined],
  [
    "an image that cannot be pulled is named",
    waiting("ErrImagePull", "rpc error 1"),
    "container httpd: image busybox:9 cannot be pulled",
  ],
  [
    "and reads the same between two tries",
    waiting("ImagePullBackOff", "Back-off 10s"),
    "container httpd: image busybox:9 cannot be pulled",
  ],
  [
    "the last words of a container that ended are told",
    container({ state: { terminated: { exitCode: 2, reason: "Error", message: "first\nno such table\n" } } }),
    "container httpd ended with 2: no such table",
  ],
  [
    "and go on being told while it waits for its next start",
    container({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 2, message: "no such table" } },
    }),
    "container httpd ended with 2: no such table",
  ],
  [
    "a wrong configuration is told",
    waiting("CreateContainerConfigError", "no Secret x"),
    "container httpd: CreateContainerConfigError: no Secret x",
  ],
  [
    "a pod that fits nowhere says why",
    { status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }] } },
    "0/1 nodes are available",
  ],
])("%s", (_, fields, trouble) => {
  expect(troubleOf([pod("a", fields)])).toBe(trouble === undefined ? undefined : `pod a: ${trouble}`);
});

test("a pod that is going is nobody's trouble any more", () => {
  const { metadata, ...rest } = pod("a", waiting("ErrImagePull"));
  expect(
    troubleOf([{ ...rest, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }]),
  ).toBeUndefined();
});

test("the pods of a workload are those that its selector names, in its namespace", () => {
  const pods = [pod("a", {}), pod("b", {})];
  const other: Live = { ...pod("c", {}), metadata: { ...pod("c", {}).metadata, labels: { app: "other" } } };
  const shelf = new Map([...pods, other].map((each) => [refKey(refOf(each)), each]));
  const seen = snapshotOf(new Map([[kindKey(other), shelf]]));
  const workload = { ...pod("hello", { spec: { selector: { matchLabels: { app: "hello" } } } }), kind: "Deployment" };
  expect(podsOf(workload, seen).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
  expect(podsOf({ ...workload, spec: {} }, seen)).toEqual([]);
});

test("configuration counts as mounted while a pod may still start from it", () => {
  const volumes = [
    { name: "a", configMap: { name: "page" } },
    { name: "b", secret: { secretName: "key" } },
    { name: "c", projected: { sources: [{ configMap: { name: "ca" } }, { secret: { name: "token" } }] } },
    { name: "d", emptyDir: {} },
  ];
  const running = pod("a", { spec: { volumes }, status: { phase: "Running" } });
  expect([...mountedBy([running])].sort()).toEqual(["ConfigMap ca", "ConfigMap page", "Secret key", "Secret token"]);
  expect([...mountedBy([{ ...running, status: { phase: "Succeeded" } }])]).toEqual([]);
});

test.each([
  [
    "a pod that fits nowhere and does not say why is told all the same",
    { status: { conditions: [{ type: "PodScheduled", status: "False" }] } },
    "cannot be scheduled",
  ],
  [
    "a pod that has its node is no trouble",
    { status: { conditions: [{ type: "PodScheduled", status: "True" }] } },
    undefined,
  ],
  [
    "other conditions say nothing of its node",
    { status: { conditions: [{ type: "Ready", status: "False", message: "no" }] } },
    undefined,
  ],
  ["a pod that prepares its containers is no trouble", waiting("PodInitializing", "soon"), undefined],
  ["a container of which nothing is known yet is no trouble", container({}), undefined],
  ["a reason without a message is told", waiting("CrashLoopBackOff"), "container httpd: CrashLoopBackOff: no message"],
  [
    "a container that ended without words is told by its code",
    container({ state: { terminated: { exitCode: 137 } } }),
    "container httpd ended with 137",
  ],
  [
    "a container that ended with blank words too",
    container({ state: { terminated: { exitCode: 1, message: " \n" } } }),
    "container httpd ended with 1",
  ],
  [
    "an image without a name cannot be pulled either",
    { status: { containerStatuses: [{ state: { waiting: { reason: "ErrImagePull" } } }] } },
    "container : image  cannot be pulled",
  ],
  [
    "a container that prepares the others counts like them, the first of all",
    {
      status: {
        initContainerStatuses: [{ name: "wait", state: { terminated: { exitCode: 3 } } }],
        containerStatuses: [{ name: "httpd", state: { terminated: { exitCode: 4 } } }],
      },
    },
    "container wait ended with 3",
  ],
])("%s", (_, fields, trouble) => {
  expect(troubleOf([pod("a", fields)])).toBe(trouble === undefined ? undefined : `pod a: ${trouble}`);
});

test("the first pod in trouble is told, whatever stands before it", () => {
  const two = [pod("a", {}), pod("b", waiting("ErrImagePull")), pod("c", waiting("ErrImagePull"))];
  expect(troubleOf(two)).toBe("pod b: container httpd: image busybox:9 cannot be pulled");
});

test("what is told of a pod fits into a status", () => {
  expect(troubleOf([pod("a", waiting("Odd", "x".repeat(1000)))])).toHaveLength(300);
});

test("a selector says nothing where its values are no text, and then no pod is the workload's", () => {
  const asked: unknown[] = [];
  const seen = {
    minute: 0,
    get: () => undefined,
    list: (...query: readonly unknown[]) => {
      asked.push(query);
      return [];
    },
  };
  const workload = (matchLabels: object): Live => ({
    ...pod("hello", { spec: { selector: { matchLabels } } }),
    kind: "Job",
  });
  expect(podsOf(workload({ app: 1 }), seen)).toEqual([]);
  expect(asked).toEqual([]);
  expect(podsOf(workload({ app: "hello", odd: 1 }), seen)).toEqual([]);
  expect(asked).toEqual([
    [
      { apiVersion: "v1", kind: "Pod" },
      { namespace: "web", labels: { app: "hello" } },
    ],
  ]);
});

test("a failed pod and a pod without volumes mount nothing, one that is not told yet does", () => {
  const volumes = [
    { name: "a", configMap: { name: "page" } },
    { name: "b", projected: { sources: ["odd"] } },
  ];
  expect([...mountedBy([pod("a", { spec: { volumes }, status: { phase: "Failed" } }), pod("b", {})])]).toEqual([]);
  expect([...mountedBy([pod("a", { spec: { volumes } })])]).toEqual(["ConfigMap page"]);
});

describe("volumes that a pod waits for without a node", () => {
  const volumes = [
    { name: "cache", emptyDir: {} },
    { name: "data", persistentVolumeClaim: { claimName: "data-0" } },
  ];
  const unplaced = { conditions: [{ type: "PodScheduled", status: "False", message: "no" }] };
  const claim = (fields: Readonly<Record<string, unknown>>): Live => ({
    ...pod("data-0", fields),
    kind: "PersistentVolumeClaim",
  });
  const told = (of: Live, ...claims: readonly Live[]) =>
    unboundOf([of], {
      minute: 0,
      get: ({ apiVersion, kind, namespace, name }) =>
        claims.find(
          (each) =>
            [each.apiVersion, each.kind, each.metadata.namespace, each.metadata.name].join() ===
            [apiVersion, kind, namespace, name].join(),
        ),
      list: () => [],
    });
  const waits = pod("a", { spec: { volumes }, status: unplaced });

  it.each([
    ["of a class", { spec: { storageClassName: "fast" } }, "of StorageClass fast"],
    ["of no class", { spec: { storageClassName: "" } }, "without a StorageClass"],
    ["of a class that nobody named", {}, "without a StorageClass"],
  ])("%s are told with it", (_, fields, from) => {
    expect(told(waits, claim(fields))).toEqual([`PersistentVolumeClaim data-0 ${from} is not bound`]);
  });

  it("are none where the claim is bound or not known, and where the pod has a node", () => {
    expect(told(waits, claim({ status: { phase: "Bound" } }))).toEqual([]);
    expect(told(waits)).toEqual([]);
    expect(told(pod("a", { spec: { volumes } }), claim({}))).toEqual([]);
  });
});
