import { CommandFailed } from "./host/command.ts";
import { readIfThere } from "./host/process.ts";

/** A part of the lab that did not come up: which one, its last words, and what to try. */
export class PartFailed extends Error {
  override readonly name = "PartFailed";
  readonly part: string;
  readonly lines: readonly string[];
  readonly hint: string;

  constructor(part: string, problem: string, lines: readonly string[], hint: string) {
    super([`${part}: ${problem}`, ...lines.map((line) => `  | ${line}`), `What to try: ${hint}`].join("\n"));
    this.part = part;
    this.lines = lines;
    this.hint = hint;
  }
}

/** Runs one part; whatever goes wrong in it names the part and says what to try. */
export async function asPart<T>(part: string, hint: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof PartFailed) throw error;
    const lines = error instanceof CommandFailed ? error.lines.slice(-20) : [];
    throw new PartFailed(part, error instanceof Error ? error.message : String(error), lines, hint);
  }
}

/** The end of a log file. */
export function lastLines(file: string, count: number): string[] {
  const lines = (readIfThere(file) ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count);
}
