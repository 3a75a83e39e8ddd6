import { type Live, type Manifest, refOf } from "./object.ts";
import { distinctKinds, identity, orphans, type Plan, progress, retainAnnotation, type Step } from "./plan.ts";
import { configMap, live, snapshot } from "./testing/objects.ts";
import type { Verdict } from "./verdict.ts";

const done: Verdict = { is: "done" };
const waiting: Verdict = { is: "waiting", on: "the world" };
const degraded: Verdict = { is: "degraded", on: "a pod" };
const blocked: Verdict = { is: "blocked", reason: "Forbidden", message: "may not" };

const step = (name: string, after: readonly string[] = [], rest: Partial<Step> = {}): Step => ({
  name,
  after,
  objects: [],
  ...rest,
});

/** The progress of steps that the world says these verdicts of. */
function play(steps: readonly Step[], world: Readonly<Record<string, Verdict>>) {
  const { open, verdicts } = progress({ steps }, snapshot(), ({ name }) => world[name] ?? done);
  return { open: open.map(({ name }) => name), verdicts: Object.fromEntries(verdicts) };
}

describe("a step", () => {
  it("that comes after nothing is open", () => {
    expect(play([step("a"), step("b")], { a: waiting, b: blocked }).open).toEqual(["a", "b"]);
  });

  it.each([
    ["done", done, ["a", "b"]],
    ["degraded, for the unwell must not freeze what comes after", degraded, ["a", "b"]],
    ["waiting", waiting, ["a"]],
    ["blocked", blocked, ["a"]],
  ])("opens as the one before it is %s", (_, verdict, open) => {
    expect(play([step("a"), step("b", ["a"])], { a: verdict }).open).toEqual(open);
  });

  it("stays open when it is done: that is the repair of drift", () => {
    expect(play([step("a")], { a: done })).toEqual({ open: ["a"], verdicts: { a: done } });
  });

  it("waits for all that come before it, and names the first that is not there", () => {
    const steps = [step("a"), step("b"), step("c"), step("d", ["a", "b", "c"])];
    expect(play(steps, { b: waiting, c: waiting })).toEqual({
      open: ["a", "b", "c"],
      verdicts: { a: done, b: waiting, c: waiting, d: { is: "waiting", on: "b" } },
    });
  });

  it("behind an undone one is not done, whatever its objects say, and closes what comes after it in turn", () => {
    const steps = [step("a"), step("b", ["a"]), step("c", ["b"])];
    expect(play(steps, { a: waiting })).toEqual({
      open: ["a"],
      verdicts: { a: waiting, b: { is: "waiting", on: "a" }, c: { is: "waiting", on: "b" } },
    });
  });

  it("that is closed says so when it is blocked of itself", () => {
    expect(play([step("a"), step("b", ["a"])], { a: waiting, b: blocked }).verdicts["b"]).toEqual(blocked);
  });

  it("waits for one that the plan does not have or has only later", () => {
    expect(play([step("a", ["nobody"]), step("b", ["c"]), step("c")], {}).open).toEqual(["c"]);
  });

  it("that is held is closed with that verdict, and what comes after it too", () => {
    const steps = [step("a", [], { held: blocked }), step("b", ["a"]), step("c")];
    expect(play(steps, {})).toEqual({
      open: ["c"],
      verdicts: { a: blocked, b: { is: "waiting", on: "a" }, c: done },
    });
  });
});

describe("what a step wants meanwhile", () => {
  const [next, now] = [configMap("next"), configMap("now")];
  const acting = { objects: [next], meanwhile: [now], actions: [{ name: "act", input: {} }] };
  const openOf = (before: Verdict) =>
    progress({ steps: [step("a"), step("b", ["a"], acting)] }, snapshot(), ({ name }) =>
      name === "a" ? before : done,
    );

  it("is all that is done of it while one before it is undone", () => {
    const { open, closed, verdicts } = openOf(waiting);
    expect(open[1]).toEqual({ name: "b", after: ["a"], objects: [now] });
    expect(closed).toEqual([]);
    expect(verdicts.get("b")).toEqual({ is: "waiting", on: "a" });
  });

  it("is forgotten once its time has come", () => {
    expect(openOf(done).open[1]?.objects).toEqual([next]);
  });
});

const manifest = (kind: string, name: string): Manifest => ({
  apiVersion: kind === "Service" || kind === "ConfigMap" || kind === "Secret" ? "v1" : "apps/v1",
  kind,
  metadata: { name, namespace: "here" },
});
const made = (kind: string, name: string, by: string, rest: Partial<Live["metadata"]> = {}): Live => {
  const { metadata, ...head } = manifest(kind, name);
  return live({ ...head, metadata: { ...metadata, labels: { [identity.step]: by }, ...rest } });
};

/** Names of what is pruned of the owned, where the plan has the steps `db/server` and `api/server` with these verdicts. */
function pruned(db: Verdict, api: Verdict, ...owned: readonly Live[]): string[] {
  const plan: Plan = {
    steps: [
      step("db/server", [], { objects: [manifest("Deployment", "db")] }),
      step("api/server", [], { objects: [manifest("Deployment", "api"), manifest("ConfigMap", "api-new")] }),
    ],
  };
  const verdicts = new Map([
    ["db/server", db],
    ["api/server", api],
  ]);
  return orphans(plan, verdicts, owned).map(({ metadata }) => metadata.name);
}

