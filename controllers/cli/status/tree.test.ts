import { join } from "node:path";
import { type Live } from "../../../operator/object.ts";
import { expectGolden } from "../../../operator/testing/golden.ts";
import { live } from "../../../operator/testing/objects.ts";
import { ageOf, paintOf, plain } from "../paint.ts";
import { reportOf } from "./report.ts";
import { newsOf, renderTree } from "./tree.ts";

const now = Date.parse("2026-02-01T12:00:00Z");

function cloud(name: string, status: object, metadata: Partial<Live["metadata"]> = {}): Live {
  const created = { creationTimestamp: "2026-02-01T10:00:00Z", generation: 2, ...metadata };
  return live({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name, ...created },
    status: { observedGeneration: 2, ...status },
  });
}

const condition = (type: string, status: string, reason: string, message: string): object => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: "2026-02-01T11:58:30Z",
});

const steps = [
  { name: "database/secrets", state: "Done" },
  { name: "database/server", state: "Done" },
  { name: "keystone/expand", state: "Blocked", message: "Job keystone-expand-1: failed" },
  { name: "keystone/api", state: "Waiting", message: "keystone/expand" },
  { name: "cache/server", state: "Degraded", message: "Deployment memcached: 0 of 1 replicas available" },
];

const objects = [
  cloud("ready", {
    conditions: [
      condition("Ready", "True", "AllStepsDone", "all 2 steps are done"),
      condition("Available", "True", "EveryApiAnswers", "every API has a ready pod"),
    ],
    release: "2026.1",
    progress: "2/2",
    endpoints: { public: { host: "192.0.2.10" }, keystone: "https://192.0.2.10:30500/v3" },
    steps: steps.slice(0, 2),
  }),
  cloud("rolling", {
    conditions: [
      condition("Ready", "False", "JobFailed", "keystone/expand: Job keystone-expand-1: failed"),
      condition("Reconciling", "True", "JobFailed", "keystone/expand: Job keystone-expand-1: failed"),
      condition("Available", "False", "ApiWithoutPod", "no ready pod: keystone-api"),
    ],
    progress: "2/5",
    steps,
  }),
  cloud("stalled", {
    conditions: [
      condition("Ready", "False", "NamespaceTaken", "taken"),
      condition("Stalled", "True", "NamespaceTaken", "taken"),
    ],
    progress: "0/1",
    steps: [{ name: "cloud/namespace", state: "Blocked", message: "taken" }],
  }),
  cloud("changed", { observedGeneration: 1, conditions: [condition("Ready", "True", "AllStepsDone", "all done")] }),
  cloud("new", { observedGeneration: undefined }),
  cloud(
    "going",
    { conditions: [condition("Ready", "True", "AllStepsDone", "all done")] },
    { deletionTimestamp: "2026-02-01T11:59:50Z" },
  ),
];

describe("the status of clouds", () => {
  it("is drawn as recorded, in every state", () => {
    expectGolden(renderTree(objects.map(reportOf), now, plain), join(import.meta.dirname, "golden", "tree.txt"));
  });

  it.each([
    ["ready", "Ready"],
    ["rolling", "Reconciling"],
    ["stalled", "Stalled"],
    ["changed", "Unseen"],
    ["new", "Unseen"],
    ["going", "Deleting"],
  ])("of the cloud that is %s says %s", (name, state) => {
    expect(objects.map(reportOf).find((report) => report.name === name)?.state).toBe(state);
  });

  it("has colours on a terminal only, and not for those who want none", () => {
    const drawn = (terminal: boolean, env: NodeJS.ProcessEnv): string =>
      renderTree(objects.map(reportOf), now, paintOf(terminal, env));
    expect(drawn(true, {})).toContain("\u001B[32m✓\u001B[0m Cloud");
    expect(drawn(true, { NO_COLOR: "1" })).toBe(drawn(false, {}));
    expect(drawn(false, {})).not.toContain("\u001B");
  });
});

describe("what is new", () => {
  const reports = (state: string, message?: string): ReturnType<typeof reportOf>[] => [
    reportOf(cloud("a", { steps: [{ name: "x/y", state, message }, steps[0]] })),
  ];

  it("is each step whose state or reason is another one, and nothing else", () => {
    expect(newsOf(reports("Waiting", "b"), reports("Done"), "12:00")).toEqual(["12:00 Cloud a: x/y: Done"]);
    expect(newsOf(reports("Waiting", "b"), reports("Waiting", "c"), "12:00")).toEqual([
      "12:00 Cloud a: x/y: Waiting: c",
    ]);
    expect(newsOf(reports("Done"), reports("Done"), "12:00")).toEqual([]);
  });

  it("is everything at first", () => {
    expect(newsOf([], reports("Done"), "12:00")).toHaveLength(3);
  });
});

test.each([
  ["2026-02-01T11:59:59Z", "1s"],
  ["2026-02-01T11:58:01Z", "119s"],
  ["2026-02-01T11:58:00Z", "2m"],
  ["2026-02-01T10:00:00Z", "2h"],
  ["2026-01-30T12:00:00Z", "2d"],
  ["2026-02-01T12:00:09Z", "0s"],
  [undefined, "?"],
])("an age since %s is %s", (since, age) => {
  expect(ageOf(since, now)).toBe(age);
});
