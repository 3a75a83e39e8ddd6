import type { Live } from "./object.ts";
import type { Step } from "./plan.ts";
import type { SecretRecipe } from "./recipe.ts";
import { deployment, live, snapshot } from "./testing/objects.ts";
import {
  digestAnnotation,
  isWorkload,
  judgeLive,
  judgeObject,
  judgeStep,
  realisedAnnotation,
  retryable,
  type Verdict,
  worst,
} from "./verdict.ts";

/** `done`, or why not. */
function told(verdict: Verdict): string {
  switch (verdict.is) {
    case "done":
      return "done";
    case "blocked":
      return `blocked ${verdict.reason} ${verdict.message}`;
    default:
      return `${verdict.is} ${verdict.on}`;
  }
}

const judged = (object: Live): string => told(judgeLive(object, snapshot(object)));
const condition = (type: string, status = "True", reason = "R", message = "m") => ({ type, status, reason, message });

describe("a Deployment of two replicas", () => {
  const available = condition("Available");
  const rolledOut = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

  it.each([
    ["just made", {}, "waiting Deployment api: change not taken up yet"],
    [
      "with a change that the controller has not seen",
      { ...rolledOut, observedGeneration: 0 },
      "waiting Deployment api: change not taken up yet",
    ],
    [
      "with its first pods starting",
      { observedGeneration: 1, replicas: 2, updatedReplicas: 2, unavailableReplicas: 2 },
      "waiting Deployment api: 0 of 2 replicas available",
    ],
    [
      "whose pods are refused by the API server, each under a name of its own",
      {
        observedGeneration: 1,
        unavailableReplicas: 2,
        conditions: [
          condition(
            "ReplicaFailure",
            "True",
            "FailedCreate",
            'pods "api-5f7c-x2x9q" is forbidden: exceeded quota: small',
          ),
        ],
      },
      "waiting Deployment api: 0 of 2 replicas updated (its pods are forbidden: exceeded quota: small)",
    ],
    [
      "whose pods were refused once, and are not any more",
      { ...rolledOut, availableReplicas: 1, conditions: [condition("ReplicaFailure", "False", "FailedCreate")] },
      "waiting Deployment api: 1 of 2 replicas available",
    ],
    [
      "in the middle of an update",
      { ...rolledOut, replicas: 3, updatedReplicas: 1, unavailableReplicas: 1, conditions: [available] },
      "waiting Deployment api: 1 of 2 replicas updated",
    ],
    [
      "with an old pod still going",
      { ...rolledOut, replicas: 3, conditions: [available] },
      "waiting Deployment api: 2 of 2 replicas updated",
    ],
    [
      "updated but not available yet",
      { ...rolledOut, availableReplicas: 1, unavailableReplicas: 1 },
      "waiting Deployment api: 1 of 2 replicas available",
    ],
    ["rolled out", { ...rolledOut, conditions: [available] }, "done"],
    ["observed later than the cached generation", { ...rolledOut, observedGeneration: 2 }, "done"],
  ])("%s", (_, status, expected) => {
    expect(judged(deployment(status))).toBe(expected);
  });

  it("scaled to none is done", () => {
    expect(judged(deployment({ observedGeneration: 1 }, {}, 0))).toBe("done");
  });

  it("of unsaid size has one replica", () => {
    const { spec: _, ...unsaid } = deployment({ observedGeneration: 1, replicas: 1, updatedReplicas: 1 });
    expect(judged(unsaid)).toBe("waiting Deployment api: 0 of 1 replicas available");
  });

  it.each([
    ["was realised as it is now: degraded", "d1", "d1", "degraded Deployment api: 1 of 2 replicas available"],
    ["was realised as something older: waiting", "d1", "d0", "waiting Deployment api: 1 of 2 replicas available"],
    ["never was realised: waiting", "d1", undefined, "waiting Deployment api: 1 of 2 replicas available"],
    [
      "carries no digest, nor a stamp: waiting",
      undefined,
      undefined,
      "waiting Deployment api: 1 of 2 replicas available",
    ],
  ])("that is unwell and %s", (_, digest, realised, expected) => {
    const annotations = {
      ...(digest === undefined ? {} : { [digestAnnotation]: digest }),
      ...(realised === undefined ? {} : { [realisedAnnotation]: realised }),
    };
    expect(judged(deployment({ ...rolledOut, availableReplicas: 1 }, { annotations }))).toBe(expected);
  });
});

