import type { Controller } from "./controller.ts";
import { finalizerOf, type Pass, reconcile } from "./engine.ts";
import { isRecord, type Live, type Manifest, mapAt, textAt } from "./object.ts";
import { ApiError, Stale } from "./outcome.ts";
import { identity, type Plan, retainAnnotation, type Step } from "./plan.ts";
import type { SecretRecipe } from "./recipe.ts";
import { live, snapshot } from "./testing/objects.ts";
import { RecordingKube } from "./testing/recording-kube.ts";
import { digestAnnotation, realisedAnnotation } from "./verdict.ts";

const apiVersion = "nephos.dev/v1alpha1";
const subject = live({ apiVersion, kind: "Cloud", metadata: { name: "demo", uid: "demo-1", generation: 3 }, spec: {} });
const now = Date.parse("2026-01-01T01:00:00Z");

type Body = Readonly<Record<string, unknown>>;
const manifest = (
  kind: string,
  name: string,
  rest: Body = {},
  metadata: Partial<Manifest["metadata"]> = {},
): Manifest => ({
  ...rest,
  apiVersion: { Deployment: "apps/v1", StatefulSet: "apps/v1", Job: "batch/v1" }[kind] ?? "v1",
  kind,
  metadata: { name, ...metadata },
});
const settings = manifest("ConfigMap", "settings", { data: { a: "1" } });
const service = manifest("Service", "service", { spec: { ports: [{ port: 80 }] } });
const api = manifest("Deployment", "api", { spec: { replicas: 1 } });
const sync = manifest("Job", "sync", { spec: { backoffLimit: 3 } });
const rolledOut = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

const step = (name: string, objects: Step["objects"], rest: Partial<Step> = {}): Step => ({
  name,
  after: [],
  objects,
  ...rest,
});

let kube: RecordingKube;
beforeEach(() => {
  kube = new RecordingKube();
});

const controllerOf = (plan: Plan, rest: Partial<Controller> = {}): Controller => ({
  name: "cloud",
  kind: { apiVersion, kind: "Cloud" },
  reads: [],
  owns: ["ConfigMap", "Service", "Deployment", "Job", "Secret"].map((kind) => {
    const { apiVersion: group } = manifest(kind, "");
    return { apiVersion: group, kind };
  }),
  plan: () => plan,
  status: (_subject, verdicts) => Object.fromEntries([...verdicts].map(([name, { is }]) => [name, is])),
  ...rest,
});

/** One pass over the subject with a plan of these steps, in a cluster of these objects. */
function pass(
  plan: readonly Step[] | Plan,
  seen: readonly Live[] = [],
  rest: Partial<Controller> = {},
  of = subject,
): Promise<Pass> {
  const whole = "steps" in plan ? plan : { steps: plan };
  return reconcile({
    controller: controllerOf(whole, rest),
    subject: of,
    seen: snapshot(of, ...seen),
    facts: undefined,
    kube,
    now,
  });
}

/** What the API server makes of objects that were applied, defaults included. */
function landed(
  applied: unknown,
  rest: Body = {},
  { annotations = {}, ...metadata }: Partial<Live["metadata"]> = {},
): Live {
  if (!isRecord(applied)) throw new Error("nothing was applied");
  const object = live({
    ...applied,
    apiVersion: textOf(applied, "apiVersion"),
    kind: textOf(applied, "kind"),
    metadata: { name: textOf(applied, "metadata", "name") },
  });
  const own = mapAt(applied, "metadata");
  const marks = { ...textsIn(own["annotations"]), ...annotations };
  return live({ ...object, ...rest, metadata: { ...object.metadata, ...own, ...metadata, annotations: marks } });
}

function textOf(value: unknown, ...path: readonly string[]): string {
  return textAt(value, ...path) ?? "";
}

function textsIn(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(mapAt({ value }, "value")).map(([key, text]) => [key, String(text)]));
}

/** The objects as the engine would have written them, landed. */
async function written(
  steps: readonly Step[],
  rest: Body = {},
  metadata: Partial<Live["metadata"]> = {},
): Promise<Live[]> {
  const first = new RecordingKube();
  const controller = controllerOf({ steps });
  await reconcile({ controller, subject, seen: snapshot(subject), facts: undefined, kube: first, now });
  return first.applied.map((each) => landed(each, rest, metadata));
}

