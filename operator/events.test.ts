import type { Live, Manifest } from "./object.ts";
import { ApiError } from "./outcome.ts";
import { type Happening, happenings, type Recorder, recorder, warningsOf } from "./events.ts";
import { HandClock } from "./testing/hand-clock.ts";
import { live } from "./testing/objects.ts";
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

describe("a condition that warns", () => {
  const condition = (type: string, status: string, message: string) => ({ type, status, message, reason: "R" });
  const pot = (...conditions: readonly object[]): Live =>
    live({ apiVersion: "example.dev/v1", kind: "Pot", metadata: { name: "tea" }, status: { conditions } });
  const hot = condition("Hot", "True", "mind your fingers");

  it.each([
    ["is told when it comes", pot(), [hot], ["mind your fingers"]],
    ["is not told again while it stays", pot(hot), [hot], []],
    ["is told again when it says something else", pot(condition("Hot", "True", "warm")), [hot], ["mind your fingers"]],
    ["is not told when it goes", pot(hot), [], []],
    ["is not told while it is not so", pot(), [condition("Hot", "False", "cold")], []],
    ["is not told where nobody warns of it", pot(), [condition("Full", "True", "to the brim")], []],
  ])("%s", (_, before, conditions, notes) => {
    expect(warningsOf(["Hot"], before, { conditions })).toEqual(
      notes.map((note) => ({ type: "Warning", reason: "Hot", note })),
    );
  });

  it("is not told where no status was written", () => {
    expect(warningsOf(["Hot"], pot(), undefined)).toEqual([]);
  });
});

describe("the recorder", () => {
  const clock = new HandClock();
  const subject = live({ apiVersion: "example.dev/v1", kind: "Pot", metadata: { name: "tea" } });
  const happening = (note: string): Happening => ({ type: "Normal", reason: "StepDone", note });
  let notes: unknown[];
  let said: string[];
  let stop: AbortController;
  let events: Recorder;
  let answer: () => Promise<Live>;

  beforeEach(() => {
    [notes, said, stop] = [[], [], new AbortController()];
    answer = () => Promise.resolve(subject);
    const create = (event: Manifest): Promise<Live> => {
      notes.push(Object.assign({ note: "" }, event).note);
      return answer();
    };
    const say = (message: string): void => void said.push(message);
    events = recorder({ client: { create }, clock, controller: "pots", instance: "one", say, signal: stop.signal });
  });

  it("tells at once where nothing else was told just now, and many in their order, with a pause in between", async () => {
    for (const note of ["a", "b", "c"]) void events.record(subject, happening(note));
    await clock.advance(0);
    expect(notes).toEqual(["a"]);
    await clock.advance(0.1);
    expect(notes).toEqual(["a", "b"]);
    await clock.advance(0.1);
    expect(notes).toEqual(["a", "b", "c"]);
  });

  it("leaves out what comes while a thousand wait", async () => {
    for (let count = 0; count < 1200; count++) void events.record(subject, happening(String(count)));
    await clock.advance(200);
    expect([notes.length, notes.at(-1)]).toEqual([1000, "999"]);
    void events.record(subject, happening("later"));
    await clock.advance(1);
    expect(notes.at(-1)).toBe("later");
  });

  it("only says that an event could not be written, and goes on", async () => {
    answer = () => Promise.reject(new ApiError(403, "Forbidden", "no events for you"));
    await events.record(subject, happening("a"));
    await clock.advance(1);
    await events.record(subject, happening("b"));
    expect(said).toEqual(["event for Pot tea: no events for you", "event for Pot tea: no events for you"]);
  });

  it("keeps nothing back at the end: what waits is left out", async () => {
    for (const note of ["a", "b"]) void events.record(subject, happening(note));
    await clock.advance(0);
    stop.abort();
    await clock.advance(1);
    expect(notes).toEqual(["a"]);
  });
});
