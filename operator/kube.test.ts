import { type Client, kubeClient } from "./client.ts";
import { type Kube, liveKube } from "./kube.ts";
import { type Live, refOf } from "./object.ts";
import { ApiError, Stale } from "./outcome.ts";
import { SecretFiller } from "./secrets.ts";
import { FakeServer, refusal } from "./testing/fake-server.ts";
import { HandClock } from "./testing/hand-clock.ts";
import { configMap, deployment, live } from "./testing/objects.ts";

let server: FakeServer;
let client: Client;
let kube: Kube;
let wrote: string[];

beforeEach(() => {
  server = new FakeServer();
  client = kubeClient(server);
  wrote = [];
  kube = liveKube({
    client,
    clock: new HandClock(),
    manager: "cloud",
    secrets: new SecretFiller(client, "cloud"),
    versionOf: () => "",
    wrote: ({ metadata }, verb) => wrote.push(`${verb} ${metadata.name}`),
    act: () => Promise.resolve(),
  });
});

const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "sync", namespace: "here" } };
const last = () => server.calls.at(-1);

describe("a confirmation", () => {
  const known = () => server.put(deployment({}));

  it("passes what is as it was seen, whatever became of its status", async () => {
    const seen = known();
    server.put({ ...seen, status: { replicas: 1 } });
    await expect(kube.confirm(refOf(seen), seen)).resolves.toBeUndefined();
  });

  it.each([
    ["is gone", (seen: Live) => server.drop(seen)],
    ["has a newer spec", (seen: Live) => server.put({ ...seen, metadata: { ...seen.metadata, generation: 2 } })],
    [
      "is being deleted",
      (seen: Live) =>
        server.put({ ...seen, metadata: { ...seen.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    ],
    [
      "was made anew under its name",
      (seen: Live) => {
        server.drop(seen);
        server.put(seen);
      },
    ],
  ])("refuses what %s", async (_, change) => {
    const seen = known();
    change(seen);
    await expect(kube.confirm(refOf(seen), seen)).rejects.toThrow(Stale);
  });

  it("goes by the version where a kind has no generation", async () => {
    const { metadata, ...rest } = configMap("settings", { a: "1" });
    const { generation: _, ...plain } = metadata;
    const seen = server.put({ ...rest, metadata: plain });
    await expect(kube.confirm(refOf(seen), seen)).resolves.toBeUndefined();
    server.put({ ...seen, data: { a: "2" } });
    await expect(kube.confirm(refOf(seen), seen)).rejects.toThrow(Stale);
  });

  it("refuses what is there, where nothing was known of it", async () => {
    const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "here", name: "settings" };
    await expect(kube.confirm(ref, undefined)).resolves.toBeUndefined();
    server.put(configMap("settings", { a: "1" }));
    await expect(kube.confirm(ref, undefined)).rejects.toThrow(Stale);
  });

  it("that cannot be had is no confirmation, nor is it Stale", async () => {
    const seen = known();
    server.instead = ({ path }) => (path.endsWith("/api") ? refusal(500, "InternalError") : undefined);
    await expect(kube.confirm(refOf(seen), seen)).rejects.toThrow(ApiError);
  });
});

describe("a write", () => {
  it("applies a manifest by the controller's field manager, taking fields over, and tells of it", async () => {
    await kube.apply(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "here" } },
      undefined,
    );
    expect(last()).toMatchObject({
      method: "PATCH",
      path: "/api/v1/namespaces/here/configmaps/settings",
      query: { fieldManager: "cloud", force: "true", fieldValidation: "Ignore" },
      contentType: "application/apply-patch+yaml",
    });
    expect(wrote).toEqual(["apply settings"]);
  });

  it("creates a Job; that somebody was quicker means to look again", async () => {
    await kube.apply(job, undefined);
    expect(last()).toMatchObject({ method: "POST", path: "/apis/batch/v1/namespaces/here/jobs" });
    await expect(kube.apply(job, undefined)).rejects.toThrow(Stale);
    expect(wrote).toEqual(["create sync"]);
  });

  it("fills a Secret recipe, and tells of it only where it wrote", async () => {
    const recipe = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "keys", namespace: "here" },
      recipe: { key: { generate: "fernetKey" } },
    } as const;
    await kube.apply(recipe, undefined);
    await expect(kube.apply(recipe, undefined)).rejects.toThrow(Stale);
    await kube.apply(recipe, live({ apiVersion: "v1", kind: "Secret", metadata: { name: "keys" } }));
    expect(wrote).toHaveLength(1);
  });

  it("stamps by a field manager of its own, with nothing but the mark", async () => {
    await kube.stamp(server.put(deployment({})), "d1");
    expect(last()).toMatchObject({ query: { fieldManager: "cloud-realised" } });
    expect(last()?.body).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: "here", name: "api", annotations: { "nephos.dev/realised": "d1" } },
    });
  });

  it("gives an object that is not ours one label at the version that was seen, by a manager that has nothing else, and takes it off", async () => {
    const seen = server.put(configMap("node"));
    const { uid, resourceVersion } = seen.metadata;
    const metadata = { namespace: "here", name: "node", uid, resourceVersion };
    await kube.mark(seen, "example.dev/mark", "a");
    expect(last()).toMatchObject({ query: { fieldManager: "cloud-marks", force: "true" } });
    expect(last()?.body).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, labels: { "example.dev/mark": "a" } },
    });
    await kube.mark(server.put(seen), "example.dev/mark", undefined);
    expect(last()?.body).toMatchObject({ metadata: { labels: {} } });
    expect(wrote).toEqual(["mark node", "mark node"]);
  });

  it.each([404, 409])("of a label that is refused with %i means to look again", async (status) => {
    const seen = server.put(configMap("node"));
    server.instead = ({ method }) => (method === "PATCH" ? refusal(status, "Conflict") : undefined);
    await expect(kube.mark(seen, "example.dev/mark", "a")).rejects.toThrow(Stale);
  });

  it("removes the object with that uid only, and is content where it is gone already", async () => {
    const gone = server.put(deployment({}));
    await kube.remove(gone);
    expect(last()).toMatchObject({
      method: "DELETE",
      body: { preconditions: { uid: gone.metadata.uid }, propagationPolicy: "Background" },
    });
    await expect(kube.remove(gone)).resolves.toBeUndefined();
  });

  it("that is refused fails with the refusal", async () => {
    const seen = server.put(deployment({}));
    server.instead = ({ method }) => (method === "DELETE" ? refusal(403, "Forbidden") : undefined);
    await expect(kube.remove(seen)).rejects.toMatchObject({ status: 403, reason: "Forbidden" });
  });
});

describe("a status", () => {
  const condition = { type: "Ready", status: "True", reason: "AllStepsDone", message: "", observedGeneration: 1 };
  const status = { observedGeneration: 1, conditions: [condition] };

  it("is applied on its subresource by a manager of its own, for that uid only, with the time of its conditions", async () => {
    const subject = server.put(deployment({}));
    await kube.setStatus(subject, status);
    expect(last()).toMatchObject({
      path: "/apis/apps/v1/namespaces/here/deployments/api/status",
      query: { fieldManager: "cloud-status", force: "true" },
      body: { metadata: { uid: subject.metadata.uid } },
    });
    expect(last()?.body).toMatchObject({
      status: { observedGeneration: 1, conditions: [{ ...condition, lastTransitionTime: "1970-01-01T00:00:01Z" }] },
    });
  });

  it("costs no call where it is there already", async () => {
    const there = { ...status, conditions: [{ ...condition, lastTransitionTime: "2025-01-01T00:00:00Z" }] };
    const subject = server.put(deployment(there));
    const before = server.calls.length;
    await kube.setStatus(subject, status);
    expect(server.calls).toHaveLength(before);
    expect(wrote).toEqual([]);
  });
});