describe("a pass", () => {
  it("writes the objects of open steps in the order of the plan, confirms before it, and reports after it", async () => {
    const steps = [
      step("a/one", [settings, service]),
      step("a/two", [api]),
      step("a/three", [sync], { after: ["a/one"] }),
    ];
    const { outcome, verdicts } = await pass(steps);
    expect(kube.calls).toEqual(["confirm demo", "apply settings", "apply service", "apply api", "status demo"]);
    expect(kube.statuses).toEqual([{ "a/one": "waiting", "a/two": "waiting", "a/three": "waiting" }]);
    expect(verdicts.get("a/three")).toEqual({ is: "waiting", on: "a/one" });
    expect(outcome).toEqual({ next: "rest" });
  });

  it("dresses what it writes: namespace, identity, owner and digest", async () => {
    await pass([step("a/one", [settings])]);
    expect(kube.applied).toEqual([
      {
        ...settings,
        metadata: {
          name: "settings",
          namespace: "here",
          labels: {
            [identity.managedBy]: "nephos",
            [identity.owner]: "Cloud.demo",
            [identity.subject]: "demo-1",
            [identity.step]: "a.one",
          },
          annotations: { [digestAnnotation]: expect.stringMatching(/^[0-9a-f]{16}$/) },
          ownerReferences: [{ apiVersion, kind: "Cloud", name: "demo", uid: "demo-1", controller: true }],
        },
      },
    ]);
  });

  it("gives what is retained no owner, so that it outlives its subject", async () => {
    await pass([step("a/one", [manifest("ConfigMap", "data", {}, { annotations: { [retainAnnotation]: "" } })])]);
    const [data] = kube.applied;
    expect(data).not.toHaveProperty("metadata.ownerReferences");
    expect(landed(data).metadata.labels).toEqual({
      [identity.managedBy]: "nephos",
      [identity.owner]: "Cloud.demo",
      [identity.step]: "a.one",
    });
  });

  it("confirms every object of its basis before the first write, and each once, those too of which it knows that they are not there", async () => {
    const pool = live({ apiVersion, kind: "ComputePool", metadata: { name: "pool" } });
    const basis = [
      { apiVersion, kind: "ComputePool", namespace: "here", name: "pool" },
      { apiVersion, kind: "ComputePool", namespace: "here", name: "absent" },
    ];
    await pass({ steps: [step("a/one", [settings, service])], basis }, [pool]);
    expect(kube.calls).toEqual([
      "confirm demo",
      "confirm pool",
      "absent absent",
      "apply settings",
      "apply service",
      "status demo",
    ]);
  });

  it("ends at once when its subject is not what was seen: nothing is written, not even the status", async () => {
    kube.failing.set("confirm demo", new Stale("Cloud demo has changed"));
    await expect(pass([step("a/one", [settings]), step("a/two", [service])])).rejects.toThrow(Stale);
    expect(kube.calls).toEqual(["confirm demo"]);
  });

  it("ends at once when a write finds that somebody was quicker", async () => {
    kube.failing.set("apply settings", new Stale("somebody made it meanwhile"));
    await expect(pass([step("a/one", [settings]), step("a/two", [service])])).rejects.toThrow(Stale);
    expect(kube.calls).toEqual(["confirm demo", "apply settings"]);
  });

  it("writes nothing while nothing can be confirmed, and says so", async () => {
    kube.failing.set("confirm demo", new ApiError(500, "InternalError", "etcd is down"));
    const { outcome, verdicts } = await pass([step("a/one", [settings]), step("a/two", [service])]);
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("a/two")).toEqual({ is: "waiting", on: "etcd is down" });
    expect(outcome).toEqual({ next: "backoff" });
  });

  it("goes on with other steps where one fails, whose verdict the error becomes", async () => {
    kube.failing.set("apply settings", new ApiError(403, "Forbidden", "may not"));
    const steps = [step("a/one", [settings, sync]), step("a/two", [service])];
    const { outcome, verdicts } = await pass(steps);
    expect(kube.writes).toEqual(["apply settings", "apply sync", "apply service"]);
    expect(verdicts.get("a/one")).toEqual({ is: "blocked", reason: "Forbidden", message: "may not" });
    expect(kube.statuses).toEqual([{ "a/one": "blocked", "a/two": "waiting" }]);
    expect(outcome).toEqual({ next: "again", inSeconds: 60 });
  });

  it("reports even where pruning fails", async () => {
    const [stray] = await written([step("a/one", [service])]);
    kube.failing.set("remove service", new ApiError(403, "Forbidden", "may not"));
    const { outcome, verdicts } = await pass([step("a/one", [])], stray === undefined ? [] : [stray]);
    expect(kube.calls).toEqual(["confirm demo", "remove service", "status demo"]);
    expect(outcome).toEqual({ next: "again", inSeconds: 60 });
    expect([...verdicts.keys()]).toEqual(["a/one"]);
  });

  it("comes again where the status could not be written, and does not tell what it would have said", async () => {
    kube.failing.set("status demo", new ApiError(500, "InternalError", "etcd is down"));
    const { outcome, status } = await pass([step("a/one", [settings])]);
    expect(outcome).toEqual({ next: "backoff" });
    expect(status).toBeUndefined();
  });

  it("tells which status it wrote", async () => {
    expect((await pass([step("a/one", [settings])])).status).toEqual({ "a/one": "waiting" });
  });

  it("lets every object of a step be tried, and tells that one of them failed, whichever it is", async () => {
    kube.failing.set("apply service", new ApiError(403, "Forbidden", "may not"));
    const { verdicts } = await pass([step("a/one", [settings, service])]);
    expect(kube.writes).toEqual(["apply settings", "apply service"]);
    expect(verdicts.get("a/one")?.is).toBe("blocked");
  });

  it("ends where one object of a step is not as it was seen, whatever else failed before it", async () => {
    kube.failing.set("apply settings", new ApiError(403, "Forbidden", "may not"));
    kube.failing.set("apply service", new Stale("somebody made it meanwhile"));
    await expect(pass([step("a/one", [settings, service])])).rejects.toThrow(Stale);
  });

  describe("that may put off its status", () => {
    const steps = [step("a/one", [settings])];
    const putOff = (may: boolean, of: readonly Step[] = steps): Promise<Pass> =>
      reconcile({
        controller: controllerOf({ steps: of }),
        ...{ subject, seen: snapshot(subject), facts: undefined, kube, now },
        mayDeferStatus: () => {
          kube.calls.push("asked");
          return may;
        },
      });

    it("is asked after its writes, and comes again at once", async () => {
      const { outcome, status } = await putOff(true);
      expect(kube.calls).toEqual(["confirm demo", "apply settings", "asked"]);
      expect(outcome).toEqual({ next: "again", inSeconds: 1 });
      expect(status).toBeUndefined();
    });

    it("writes it where it may not", async () => {
      const { outcome } = await putOff(false);
      expect(kube.calls).toEqual(["confirm demo", "apply settings", "asked", "status demo"]);
      expect(outcome).toEqual({ next: "rest" });
    });

    it("writes it in any case where something failed", async () => {
      kube.failing.set("apply settings", new ApiError(403, "Forbidden", "may not"));
      await putOff(true);
      expect(kube.calls).toEqual(["confirm demo", "apply settings", "status demo"]);
    });
  });

  it("writes its status once, also where there is nothing to do", async () => {
    await pass([]);
    expect(kube.calls).toEqual(["status demo"]);
  });

  it("holds back what is held", async () => {
    await pass([step("a/one", [settings], { held: { is: "blocked", reason: "Downgrade", message: "no" } })]);
    expect(kube.calls).toEqual(["status demo"]);
    expect(kube.statuses).toEqual([{ "a/one": "blocked" }]);
  });
});

