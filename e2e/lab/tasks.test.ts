import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTasks, type Task, TasksFailed } from "./tasks.ts";

const logs = mkdtempSync(join(tmpdir(), "nephos-tasks-"));
afterAll(() => rmSync(logs, { recursive: true, force: true }));

function screen(isTTY = false) {
  const texts: string[] = [];
  return { isTTY, columns: 60, rows: 10, write: (text: string) => texts.push(text), all: () => texts.join("") };
}

const task = (name: string, after: string[], run: Task["run"] = async () => undefined): Task => ({ name, after, run });

it("runs each task once, after those it comes after", async () => {
  const order: string[] = [];
  const noting = (name: string, after: string[]) => task(name, after, async () => void order.push(name));
  const tasks = [
    noting("top", ["left", "right"]),
    noting("left", ["base"]),
    noting("right", ["base"]),
    noting("base", []),
  ];
  const reports = await runTasks(tasks, { logs, screen: screen() });
  expect(order).toEqual(["base", "left", "right", "top"]);
  expect(reports.map(({ name, result }) => `${name} ${result}`)).toEqual([
    "top done",
    "left done",
    "right done",
    "base done",
  ]);
});

it("runs what does not depend on each other at the same time", async () => {
  let arrived = 0;
  const both = Promise.withResolvers<void>();
  const meet = async () => {
    arrived += 1;
    if (arrived === 2) both.resolve();
    await both.promise;
  };
  await runTasks([task("one", [], meet), task("other", [], meet)], { logs, screen: screen() });
  expect(arrived).toBe(2);
});

it("reports what a failure leaves undone, and finishes the rest", async () => {
  const shown = screen();
  const tasks: Task[] = [
    {
      ...task("images", [], async (log) => {
        log("first line");
        log("disk is full");
        throw new Error("no room");
      }),
      hint: "free some space",
    },
    task("cloud", ["images"]),
    task("cluster", []),
  ];
  const failure: unknown = await runTasks(tasks, { logs, screen: shown }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TasksFailed);
  const results = failure instanceof TasksFailed ? failure.reports.map(({ result }) => result) : [];
  expect(results).toEqual(["failed", "not run", "done"]);
  expect(shown.all()).toContain("| disk is full");
  expect(shown.all()).toContain("no room");
  expect(shown.all()).toContain("What to try: free some space");
  expect(shown.all()).toContain("cloud: not run");
});

it("keeps the whole log of each task in a file, run after run", async () => {
  const talk = task("talk", [], async (log) => log("a word"));
  await runTasks([talk], { logs, screen: screen() });
  await runTasks([talk], { logs, screen: screen() });
  expect(readFileSync(join(logs, "talk.log"), "utf8")).toBe("a word\na word\n");
});

it("draws a tree on a terminal", async () => {
  const shown = screen(true);
  await runTasks([task("cluster", []), task("operator", ["cluster"])], { logs, screen: shown });
  expect(shown.all()).toMatch(/✔ cluster .*\n✔ {3}operator/);
});

it.each([
  ["a name that nobody has", [task("a", ["b"])], "a comes after b, which is no task"],
  ["a circle", [task("a", ["b"]), task("b", ["a"])], "in a circle: a, b"],
  ["a name twice", [task("a", []), task("a", [])], "two tasks have the same name"],
])("refuses %s", async (_, tasks, message) => {
  await expect(runTasks(tasks, { logs, screen: screen() })).rejects.toThrow(message);
});
