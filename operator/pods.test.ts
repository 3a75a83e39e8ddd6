import type { Live } from "./object.ts";
import { mountedBy, podsOf, troubleOf } from "./pods.ts";
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