describe("an object that is there", () => {
  const steps = [step("a/one", [settings, service])];

  it("is not written again where nothing changed, although the server added defaults and others their marks", async () => {
    const objects = await written(
      steps,
      { spec: { ports: [{ port: 80, protocol: "TCP" }], type: "ClusterIP" } },
      { generation: 7 },
    );
    const marked = objects.map((each) => landed(each, { data: { a: "1" } }, { annotations: { theirs: "x" } }));
    const { outcome, verdicts } = await pass(steps, marked);
    expect(kube.calls).toEqual(["status demo"]);
    expect(verdicts.get("a/one")).toEqual({ is: "done" });
    expect(outcome).toEqual({ next: "rest" });
  });

  it.each([
    ["somebody dropped a field of", { data: {} }, {}],
    ["somebody changed", { data: { a: "2" } }, {}],
    ["somebody took the labels of step and subject from", {}, { labels: { [identity.owner]: "Cloud.demo" } }],
    ["somebody took our digest from", {}, { annotations: { [digestAnnotation]: "" } }],
    ["somebody took the owner from", {}, { ownerReferences: [] }],
  ])("is written again where %s it", async (_, body, metadata) => {
    const [object] = await written([step("a/one", [settings])], body, metadata);
    if (object === undefined) throw new Error("nothing was written");
    await pass([step("a/one", [settings])], [object]);
    expect(kube.calls).toEqual(["confirm demo", "apply settings", "status demo"]);
  });

  it("is written again where less is wanted than before: the digest tells", async () => {
    const before = manifest("ConfigMap", "settings", { data: { a: "1", b: "2" } });
    const [object] = await written([step("a/one", [before])]);
    if (object === undefined) throw new Error("nothing was written");
    await pass([step("a/one", [settings])], [object]);
    expect(kube.writes).toEqual(["apply settings"]);
  });

  it("is written again where somebody took all annotations from it", async () => {
    const [object] = await written([step("a/one", [settings])]);
    if (object === undefined) throw new Error("nothing was written");
    const { annotations: _, ...metadata } = object.metadata;
    await pass([step("a/one", [settings])], [live({ ...settings, metadata })]);
    expect(kube.writes).toEqual(["apply settings"]);
  });

  it("is left alone while it is being deleted, and waited for", async () => {
    const [object] = await written(
      [step("a/one", [settings])],
      { data: {} },
      { deletionTimestamp: "2026-01-01T00:00:00Z" },
    );
    if (object === undefined) throw new Error("nothing was written");
    const { verdicts } = await pass([step("a/one", [settings])], [object]);
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("a/one")).toEqual({ is: "waiting", on: "ConfigMap settings to exist" });
  });

  it("is deleted and made anew where its step says so", async () => {
    const [object] = await written([step("a/one", [settings])]);
    if (object === undefined) throw new Error("nothing was written");
    const changed = step("a/one", [manifest("ConfigMap", "settings", { data: { a: "2" } })], { strategy: "Replace" });
    await pass([changed], [object]);
    expect(kube.writes).toEqual(["remove settings"]);
    kube = new RecordingKube();
    await pass([changed]);
    expect(kube.writes).toEqual(["apply settings"]);
  });

  it("keeps what cannot change once it is made, and takes the rest", async () => {
    const set = (storage: string, replicas: number): Step =>
      step("a/one", [
        manifest("StatefulSet", "db", { spec: { replicas, volumeClaimTemplates: [{ spec: { storage } }] } }),
      ]);
    const [object] = await written([set("1Gi", 1)]);
    if (object === undefined) throw new Error("nothing was written");
    await pass([set("2Gi", 2)], [object]);
    expect(kube.applied).toMatchObject([
      { spec: { replicas: 2, volumeClaimTemplates: [{ spec: { storage: "1Gi" } }] } },
    ]);
    const [after] = kube.applied.map((each) => landed(each));
    kube = new RecordingKube();
    await pass([set("2Gi", 2)], after === undefined ? [] : [after]);
    expect(kube.writes).toEqual([]);
  });

  it.each([
    [
      "that somebody made by hand",
      {},
      "ConfigMap settings exists and was not made for Cloud demo; delete or rename it",
    ],
    [
      "of another Cloud",
      { labels: { [identity.owner]: "Cloud.other" } },
      "ConfigMap settings exists and was not made for Cloud demo; delete or rename it",
    ],
    [
      "that another controller owns",
      {
        labels: { [identity.owner]: "Cloud.demo" },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "theirs", uid: "u", controller: true }],
      },
      "ConfigMap settings belongs to Deployment theirs; delete or rename it",
    ],
  ])("%s is foreign: it blocks its step and is not touched", async (_, metadata, message) => {
    const foreign = live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", ...metadata } });
    const { verdicts, outcome } = await pass([step("a/one", [settings]), step("a/two", [service])], [foreign]);
    expect(kube.writes).toEqual(["apply service"]);
    expect(verdicts.get("a/one")).toEqual({ is: "blocked", reason: "ForeignObject", message });
    expect(outcome).toEqual({ next: "again", inSeconds: 60 });
  });

  it("of a subject of that name that was deleted is waited for until it is gone, and nothing stands on it", async () => {
    const owner = { apiVersion, kind: "Cloud", name: "demo", uid: "demo-0", controller: true };
    const [twin] = await written([step("a/one", [settings])], {}, { ownerReferences: [owner] });
    if (twin === undefined) throw new Error("nothing was written");
    const { verdicts, outcome } = await pass(
      [step("a/one", [settings]), step("a/two", [service], { after: ["a/one"] })],
      [twin],
    );
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("a/one")?.is).toBe("waiting");
    expect(outcome.next).toBe("backoff");
  });

  it("that was retained from a deleted subject of that name is taken over", async () => {
    const data = step("a/one", [
      manifest("ConfigMap", "data", { data: { a: "1" } }, { annotations: { [retainAnnotation]: "" } }),
    ]);
    const objects = await written([data]);
    const again = live({ ...subject, metadata: { ...subject.metadata, uid: "demo-2" } });
    const { verdicts } = await pass([data], objects, {}, again);
    expect(verdicts.get("a/one")).toEqual({ is: "done" });
    expect(kube.writes).toEqual([]);
  });
});

