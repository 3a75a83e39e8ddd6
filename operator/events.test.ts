import { happenings } from "./events.ts";
import type { Verdict } from "./verdict.ts";

const verdicts = (entries: Readonly<Record<string, Verdict>>): ReadonlyMap<string, Verdict> =>
  new Map(Object.entries(entries));
const done: Verdict = { is: "done" };
const waiting: Verdict = { is: "waiting", on: "a pod" };
const degraded: Verdict = { is: "degraded", on: "0 of 1 replicas available" };
const blocked: Verdict = { is: "blocked", reason: "Forbidden", message: "no" };

test("the first pass of a process tells nothing: it only learns how things are", () => {
  expect(happenings(undefined, verdicts({ a: done, b: blocked }))).toEqual([]);
});

test("a step that stays as it is tells nothing", () => {
  const now = verdicts({ a: done, b: waiting, c: blocked });
  expect(happenings(now, verdicts({ a: done, b: { is: "waiting", on: "another pod" }, c: blocked }))).toEqual([]);
});

test("every transition is told once, in the order of the steps, and waiting is none worth telling", () => {
  const before = verdicts({ a: waiting, b: done, c: waiting, d: done });
  expect(happenings(before, verdicts({ a: done, b: degraded, c: blocked, d: waiting }))).toEqual([
    { type: "Normal", reason: "StepDone", note: "a is done" },
    { type: "Warning", reason: "StepDegraded", note: "b: 0 of 1 replicas available" },
    { type: "Warning", reason: "Forbidden", note: "c: no" },
  ]);
});

test("a step that was not there before is told when it is done", () => {
  expect(happenings(verdicts({}), verdicts({ a: done }))).toEqual([
    { type: "Normal", reason: "StepDone", note: "a is done" },
  ]);
});