describe("a StatefulSet of two replicas", () => {
  const rolledOut = {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    availableReplicas: 2,
    currentRevision: "db-1",
    updateRevision: "db-1",
  };

  it.each([
    ["just made", {}, "waiting StatefulSet db: change not taken up yet"],
    [
      "with its first pod starting",
      { observedGeneration: 1, replicas: 1, updatedReplicas: 1, currentRevision: "db-1", updateRevision: "db-1" },
      "waiting StatefulSet db: 0 of 2 replicas available",
    ],
    [
      "with one of two pods updated",
      { ...rolledOut, updatedReplicas: 1, updateRevision: "db-2" },
      "waiting StatefulSet db: 1 of 2 replicas updated",
    ],
    [
      "with the last updated pod not available yet",
      { ...rolledOut, availableReplicas: 1, updateRevision: "db-2" },
      "waiting StatefulSet db: 1 of 2 replicas available",
    ],
    ["rolled out", rolledOut, "done"],
    [
      "rolled out, where the controller counts updated pods during updates only",
      { ...rolledOut, updatedReplicas: 0 },
      "done",
    ],
  ])("%s", (_, status, expected) => {
    const set = live({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: { replicas: 2 },
      status,
    });
    expect(judged(set)).toBe(expected);
  });
});

describe("a DaemonSet", () => {
  const rolledOut = {
    observedGeneration: 1,
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  };

  it.each([
    ["just made", {}, "waiting DaemonSet agent: change not taken up yet"],
    [
      "in the middle of an update",
      { ...rolledOut, updatedNumberScheduled: 1 },
      "waiting DaemonSet agent: 1 of 3 nodes updated",
    ],
    [
      "with a node on which it is not available",
      { ...rolledOut, numberAvailable: 2 },
      "waiting DaemonSet agent: 2 of 3 nodes available",
    ],
    ["on all nodes", rolledOut, "done"],
    ["where no node is for it", { observedGeneration: 1, desiredNumberScheduled: 0 }, "done"],
  ])("%s", (_, status, expected) => {
    expect(judged(live({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent" }, status }))).toBe(
      expected,
    );
  });
});

describe("a Job", () => {
  const sync = (status: object) => live({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "sync" }, status });
  const limit = condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
  const final = condition("Failed", "True", "PodFailurePolicy", "Container sync failed with exit code 42");

  it.each([
    ["just made", {}, "waiting Job sync to complete", false],
    ["running", { active: 1, ready: 1, startTime: "2026-01-01T00:00:00Z" }, "waiting Job sync to complete", false],
    [
      "on its way to success",
      { conditions: [condition("SuccessCriteriaMet")], terminating: 1 },
      "waiting Job sync to complete",
      false,
    ],
    ["on its way to failure", { conditions: [condition("FailureTarget")] }, "waiting Job sync to complete", false],
    ["complete", { succeeded: 1, conditions: [condition("SuccessCriteriaMet"), condition("Complete")] }, "done", false],
    [
      "failed in a way that may pass",
      { failed: 1, conditions: [condition("FailureTarget"), limit] },
      "waiting Job sync: Job has reached the specified backoff limit; it is made anew",
      true,
    ],
    [
      "failed for good",
      { failed: 1, conditions: [final] },
      "blocked JobFailed Job sync: Container sync failed with exit code 42; once its cause is gone, delete the Job",
      false,
    ],
    [
      "whose failure is said to be not so",
      { conditions: [condition("Failed", "False")] },
      "waiting Job sync to complete",
      false,
    ],
  ])("%s", (_, status, expected, again) => {
    expect(judged(sync(status))).toBe(expected);
    expect(retryable(sync(status))).toBe(again);
  });
});

describe("a volume claim", () => {
  it.each([
    ["Bound", { phase: "Bound" }, "done"],
    ["Pending", { phase: "Pending" }, "waiting PersistentVolumeClaim data, which is Pending"],
    ["Lost", { phase: "Lost" }, "waiting PersistentVolumeClaim data, which is Lost"],
    ["without status", {}, "waiting PersistentVolumeClaim data, which is new"],
  ])("that is %s", (_, status, expected) => {
    expect(judged(live({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, status }))).toBe(
      expected,
    );
  });
});

describe("an object of a custom kind", () => {
  const custom = (status: object, generation = 2) =>
    live({ apiVersion: "nephos.dev/v1alpha1", kind: "Registration", metadata: { name: "glance", generation }, status });
  const ready = condition("Ready");
  const stalled = condition("Stalled", "True", "NotPossible", "change the name");

  it.each([
    ["just made", {}, "waiting Registration glance to be taken up"],
    [
      "ready for an older spec",
      { observedGeneration: 1, conditions: [ready] },
      "waiting Registration glance to be taken up",
    ],
    [
      "stalled over an older spec",
      { observedGeneration: 1, conditions: [stalled] },
      "waiting Registration glance to be taken up",
    ],
    [
      "stalled",
      { observedGeneration: 2, conditions: [stalled] },
      "blocked NotPossible Registration glance: change the name",
    ],
    ["stalled no more", { observedGeneration: 2, conditions: [condition("Stalled", "False"), ready] }, "done"],
    [
      "not ready",
      { observedGeneration: 2, conditions: [condition("Ready", "False", "R", "Keystone does not answer")] },
      "waiting Registration glance: Keystone does not answer",
    ],
    ["with nothing said of Ready", { observedGeneration: 2, conditions: [] }, "waiting Registration glance: not ready"],
    ["ready", { observedGeneration: 2, conditions: [ready] }, "done"],
  ])("%s", (_, status, expected) => {
    expect(judged(custom(status))).toBe(expected);
  });
});

it.each([
  ["v1", "ConfigMap"],
  ["v1", "Service"],
  ["policy/v1", "PodDisruptionBudget"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
])("an object of %s %s is done when it is there", (apiVersion, kind) => {
  expect(judged(live({ apiVersion, kind, metadata: { name: "x" } }))).toBe("done");
});

describe("a wanted object", () => {
  const wanted = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "here" } };
  const there = live(wanted);
  const going = live({ ...wanted, metadata: { ...wanted.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });

  it.each([
    ["that is there", [there], "done"],
    ["that is absent", [], "waiting ConfigMap settings to exist"],
    ["that is being deleted", [going], "waiting ConfigMap settings to exist"],
  ])("%s", (_, objects, expected) => {
    expect(told(judgeObject(wanted, snapshot(...objects)))).toBe(expected);
  });

  const marked = (kind: string, digest: string): Live =>
    live({
      apiVersion: kind === "Job" ? "batch/v1" : "v1",
      kind,
      metadata: { name: "settings", annotations: { [digestAnnotation]: digest } },
      status: { conditions: [{ type: "Complete", status: "True" }] },
    });

  it.each([
    ["that was applied last is what it is", "ConfigMap", "new", "done"],
    [
      "that is another than was applied last is waited for",
      "ConfigMap",
      "old",
      "waiting ConfigMap settings to be changed",
    ],
    ["that is a Job is never changed, whatever it was made from", "Job", "old", "done"],
  ])("%s", (_, kind, digest, expected) => {
    expect(told(judgeObject(marked(kind, "new"), snapshot(marked(kind, digest))))).toBe(expected);
  });
});

describe("a Secret recipe", () => {
  const recipe: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "keys", namespace: "here" },
    recipe: { 0: { generate: "fernetKey" }, 1: { generate: "fernetKey" } },
  };
  const keys = (data: object) => live({ apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, data });

  it.each([
    ["with all its keys", [keys({ 0: "", 1: "", more: "" })], "done"],
    ["without one of its keys", [keys({ 0: "" })], "waiting key 1 of Secret keys"],
    [
      "without any data",
      [live({ apiVersion: "v1", kind: "Secret", metadata: { name: "keys" } })],
      "waiting key 0 of Secret keys",
    ],
    ["that is absent", [], "waiting Secret keys to exist"],
  ])("%s", (_, objects, expected) => {
    expect(told(judgeObject(recipe, snapshot(...objects)))).toBe(expected);
  });
});