describe("a Job", () => {
  const steps = [step("a/sync", [sync])];
  const failed = (at: string, reason = "BackoffLimitExceeded") => ({
    status: { conditions: [{ type: "Failed", status: "True", reason, message: "no", lastTransitionTime: at }] },
  });

  it("that is there is never written again, whatever is wanted now", async () => {
    const objects = await written([step("a/sync", [manifest("Job", "sync", { spec: { backoffLimit: 9 } })])]);
    await pass(steps, objects);
    expect(kube.writes).toEqual([]);
  });

  it("that failed is left for a while, and the pass comes again when it is due", async () => {
    const { outcome } = await pass(steps, await written(steps, failed("2026-01-01T00:59:55Z")));
    expect(kube.writes).toEqual([]);
    expect(outcome).toEqual({ next: "again", inSeconds: 15 });
  });

  it("that failed brings the pass back when the first of several is due, by the time at which it failed", async () => {
    const other = step("a/other", [manifest("Job", "other", { spec: {} })]);
    const old = await written([other], {
      status: {
        conditions: [
          { type: "Suspended", status: "False", lastTransitionTime: "2026-01-01T00:00:00Z" },
          {
            type: "Failed",
            status: "True",
            reason: "BackoffLimitExceeded",
            lastTransitionTime: "2026-01-01T00:59:50Z",
          },
        ],
      },
    });
    const { outcome } = await pass(
      [...steps, other, step("a/one", [settings])],
      [...(await written(steps, failed("2026-01-01T00:59:55Z"))), ...old],
    );
    expect(kube.writes).toEqual(["apply settings"]);
    expect(outcome).toEqual({ next: "again", inSeconds: 10 });
  });

  it("that failed long enough ago is deleted, and made anew once it is gone", async () => {
    const { outcome } = await pass(steps, await written(steps, failed("2026-01-01T00:59:40Z")));
    expect(kube.writes).toEqual(["remove sync"]);
    expect(outcome).toEqual({ next: "again", inSeconds: 1 });
    kube = new RecordingKube();
    await pass(steps);
    expect(kube.writes).toEqual(["apply sync"]);
  });

  it("that failed for good stays, with the reason", async () => {
    const { outcome, verdicts } = await pass(
      steps,
      await written(steps, failed("2026-01-01T00:00:00Z", "PodFailurePolicy")),
    );
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("a/sync")).toEqual({
      is: "blocked",
      reason: "JobFailed",
      message: "Job sync: no; once its cause is gone, delete the Job",
    });
    expect(outcome).toEqual({ next: "rest" });
  });

  it("that failed at a time nobody wrote down is made anew at once", async () => {
    await pass(steps, await written(steps, { status: { conditions: [{ type: "Failed", status: "True" }] } }));
    expect(kube.writes).toEqual(["remove sync"]);
  });
});

