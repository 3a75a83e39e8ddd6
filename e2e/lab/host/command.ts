import { spawn } from "node:child_process";

/** A program that ended badly: what was run, how it ended, and its last lines. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly lines: readonly string[];
  readonly code: number | null;

  constructor(command: string, code: number | null, lines: readonly string[], problem?: string) {
    super(`${command} ${typeof code === "number" ? `exited with ${code}` : (problem ?? "was ended by a signal")}`);
    this.code = code;
    this.lines = lines;
  }
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Hears every line of the program's output as it comes. */
  readonly log?: (line: string) => void;
  /** After this long the program is ended and the call fails. */
  readonly timeoutInSeconds?: number;
}

const lastLines = 40;

/** Runs a program to its end, never through a shell, and gives its standard output; rejects with CommandFailed. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.timeoutInSeconds === undefined ? {} : { timeout: options.timeoutInSeconds * 1000 }),
    });
    const output: string[] = [];
    const recent: string[] = [];
    const hear = lineSplitter((line) => {
      recent.push(line);
      if (recent.length > lastLines) recent.shift();
      options.log?.(line);
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.push(text);
      hear(text);
    });
    child.stderr.setEncoding("utf8").on("data", hear);
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => reject(new CommandFailed(command, null, recent, `cannot be run: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve(output.join(""));
      else reject(new CommandFailed([command, ...args].join(" "), code, recent));
    });
  });
}

function lineSplitter(hear: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") hear(line);
  };
}