describe("a step", () => {
  const wanted = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "here" } });
  const step = (rest: Partial<Step>): Step => ({
    name: "a/b",
    after: [],
    objects: [wanted("x"), wanted("y")],
    ...rest,
  });
  const x = live(wanted("x"));
  const y = live(wanted("y"));

  it("without objects is done", () => {
    expect(told(judgeStep(step({ objects: [] }), snapshot()))).toBe("done");
  });

  it("that has the only word is asked once all objects are there as they were last wanted", () => {
    const agents = live({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agents" } });
    const alone = (verdict: Verdict): Step => ({
      name: "agents",
      after: [],
      objects: [{ ...agents, metadata: { name: "agents", namespace: "here" } }],
      verdict: () => verdict,
      judged: "ByVerdict",
    });
    expect(told(judgeStep(alone({ is: "done" }), snapshot()))).toBe("waiting DaemonSet agents to exist");
    expect(told(judgeStep(alone({ is: "done" }), snapshot(agents)))).toBe("done");
    expect(told(judgeStep(alone({ is: "waiting", on: "a host" }), snapshot(agents)))).toBe("waiting a host");
  });

  it("waits for the labels that it writes", () => {
    const node = live({ apiVersion: "v1", kind: "Node", metadata: { name: "one", labels: { mark: "a" } } });
    const on = { apiVersion: "v1", kind: "Node", namespace: "here", name: "one" };
    const marking = (value: string | undefined, where = on): Step => ({
      name: "marks",
      after: [],
      objects: [],
      marks: [{ on: where, label: "mark", value }],
    });
    expect(told(judgeStep(marking("a"), snapshot(node)))).toBe("done");
    expect(told(judgeStep(marking("b"), snapshot(node)))).toBe("waiting label mark of Node one to be b");
    expect(told(judgeStep(marking(undefined), snapshot(node)))).toBe("waiting label mark of Node one to be gone");
    expect(told(judgeStep(marking("a", { ...on, name: "two" }), snapshot(node)))).toBe("waiting Node two to exist");
  });

  it("is as its worst object", () => {
    expect(told(judgeStep(step({}), snapshot(x)))).toBe("waiting ConfigMap y to exist");
    expect(told(judgeStep(step({}), snapshot(x, y)))).toBe("done");
  });

  it("has a verdict of its own beside those of its objects", () => {
    const own: Verdict = { is: "blocked", reason: "Downgrade", message: "no" };
    expect(told(judgeStep(step({ verdict: () => own }), snapshot(x)))).toBe("blocked Downgrade no");
    expect(told(judgeStep(step({ verdict: () => ({ is: "done" }) }), snapshot(x)))).toBe(
      "waiting ConfigMap y to exist",
    );
  });
});