describe("a workload", () => {
  const steps = [step("a/api", [api])];
  const markOf = (object: Live | undefined): string => object?.metadata.annotations?.[digestAnnotation] ?? "";

  it("is stamped with its digest when it is done, once", async () => {
    const [object] = await written(steps, { status: rolledOut });
    if (object === undefined) throw new Error("nothing was written");
    await pass(steps, [object]);
    expect(kube.writes).toEqual([`stamp api ${markOf(object)}`]);
    kube = new RecordingKube();
    await pass(steps, [landed(object, {}, { annotations: { [realisedAnnotation]: markOf(object) } })]);
    expect(kube.calls).toEqual(["status demo"]);
  });

  it("is not stamped where it was never written by us, or is not there", async () => {
    const [object] = await written(steps, { status: rolledOut });
    if (object === undefined) throw new Error("nothing was written");
    const { annotations: _, ...metadata } = object.metadata;
    await pass(steps, [live({ ...api, status: rolledOut, metadata })]);
    await pass(steps, []);
    expect(kube.writes).toEqual(["apply api", "apply api"]);
  });

  describe("whose step waits for another", () => {
    const waiting = step("a/first", [settings]);
    const closed = step("a/api", [api, service], { after: ["a/first"] });
    const edited = { spec: { replicas: 0 }, status: rolledOut };

    it("is put right where somebody changed it, after the confirmation; nothing else of the step is", async () => {
      const objects = (await written([step("a/api", [api, service])], edited)).map((each) =>
        each.kind === "Service" ? live({ ...each, spec: {} }) : each,
      );
      const { verdicts } = await pass([waiting, closed], objects);
      expect(kube.calls).toEqual(["confirm demo", "apply settings", "apply api", "status demo"]);
      expect(kube.applied[1]).toMatchObject({ spec: { replicas: 1 } });
      expect(verdicts.get("a/api")).toEqual({ is: "waiting", on: "a/first" });
    });

    it("is left alone where it is as it should be", async () => {
      await pass([waiting, closed], await written([step("a/api", [api])], { status: rolledOut }));
      expect(kube.writes).toEqual(["apply settings"]);
    });

    it("does not become what is wanted now, and is not made", async () => {
      const before = step("a/api", [manifest("Deployment", "api", { spec: { replicas: 1, paused: true } })]);
      await pass([waiting, closed], await written([before], edited));
      await pass([waiting, closed]);
      expect(kube.writes).toEqual(["apply settings", "apply settings"]);
    });

    it("is not touched where it is not ours", async () => {
      const [object] = await written([step("a/api", [api])], edited, { labels: { [identity.owner]: "Cloud.other" } });
      const { verdicts } = await pass([waiting, closed], object === undefined ? [] : [object]);
      expect(kube.writes).toEqual(["apply settings"]);
      expect(verdicts.get("a/api")).toMatchObject({ is: "blocked", reason: "ForeignObject" });
    });
  });

  it("is not stamped before it is done", async () => {
    await pass(steps, await written(steps, { status: { ...rolledOut, availableReplicas: 0 } }));
    expect(kube.writes).toEqual([]);
  });

  it("that was done before and is unwell now is degraded: what comes after it goes on", async () => {
    const [object] = await written(steps, { status: { ...rolledOut, availableReplicas: 0 } });
    const unwell = landed(object, {}, { annotations: { [realisedAnnotation]: markOf(object) } });
    const { verdicts } = await pass([...steps, step("a/next", [settings], { after: ["a/api"] })], [unwell]);
    expect(verdicts.get("a/api")?.is).toBe("degraded");
    expect(kube.writes).toEqual(["apply settings"]);
  });
});