describe("pruning", () => {
  const wanted = made("Deployment", "api", "api.server");
  const stray = made("Service", "stray", "api.server");
  const configuration = made("ConfigMap", "api-old", "api.server");
  const key = made("Secret", "key-old", "api.server");
  const ofGoneStep = made("Deployment", "gone", "gone.server");
  const unlabelled = configMap("unlabelled");

  it("takes what no step wants, and nothing that one does", () => {
    expect(pruned(done, done, wanted, stray, configuration, key, ofGoneStep, unlabelled)).toEqual([
      "stray",
      "api-old",
      "key-old",
      "gone",
      "unlabelled",
    ]);
  });

  it("takes what a done step left behind although others are not done", () => {
    expect(pruned(waiting, done, wanted, stray)).toEqual(["stray"]);
  });

  it.each([
    ["waiting", waiting],
    ["blocked", blocked],
    ["degraded", degraded],
  ])("leaves what a step that is %s made before: the old serves until the new does", (_, verdict) => {
    expect(pruned(done, verdict, wanted, stray)).toEqual([]);
  });

  it("takes configuration last, when all steps are done: pods of the old revision may still start from it", () => {
    expect(pruned(waiting, done, configuration, key)).toEqual([]);
    expect(pruned(degraded, done, configuration, key)).toEqual([]);
    expect(pruned(done, done, configuration, key)).toEqual(["api-old", "key-old"]);
  });

  it("takes what a step made that is gone from the plan when all others are done", () => {
    expect(pruned(waiting, done, ofGoneStep)).toEqual([]);
    expect(pruned(done, done, ofGoneStep)).toEqual(["gone"]);
  });

  it("never takes what is to be retained", () => {
    const retained = made("Service", "data", "api.server", { annotations: { [retainAnnotation]: "" } });
    expect(pruned(done, done, retained, stray)).toEqual(["stray"]);
  });

  it("never takes what a step wants meanwhile", () => {
    const plan: Plan = { steps: [step("api/server", [], { meanwhile: [manifest("ConfigMap", "api-old")] })] };
    const verdicts = new Map([["api/server", done]]);
    expect(orphans(plan, verdicts, [configuration, key]).map(({ metadata }) => metadata.name)).toEqual(["key-old"]);
  });

  it("leaves what the plan keeps for now, and the configuration that its pods would mount", () => {
    const volumes = [{ name: "files", configMap: { name: "api-old" } }];
    const old = made("DaemonSet", "old", "api.server");
    const keeping: Live = { ...old, spec: { template: { spec: { volumes } } } };
    const plan: Plan = { steps: [step("api/server")], kept: [refOf(keeping)] };
    const owned = [keeping, stray, configuration, key];
    expect(orphans(plan, new Map([["api/server", done]]), owned).map(({ metadata }) => metadata.name)).toEqual([
      "stray",
      "key-old",
    ]);
  });

  it("never takes what is being deleted", () => {
    const going = made("Service", "going", "api.server", { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(pruned(done, done, going, stray)).toEqual(["stray"]);
  });

  it("tells objects of one name but of another kind or namespace from the wanted", () => {
    const elsewhere = made("Deployment", "api", "api.server", { namespace: "elsewhere" });
    expect(pruned(done, done, elsewhere, made("Service", "api", "api.server"))).toEqual(["api", "api"]);
  });
});

it("kinds are told apart by group and version, and lose what else is said of them", () => {
  const secret = { apiVersion: "v1", kind: "Secret", cluster: true };
  expect(distinctKinds([secret, { apiVersion: "v1", kind: "Secret" }, { apiVersion: "x/v1", kind: "Secret" }])).toEqual(
    [
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "x/v1", kind: "Secret" },
    ],
  );
});

describe("a step behind an undone one", () => {
  it("that wants nothing meanwhile is closed, so that what it wrote before is kept", () => {
    const steps = [step("a"), step("b", ["a"], { objects: [configMap("next")] })];
    const { closed } = progress({ steps }, snapshot(), ({ name }) => (name === "a" ? waiting : done));
    expect(closed).toEqual([steps[1]]);
  });

  it("writes what it wants meanwhile in the way in which it writes all else", () => {
    const meanwhile = [configMap("now")];
    const steps = [step("a"), step("b", ["a"], { meanwhile, strategy: "Replace" })];
    const { open } = progress({ steps }, snapshot(), ({ name }) => (name === "a" ? waiting : done));
    expect(open[1]).toEqual({ name: "b", after: ["a"], objects: meanwhile, strategy: "Replace" });
  });
});

it("the marks by which objects are found again keep their names from one build to the next", () => {
  expect([...Object.values(identity), retainAnnotation]).toEqual([
    "app.kubernetes.io/managed-by",
    "nephos.dev/subject-uid",
    "nephos.dev/owner",
    "nephos.dev/step",
    "nephos.dev/retain",
  ]);
});

it("pruning leaves what a step made that nobody has judged", () => {
  const plan: Plan = { steps: [step("api/server")] };
  expect(orphans(plan, new Map([["db/server", waiting]]), [made("Service", "stray", "api.server")])).toEqual([]);
});

it("pruning leaves configuration that a pod still mounts", () => {
  const plan: Plan = { steps: [step("api/server")] };
  const volumes = [{ name: "a", configMap: { name: "api-old" } }];
  const pod = live({ apiVersion: "v1", kind: "Pod", metadata: { name: "api-1" }, spec: { volumes } });
  const old = [made("ConfigMap", "api-old", "api.server"), made("ConfigMap", "api-older", "api.server")];
  const names = orphans(plan, new Map([["api/server", done]]), old, [pod]).map(({ metadata }) => metadata.name);
  expect(names).toEqual(["api-older"]);
});
