import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed } from "./host/command.ts";
import { PartFailed } from "./failure.ts";
import { renderTree, type TaskState } from "./task-tree.ts";

/** Something to be done once the tasks named in `after` are. */
export interface Task {
  readonly name: string;
  readonly after: readonly string[];
  /** What to try when it fails; a PartFailed brings its own. */
  readonly hint?: string;
  readonly run: (log: (line: string) => void) => Promise<void>;
}

/** How a task ended. */
export interface TaskReport {
  readonly name: string;
  readonly result: "done" | "failed" | "not run";
  readonly seconds: number;
}

/** Where progress goes: a terminal is shown a living tree, anything else plain lines. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Some tasks failed; the others have ended as the reports say. */
export class TasksFailed extends Error {
  override readonly name = "TasksFailed";
  readonly reports: readonly TaskReport[];

  constructor(reports: readonly TaskReport[]) {
    const failed = reports.filter(({ result }) => result === "failed").map(({ name }) => name);
    super(`failed: ${failed.join(", ")}`);
    this.reports = reports;
  }
}

interface Entry {
  readonly task: Task;
  phase: TaskState["phase"];
  began: number;
  seconds: number;
  readonly lines: string[];
  file?: WriteStream;
}

const keptLines = 30;

/**
 * Runs tasks as early and as parallel as their order allows. A failure stops only what comes after it. Each task's whole output is
 * appended to a file of its own in `logs`. Rejects with TasksFailed once all has ended.
 */
export async function runTasks(
  tasks: readonly Task[],
  options: { readonly logs: string; readonly screen?: Screen },
): Promise<readonly TaskReport[]> {
  checkOrder(tasks);
  await mkdir(options.logs, { recursive: true });
  const entries = new Map(tasks.map((task) => [task.name, entryOf(task)]));
  const view = viewOf([...entries.values()], options.screen ?? process.stdout);
  const running = new Map<string, Promise<void>>();
  const inTurn = async (entry: Entry): Promise<void> => {
    const before = entry.task.after.flatMap((name) => entries.get(name) ?? []);
    await Promise.all(before.map(once));
    if (before.every(({ phase }) => phase === "done")) await perform(entry, options.logs, view);
    else change(entry, "not run", view);
  };
  const once = (entry: Entry): Promise<void> => {
    const known = running.get(entry.task.name) ?? inTurn(entry);
    running.set(entry.task.name, known);
    return known;
  };
  try {
    await Promise.all([...entries.values()].map(once));
  } finally {
    view.end();
  }
  const reports = [...entries.values()].map(reportOf);
  if (reports.some(({ result }) => result !== "done")) throw new TasksFailed(reports);
  return reports;
}

async function perform(entry: Entry, logs: string, view: View): Promise<void> {
  const file = createWriteStream(join(logs, `${entry.task.name.replaceAll(/[^\w.-]+/g, "-")}.log`), { flags: "a" });
  entry.file = file;
  entry.began = performance.now();
  change(entry, "running", view);
  const log = (line: string) => note(entry, line, view);
  try {
    await entry.task.run(log);
    finish(entry, "done", view);
  } catch (error) {
    finish(entry, "failed", view);
    view.explain(explanationOf(entry, error));
    file.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  await new Promise<void>((resolve) => file.end(resolve));
}

function note(entry: Entry, line: string, view: View): void {
  entry.file?.write(`${line}\n`);
  entry.lines.push(line);
  if (entry.lines.length > keptLines) entry.lines.shift();
  view.changed();
}

function finish(entry: Entry, phase: "done" | "failed", view: View): void {
  entry.seconds = (performance.now() - entry.began) / 1000;
  change(entry, phase, view);
}

function change(entry: Entry, phase: TaskState["phase"], view: View): void {
  entry.phase = phase;
  view.turned(entry);
}

/** The failed task, its last lines, what went wrong, and what to try. */
function explanationOf(entry: Entry, error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error);
  const own = error instanceof CommandFailed ? error.lines : [];
  const last = [...entry.lines, ...own.filter((line) => !entry.lines.includes(line))].slice(-keptLines);
  const hint = error instanceof PartFailed ? undefined : entry.task.hint;
  return [
    `✘ ${entry.task.name} failed after ${entry.seconds.toFixed(1)} s`,
    ...last.map((line) => `  | ${line}`),
    ...message.split("\n").map((line) => `  ${line}`),
    ...(hint === undefined ? [] : [`  What to try: ${hint}`]),
  ];
}

interface View {
  /** A task began or ended. */
  turned(entry: Entry): void;
  /** A task said something. */
  changed(): void;
  explain(lines: readonly string[]): void;
  end(): void;
}

function viewOf(entries: readonly Entry[], screen: Screen): View {
  return screen.isTTY === true ? treeView(entries, screen) : plainView(screen);
}

function plainView(screen: Screen): View {
  const texts: Readonly<Record<TaskState["phase"], (seconds: string) => string>> = {
    waiting: () => "waiting",
    running: () => "started",
    done: (seconds) => `done in ${seconds} s`,
    failed: (seconds) => `failed after ${seconds} s`,
    "not run": () => "not run, as something it comes after was not done",
  };
  return {
    turned: ({ task, phase, seconds }) => screen.write(`${task.name}: ${texts[phase](seconds.toFixed(1))}\n`),
    changed: () => undefined,
    explain: (lines) => screen.write(lines.map((line) => `${line}\n`).join("")),
    end: () => undefined,
  };
}

function treeView(entries: readonly Entry[], screen: Screen): View {
  let drawn = 0;
  const draw = () => {
    // A terminal that was never told its size says that it has none.
    const size = { columns: screen.columns || 80, rows: screen.rows || 24 };
    const lines = renderTree(entries.map(stateOf), size);
    const up = drawn === 0 ? "" : `\u001B[${drawn}A`;
    screen.write(`${up}\r\u001B[J${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, 200);
  const explanations: string[] = [];
  return {
    turned: draw,
    changed: () => undefined,
    // Below the tree, once it has stopped moving.
    explain: (lines) => explanations.push(...lines),
    end: () => {
      clearInterval(timer);
      draw();
      screen.write(explanations.map((line) => `${line}\n`).join(""));
    },
  };
}

function entryOf(task: Task): Entry {
  return { task, phase: "waiting", began: 0, seconds: 0, lines: [] };
}

function stateOf(entry: Entry): TaskState {
  const { task, phase, began, lines } = entry;
  const seconds = phase === "running" ? (performance.now() - began) / 1000 : entry.seconds;
  return { name: task.name, after: task.after, phase, seconds, lastLine: lines.at(-1) ?? "" };
}

function reportOf({ task, phase, seconds }: Entry): TaskReport {
  const result = phase === "done" || phase === "failed" ? phase : "not run";
  return { name: task.name, result, seconds };
}

/** Refuses what could never be run: a name that nobody has, one that two have, a circle. */
function checkOrder(tasks: readonly Task[]): void {
  const names = new Set(tasks.map((task) => task.name));
  if (names.size < tasks.length) throw new Error("two tasks have the same name");
  for (const { name, after } of tasks) {
    const unknown = after.find((other) => !names.has(other));
    if (unknown !== undefined) throw new Error(`${name} comes after ${unknown}, which is no task`);
  }
  let left = tasks;
  while (left.length > 0) {
    const waiting = left.filter((task) => task.after.some((name) => left.some((other) => other.name === name)));
    if (waiting.length === left.length) throw new Error(`in a circle: ${left.map((task) => task.name).join(", ")}`);
    left = waiting;
  }
}