describe("a Secret recipe", () => {
  const recipe: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "keys" },
    recipe: { password: { generate: "password", length: 8 } },
  };

  it("goes to the waist on every pass, which knows whether it is up to date", async () => {
    const steps = [step("a/keys", [recipe])];
    const objects = await written(steps, { data: { password: "" } });
    const { verdicts } = await pass(steps, objects);
    expect(kube.calls.filter((call) => call !== "confirm demo")).toEqual(["apply keys", "status demo"]);
    expect(verdicts.get("a/keys")).toEqual({ is: "done" });
  });

  it("does not take over a Secret that somebody else made", async () => {
    const foreign = live({ apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, data: { password: "" } });
    const { verdicts } = await pass([step("a/keys", [recipe])], [foreign]);
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("a/keys")?.is).toBe("blocked");
  });
});

describe("pruning", () => {
  it("takes what the subject owns and no step wants, when the steps are done", async () => {
    const before = await written([step("a/one", [settings, service])]);
    await pass([step("a/one", [settings])], before);
    expect(kube.calls).toEqual(["confirm demo", "remove service", "status demo"]);
  });

  it("waits for a step whose write failed in this pass", async () => {
    const before = await written([step("a/one", [settings, service])]);
    kube.failing.set("apply settings", new ApiError(500, "InternalError", "no"));
    const changed = manifest("ConfigMap", "settings", { data: { a: "2" } });
    await pass([step("a/one", [changed])], before);
    expect(kube.writes).toEqual(["apply settings"]);
  });

  const [configMaps, services] = [settings, service].map(({ apiVersion: group, kind }) => ({
    apiVersion: group,
    kind,
  }));

  it("takes what is of a kind that its controller made once and makes no more", async () => {
    const before = await written([step("a/one", [service])]);
    await pass([step("a/one", [])], before, { owns: [], formerlyOwned: services === undefined ? [] : [services] });
    expect(kube.writes).toEqual(["remove service"]);
  });

  it("does not touch what is of no namespace: that belongs to all", async () => {
    const before = await written([step("a/one", [settings])]);
    const owns = configMaps === undefined ? [] : [{ ...configMaps, cluster: true as const }];
    await pass([step("a/one", [])], before, { owns });
    expect(kube.writes).toEqual([]);
  });

  it("leaves configuration alone while a pod of the same namespace mounts it, not one of another", async () => {
    const before = await written([step("a/one", [settings])]);
    const spec = { volumes: [{ name: "v", configMap: { name: "settings" } }] };
    const pod = (namespace: string) =>
      live({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace }, spec });
    await pass([step("a/one", [])], [...before, pod("here")]);
    expect(kube.writes).toEqual([]);
    await pass([step("a/one", [])], [...before, pod("there")]);
    expect(kube.writes).toEqual(["remove settings"]);
  });

  it("does not touch what belongs to other subjects", async () => {
    const strange = await written([step("a/one", [service])], {}, { labels: { [identity.subject]: "other-1" } });
    await pass([step("a/one", [])], strange);
    expect(kube.writes).toEqual([]);
  });
});

