import { type Condition, sameStatus, summarise, unreported, withTransitions } from "./conditions.ts";
import { live } from "./testing/objects.ts";
import type { Verdict } from "./verdict.ts";

const done: Verdict = { is: "done" };
const waiting: Verdict = { is: "waiting", on: "Job db-sync to complete" };
const degraded: Verdict = { is: "degraded", on: "Deployment api: 1 of 2 replicas available" };
const blocked: Verdict = { is: "blocked", reason: "Forbidden", message: "may not" };
const contradiction: Verdict = { is: "blocked", reason: "Downgrade", message: "go back", contradiction: true };

const verdictsOf = (...verdicts: readonly Verdict[]): ReadonlyMap<string, Verdict> =>
  new Map(verdicts.map((verdict, index) => [`step/${index}`, verdict]));
const brief = (verdicts: readonly Verdict[]) =>
  summarise(verdictsOf(...verdicts), 3).map(({ type, status, reason, message }) => [type, status, reason, message]);

describe("the conditions of all verdicts", () => {
  it("are Ready alone where all is done", () => {
    expect(summarise(verdictsOf(done, done), 3)).toEqual([
      { type: "Ready", status: "True", reason: "AllStepsDone", message: "all 2 steps are done", observedGeneration: 3 },
    ]);
  });

  it.each([
    ["waiting", [done, waiting], "Reconciling", "Progressing", "step/1: waiting for Job db-sync to complete"],
    [
      "the first of several waits",
      [waiting, waiting],
      "Reconciling",
      "Progressing",
      "step/0: waiting for Job db-sync to complete",
    ],
    [
      "degraded before waiting",
      [waiting, degraded],
      "Reconciling",
      "Degraded",
      "step/1: Deployment api: 1 of 2 replicas available",
    ],
    ["blocked before degraded", [degraded, waiting, blocked], "Reconciling", "Forbidden", "step/2: may not"],
    ["the first of several blocks", [blocked, blocked], "Reconciling", "Forbidden", "step/0: may not"],
    ["a contradiction before any block", [blocked, contradiction], "Stalled", "Downgrade", "step/1: go back"],
  ])("tell the weightiest, and who has to act: %s", (_, verdicts, type, reason, message) => {
    expect(brief(verdicts)).toEqual([
      ["Ready", "False", reason, message],
      [type, "True", reason, message],
    ]);
  });

  it("never claim Reconciling and Stalled at once, and always Ready", () => {
    const all = [done, waiting, degraded, blocked, contradiction];
    for (const pair of all.flatMap((a) => all.map((b) => [a, b]))) {
      const types = brief(pair).map(([type]) => type);
      expect(types[0]).toBe("Ready");
      expect(types.includes("Reconciling") && types.includes("Stalled")).toBe(false);
      expect(types.length).toBe(pair.every((verdict) => verdict === done) ? 1 : 2);
    }
  });
});

describe("the time of a condition", () => {
  const condition: Condition = { type: "Ready", status: "True", reason: "New", message: "", observedGeneration: 2 };
  const before = (entry: object) =>
    live({
      apiVersion: "nephos.dev/v1alpha1",
      kind: "Cloud",
      metadata: { name: "demo" },
      status: { conditions: [{ type: "Other", status: "True", lastTransitionTime: "t0" }, entry] },
    });

  it("stays while the status stays, whatever reason and message say", () => {
    const old = { type: "Ready", status: "True", reason: "Old", lastTransitionTime: "t1" };
    expect(withTransitions([condition], before(old), "t2")).toEqual([{ ...condition, lastTransitionTime: "t1" }]);
  });

  it.each([
    ["the status changes", { type: "Ready", status: "False", lastTransitionTime: "t1" }],
    ["the condition is new", { type: "Stalled", status: "True", lastTransitionTime: "t1" }],
    ["the old one has none", { type: "Ready", status: "True" }],
  ])("is now where %s", (_, old) => {
    expect(withTransitions([condition], before(old), "t2")).toEqual([{ ...condition, lastTransitionTime: "t2" }]);
  });

  it("is now on an object without any status", () => {
    const fresh = live({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", metadata: { name: "demo" } });
    expect(withTransitions([condition], fresh, "t2")[0]?.lastTransitionTime).toBe("t2");
  });
});

describe("a status", () => {
  const cloud = (status: object) =>
    live({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", metadata: { name: "demo", generation: 2 }, status });

  it("need not be written where it is there already, whatever the order of its fields", () => {
    expect(sameStatus(cloud({ observedGeneration: 2, phase: "x" }), { phase: "x", observedGeneration: 2 })).toBe(true);
  });

  it.each([
    ["differs", { observedGeneration: 2, phase: "y" }],
    ["lacks a field", { observedGeneration: 2 }],
    ["has one too many", { observedGeneration: 2, phase: "x", old: 1 }],
  ])("is written where the live one %s", (_, status) => {
    expect(sameStatus(cloud(status), { phase: "x", observedGeneration: 2 })).toBe(false);
  });

  it.each([
    ["is not there", {}, true],
    ["says that no generation was observed, as the schema does", { status: { observedGeneration: -1 } }, true],
    ["says which one was", { status: { observedGeneration: 2 } }, false],
    ["says nothing of generations", { status: { phase: "x" } }, false],
  ])("that %s tells whether anybody has reported yet", (_, status, expected) => {
    const metadata = { name: "demo", generation: 2 };
    expect(unreported(live({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", metadata, ...status }))).toBe(expected);
  });
});
