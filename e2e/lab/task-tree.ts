/** What is known of a task while the others run. */
export interface TaskState {
  readonly name: string;
  readonly after: readonly string[];
  readonly phase: "waiting" | "running" | "done" | "failed" | "not run";
  readonly seconds: number;
  readonly lastLine: string;
}

const marks: Readonly<Record<TaskState["phase"], string>> = {
  waiting: "·",
  running: "▸",
  done: "✔",
  failed: "✘",
  "not run": "–",
};

/** Every task as one line, below and to the right of what it waited for longest; `size` is what the terminal has. */
export function renderTree(tasks: readonly TaskState[], size: { columns: number; rows: number }): string[] {
  const depths = depthsOf(tasks);
  const ordered = inTreeOrder(tasks, depths);
  // A terminal too low for all is given what still moves.
  const room = Math.max(1, size.rows - 2);
  const hidden = ordered.length <= room ? 0 : ordered.length - room + 1;
  const dispensable = ordered.filter((task) => task.phase === "done" || task.phase === "waiting").slice(0, hidden);
  const shown = ordered.filter((task) => !dispensable.includes(task));
  const width = Math.max(...ordered.map((task) => task.name.length + 2 * (depths.get(task.name) ?? 0)));
  const lines = shown.map((task) => lineOf(task, depths.get(task.name) ?? 0, width));
  if (dispensable.length > 0) lines.unshift(`  … ${dispensable.length} more done or waiting`);
  return lines.map((line) => cut(line, size.columns));
}

function lineOf(task: TaskState, depth: number, width: number): string {
  const name = `${"  ".repeat(depth)}${task.name}`.padEnd(width);
  const seconds = task.seconds > 0 ? `${task.seconds.toFixed(1)} s` : "";
  const note = task.phase === "running" || task.phase === "failed" ? task.lastLine : "";
  return `${marks[task.phase]} ${name} ${seconds.padStart(8)}  ${note}`.trimEnd();
}

function depthsOf(tasks: readonly TaskState[]): Map<string, number> {
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const after = tasks.find((task) => task.name === name)?.after ?? [];
    const depth = after.length === 0 ? 0 : 1 + Math.max(...after.map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  for (const task of tasks) depthOf(task.name);
  return depths;
}

/** Parents first, and each child below the deepest of what it comes after. */
function inTreeOrder(tasks: readonly TaskState[], depths: ReadonlyMap<string, number>): TaskState[] {
  const depth = (name: string) => depths.get(name) ?? 0;
  const parentOf = (task: TaskState) => [...task.after].sort((one, other) => depth(other) - depth(one))[0];
  const below = (parent: string | undefined): TaskState[] =>
    tasks.filter((task) => parentOf(task) === parent).flatMap((task) => [task, ...below(task.name)]);
  return below(undefined);
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}
