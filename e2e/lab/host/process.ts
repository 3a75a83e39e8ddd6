import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process for good: the number alone may come to stand for another one. */
export interface ProcessId {
  readonly pid: number;
  /** When it was started, in the kernel's ticks since boot. */
  readonly startedAt: string;
}

/** The process that has this number now. */
export function processOf(pid: number): ProcessId | undefined {
  const fields = statOf(pid);
  const startedAt = fields?.[19];
  return startedAt === undefined || fields?.[0] === "Z" ? undefined : { pid, startedAt };
}

/** Whether the very process is there still; one that only waits to be reaped is not. */
export function alive(id: ProcessId): boolean {
  return processOf(id.pid)?.startedAt === id.startedAt;
}

/** The processes started by this one that are running. */
export function childrenOf(pid: number): number[] {
  return words(readIfThere(`/proc/${pid}/task/${pid}/children`)).map(Number);
}

/** Ends a process at once, if it is still the one that was meant, and waits until it is gone. */
export async function endProcess(id: ProcessId): Promise<void> {
  for (let left = 200; alive(id); left -= 1) {
    if (left === 0) throw new Error(`process ${id.pid} does not end`);
    sendKill(id.pid);
    await sleep(25);
  }
}

function sendKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}

/** The fields of /proc/PID/stat that follow the program's name, which may itself hold blanks and brackets. */
function statOf(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text === undefined ? undefined : words(text.slice(text.lastIndexOf(")") + 1));
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}

/** A file's text, or nothing where there is no such file (or no such process any more). */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