it("blocked weighs more than waiting, that more than degraded, that more than done; the first of equals counts", () => {
  const [a, b]: Verdict[] = [
    { is: "waiting", on: "a" },
    { is: "waiting", on: "b" },
  ];
  const degraded: Verdict = { is: "degraded", on: "c" };
  const blocked: Verdict = { is: "blocked", reason: "R", message: "m" };
  expect(worst([])).toEqual({ is: "done" });
  expect(worst([{ is: "done" }, degraded])).toEqual(degraded);
  if (a === undefined || b === undefined) throw new Error("two waits");
  expect(worst([degraded, a, b])).toEqual(a);
  expect(worst([a, blocked, b])).toEqual(blocked);
});

it("Deployments, StatefulSets and DaemonSets are workloads, Jobs are not", () => {
  expect(["Deployment", "StatefulSet", "DaemonSet"].map((kind) => isWorkload({ apiVersion: "apps/v1", kind }))).toEqual(
    [true, true, true],
  );
  expect(isWorkload({ apiVersion: "batch/v1", kind: "Job" })).toBe(false);
});

describe("a step that takes objects away", () => {
  const step: Step = {
    name: "a/b",
    after: [],
    objects: [],
    removes: [{ apiVersion: "v1", kind: "Service", namespace: "here", name: "old" }],
  };

  it("waits while one of them is there, and names it", () => {
    const old = live({ apiVersion: "v1", kind: "Service", metadata: { name: "old" } });
    expect(judgeStep(step, snapshot(old))).toEqual({ is: "waiting", on: "Service old to be gone" });
  });

  it("is done once all are gone", () => {
    expect(judgeStep(step, snapshot())).toEqual({ is: "done" });
  });
});

