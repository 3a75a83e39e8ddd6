import { renderTree, type TaskState } from "./task-tree.ts";

const state = (name: string, after: string[], rest: Partial<TaskState> = {}): TaskState => ({
  name,
  after,
  phase: "done",
  seconds: 1.25,
  lastLine: "",
  ...rest,
});

const tasks = [
  state("binaries", []),
  state("images", [], { phase: "running", seconds: 12, lastLine: "step 3 of 9" }),
  state("cluster", ["binaries"]),
  state("operator", ["cluster", "binaries"], { phase: "waiting", seconds: 0 }),
];

it("puts each task below the deepest of what it comes after", () => {
  expect(renderTree(tasks, { columns: 80, rows: 24 })).toEqual([
    "✔ binaries        1.3 s",
    "✔   cluster       1.3 s",
    "·     operator",
    "▸ images         12.0 s  step 3 of 9",
  ]);
});

it("keeps to the terminal's width", () => {
  for (const line of renderTree(tasks, { columns: 20, rows: 24 })) expect(line.length).toBeLessThan(20);
});

it("shows what still runs where there is no room for all", () => {
  expect(renderTree(tasks, { columns: 80, rows: 4 })).toEqual([
    "  … 3 more done or waiting",
    "▸ images         12.0 s  step 3 of 9",
  ]);
});