describe("an action", () => {
  const acting = (action: string): Step => step("a/outside", [], { actions: [{ name: action, input: {} }] });

  it("is done after the confirmation, and the world is looked at again, later and later", async () => {
    const { outcome } = await pass([acting("createUser")]);
    expect(kube.calls).toEqual(["confirm demo", "act createUser", "status demo"]);
    expect(outcome).toEqual({ next: "backoff" });
  });

  it("brings the pass back where it is one of several steps, and an error that says when has the last word", async () => {
    expect((await pass([acting("createUser"), step("a/two", [])])).outcome).toEqual({ next: "backoff" });
    kube.failing.set("apply service", new ApiError(403, "Forbidden", "may not"));
    const { outcome } = await pass([acting("createUser"), step("a/two", [service])]);
    expect(outcome).toEqual({ next: "again", inSeconds: 60 });
  });

  it("that fails becomes the verdict of its step", async () => {
    kube.failing.set("act createUser", new Error("Keystone does not answer"));
    const { verdicts } = await pass([acting("createUser"), step("a/two", [service])]);
    expect(verdicts.get("a/outside")).toEqual({ is: "waiting", on: "Keystone does not answer" });
    expect(kube.writes).toEqual(["act createUser", "apply service"]);
  });

  it("of a closed step is not done", async () => {
    await pass([step("a/one", [settings]), { ...acting("createUser"), after: ["a/one"] }]);
    expect(kube.writes).toEqual(["apply settings"]);
  });
});