it("the annotations on what runs keep their names from one build to the next", () => {
  expect([realisedAnnotation, digestAnnotation]).toEqual(["nephos.dev/realised", "nephos.dev/digest"]);
});

it("a wanted object without a digest is what it is, whatever was applied last", () => {
  const wanted = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "here" } };
  const marked = live({ ...wanted, metadata: { ...wanted.metadata, annotations: { [digestAnnotation]: "old" } } });
  expect(judgeObject(wanted, snapshot(marked))).toEqual({ is: "done" });
});

describe("what is unwell and has pods", () => {
  const spec = { replicas: 2, selector: { matchLabels: { app: "api" } } };
  const pod = live({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "api-1", labels: { app: "api" } },
    status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }] },
  });
  const made = (apiVersion: string, kind: string, status: object) =>
    live({ apiVersion, kind, metadata: { name: "api" }, spec, status });
  const failed = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };

  it.each([
    ["a Deployment", made("apps/v1", "Deployment", {}), "Deployment api: change not taken up yet"],
    ["a Job under way", made("batch/v1", "Job", {}), "Job api to complete"],
  ])("%s tells what they say", (_, workload, reason) => {
    expect(judgeLive(workload, snapshot(workload, pod))).toEqual({
      is: "waiting",
      on: `${reason} (pod api-1: 0/1 nodes are available)`,
    });
  });

  it("tells which volume is not bound, and of which class that was to be", () => {
    const volumes = ["data", "keys", "more"].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
    const claim = (name: string, phase: string, wants: object) =>
      live({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name },
        spec: wants,
        status: { phase },
      });
    const claims = [
      claim("data", "Pending", { storageClassName: "none-such" }),
      claim("keys", "Bound", { storageClassName: "local" }),
      claim("more", "Pending", {}),
      claim("another", "Pending", { storageClassName: "none-such" }),
    ];
    const waiting = { ...pod, spec: { volumes: [...volumes, { name: "config", configMap: { name: "c" } }] } };
    const set = made("apps/v1", "StatefulSet", {});
    expect(judgeLive(set, snapshot(set, waiting, ...claims))).toEqual({
      is: "waiting",
      on: "StatefulSet api: change not taken up yet (pod api-1: 0/1 nodes are available; PersistentVolumeClaim data of StorageClass none-such is not bound; PersistentVolumeClaim more without a StorageClass is not bound)",
    });
    const placed = { ...waiting, status: { phase: "Pending" } };
    expect(judgeLive(set, snapshot(set, placed, ...claims))).toEqual({
      is: "waiting",
      on: "StatefulSet api: change not taken up yet",
    });
  });

  it("a failed Job may be made again whatever they say", () => {
    expect(retryable(made("batch/v1", "Job", failed))).toBe(true);
  });
});

it("a Deployment that lost a pod in the middle of an update says how far the update is", () => {
  const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
  expect(judged(deployment(status))).toBe("waiting Deployment api: 1 of 2 replicas updated");
});

describe("conditions that say little", () => {
  const custom = (...conditions: readonly object[]) =>
    live({
      apiVersion: "nephos.dev/v1alpha1",
      kind: "Registration",
      metadata: { name: "glance" },
      status: { observedGeneration: 1, conditions },
    });

  it("of a failed Job still say that it failed", () => {
    const conditions = [{ type: "Failed", status: "True" }];
    expect(
      judged(live({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "sync" }, status: { conditions } })),
    ).toBe("waiting Job sync: failed; it is made anew");
  });

  it("of a custom kind still say that it is stalled", () => {
    expect(judgeLive(custom({ type: "Stalled", status: "True" }), snapshot())).toEqual({
      is: "blocked",
      reason: "Stalled",
      message: "Registration glance: ",
    });
  });

  it("other than Ready are not what is told of a custom kind", () => {
    const conditions = [
      condition("Reconciling", "True", "R", "one of two"),
      condition("Ready", "False", "R", "almost"),
    ];
    expect(judged(custom(...conditions))).toBe("waiting Registration glance: almost");
  });
});