describe("a controller with a plan of deletion", () => {
  const finalizer = finalizerOf({ name: "cloud" });
  const held = live({ ...subject, metadata: { ...subject.metadata, finalizers: ["theirs", finalizer] } });
  const going = live({ ...held, metadata: { ...held.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const deleting = (...steps: readonly Step[]): Partial<Controller> => ({ planDeletion: () => ({ steps }) });

  it("holds its object in a write of its own, before anything else is made", async () => {
    const { outcome } = await pass([step("a/one", [settings])], [], deleting());
    expect(kube.calls).toEqual(["confirm demo", `finalize demo [${finalizer}]`]);
    expect(outcome.next).toBe("again");
  });

  it("makes what is wanted once its object is held", async () => {
    await pass([step("a/one", [settings])], [], deleting(), held);
    expect(kube.calls).toEqual(["confirm demo", "apply settings", "status demo"]);
  });

  it("follows the plan of deletion, not the other, and lets go when all its steps are done", async () => {
    const { outcome } = await pass([step("a/one", [settings])], [], deleting(step("z/end", [])), going);
    expect(kube.writes).toEqual(["finalize demo [theirs]"]);
    expect(outcome).toEqual({ next: "rest" });
  });

  it.each([
    ["waits", { is: "waiting", on: "a backup" }],
    ["is blocked", { is: "blocked", reason: "InUse", message: "delete the servers first" }],
  ] as const)("holds on while a step %s, and reports it", async (_, verdict) => {
    await pass([], [], deleting(step("z/end", [], { verdict: () => verdict })), going);
    expect(kube.calls).toEqual(["status demo"]);
    expect(kube.statuses).toEqual([{ "z/end": verdict.is }]);
  });

  it("holds on while one step of several is not done", async () => {
    const waits = step("z/end", [], { verdict: () => ({ is: "waiting", on: "a backup" }) });
    await pass([], [], deleting(step("z/first", []), waits), going);
    expect(kube.calls).toEqual(["status demo"]);
  });

  it("lets go of an object that only an older build of it had a plan for", async () => {
    await pass([step("a/one", [settings])], [], {}, going);
    expect(kube.writes).toEqual(["finalize demo [theirs]"]);
    expect(finalizer).toBe("nephos.dev/cloud");
  });

  it("does not remove twice what is on its way out", async () => {
    const [object] = await written([step("a/one", [settings])], {}, { deletionTimestamp: "2026-01-01T00:00:00Z" });
    const gone = step("z/gone", [], { removes: [{ apiVersion: "v1", kind: "ConfigMap", name: "settings" }] });
    await pass([], object === undefined ? [] : [object], deleting(gone), going);
    expect(kube.writes).toEqual([]);
  });

  it("holds on while a write of the deletion fails", async () => {
    kube.failing.set("apply settings", new ApiError(500, "InternalError", "no"));
    await pass([], [], deleting(step("z/end", [settings])), going);
    expect(kube.writes).toEqual(["apply settings"]);
  });

  it("removes what its steps name, and holds on until it is gone", async () => {
    const objects = await written([step("a/one", [settings])]);
    const gone = step("z/gone", [], { removes: [{ apiVersion: "v1", kind: "ConfigMap", name: "settings" }] });
    await pass([], objects, deleting(gone), going);
    expect(kube.writes).toEqual(["remove settings"]);
    kube = new RecordingKube();
    await pass([], [], deleting(gone), going);
    expect(kube.writes).toEqual(["finalize demo [theirs]"]);
  });

  it("holds on while what is left over could not be removed", async () => {
    const objects = await written([step("a/one", [settings])]);
    kube.failing.set("remove settings", new ApiError(500, "InternalError", "no"));
    await pass([], objects, deleting(step("z/end", [])), going);
    expect(kube.writes).toEqual(["remove settings"]);
  });

  it("leaves an object alone that goes and that it does not hold", async () => {
    const free = live({ ...going, metadata: { ...going.metadata, finalizers: ["theirs"] } });
    await pass([step("a/one", [settings])], [], deleting(step("z/end", [settings])), free);
    expect(kube.calls).toEqual([]);
  });
});

it("an object that is being deleted gets nothing made where there is no plan of deletion", async () => {
  const going = live({ ...subject, metadata: { ...subject.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const { outcome } = await pass([step("a/one", [settings])], [], {}, going);
  expect(kube.calls).toEqual([]);
  expect(outcome).toEqual({ next: "rest" });
});

describe("the labels that a step writes into objects that are not ours", () => {
  const on = { apiVersion: "v1", kind: "Node", namespace: "here", name: "one" };
  const node = live({ apiVersion: "v1", kind: "Node", metadata: { name: "one", labels: { mark: "a" } } });
  const marking = (value: string | undefined): Step => step("marks", [], { marks: [{ on, label: "mark", value }] });

  it("are written where they differ, after the fence", async () => {
    await pass([marking("b")], [node]);
    expect(kube.calls.slice(0, 2)).toEqual(["confirm demo", "mark one mark=b"]);
  });

  it("are written into an object that has none yet", async () => {
    await pass([marking("b")], [live({ apiVersion: "v1", kind: "Node", metadata: { name: "one" } })]);
    expect(kube.writes).toEqual(["mark one mark=b"]);
  });

  it("are taken off where none is wanted", async () => {
    await pass([marking(undefined)], [node]);
    expect(kube.writes).toEqual(["mark one mark="]);
  });

  it("cost no call where they are there, nor where the object is gone", async () => {
    await pass([marking("a")], [node]);
    const { verdicts } = await pass([marking("a")], []);
    expect(kube.writes).toEqual([]);
    expect(verdicts.get("marks")).toEqual({ is: "waiting", on: "Node one to exist" });
  });

  it("wait for the steps before theirs", async () => {
    await pass([step("first", [settings]), { ...marking("b"), after: ["first"] }], [node]);
    expect(kube.writes).toEqual(["apply settings"]);
  });
});
