import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Daemon } from "../config/daemon.ts";
import { lastLines, PartFailed } from "../failure.ts";
import { digestOf } from "./cache.ts";
import { ensureGroup, removeGroup } from "./cgroups.ts";
import { ensureFile } from "./files.ts";
import { alive, childrenOf, endProcess, type ProcessId, readIfThere } from "./process.ts";

/** What a machine is made of; other binaries or another script make it a machine to be restarted. */
export interface MachineParts {
  readonly name: string;
  readonly folder: string;
  readonly cgroup: string;
  readonly binaries: string;
  readonly runtime: string;
}

/** What a daemon is doing, as its machine's PID 1 noted it. */
export type DaemonState = "absent" | "starting" | "running" | "exited";

const script = fileURLToPath(new URL("../machine.sh", import.meta.url));

/** Has the machine running with these parts and gives its PID 1 as the host numbers it. */
export async function ensureMachine(machine: MachineParts): Promise<number> {
  const digest = digestOf([await readFile(script, "utf8"), machine.binaries, machine.runtime]);
  const digestFile = join(machine.folder, "parts");
  const running = outerProcess(machine.folder);
  if (running !== undefined && readIfThere(digestFile) !== digest) await endProcess(running);
  await ensureFile(digestFile, digest);
  const booting = outerProcess(machine.folder) === undefined ? await boot(machine) : undefined;
  for (let left = 600; left > 0; left -= 1) {
    const pid = firstProcess(machine.folder);
    if (pid !== undefined && existsSync(join(machine.folder, "ready"))) return pid;
    if (booting === undefined ? outerProcess(machine.folder) === undefined : booting.exitCode !== null) break;
    await sleep(50);
  }
  const problem = outerProcess(machine.folder) === undefined ? "its first process ended" : "it does not get ready";
  const console = lastLines(join(machine.folder, "console.log"), 20);
  const hint = "the lab needs root with CAP_SYS_ADMIN: in a container, run that one privileged";
  throw new PartFailed(`machine ${machine.name}`, problem, console, hint);
}

async function boot(machine: MachineParts): Promise<ChildProcess> {
  await rm(join(machine.folder, "ready"), { force: true });
  await mkdir(join(machine.folder, "disk"), { recursive: true, mode: 0o700 });
  // Groups of an earlier life would be taken for containers: a kubelet spends seconds on each before it starts a pod.
  await removeGroup(machine.cgroup);
  const groups = await ensureGroup(machine.cgroup);
  const output = openSync(join(machine.folder, "console.log"), "a");
  const { name, folder, binaries, runtime } = machine;
  // A session of its own: what ends the terminal does not end the machine. Nothing of the user's environment goes in.
  const child = spawn("bash", [script, "start", folder, name, binaries, runtime, ...groups], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", LANG: "C.UTF-8" },
    cwd: "/",
  });
  child.on("error", () => undefined);
  child.unref();
  closeSync(output);
  return child;
}

/** The machine's process on the host, if it runs: with it ends all that is in the machine. */
export function outerProcess(folder: string): ProcessId | undefined {
  const [pid, startedAt] = (readIfThere(join(folder, "pid")) ?? "").trim().split(" ");
  if (pid === undefined || startedAt === undefined) return undefined;
  const id = { pid: Number(pid), startedAt };
  return alive(id) ? id : undefined;
}

/** The machine's PID 1, by the host's number. */
export function firstProcess(folder: string): number | undefined {
  const outer = outerProcess(folder);
  return outer === undefined ? undefined : childrenOf(outer.pid)[0];
}

/** Pulls the plug: every process of the machine is gone at once, and its network with it. */
export async function cutPower(folder: string): Promise<void> {
  const outer = outerProcess(folder);
  if (outer === undefined) return;
  const first = firstProcess(folder);
  // PID 1 first: its end takes the others with it, and the outer process ends when that is through.
  if (first !== undefined) process.kill(first, "SIGKILL");
  for (let left = 200; alive(outer) && left > 0; left -= 1) await sleep(10);
  await endProcess(outer);
}

/** What the daemon is doing in a machine that runs. */
export function daemonState(folder: string, name: string): DaemonState {
  const word = readIfThere(join(folder, "daemons", name, "state"))
    ?.split(" ")[0]
    ?.trim();
  return word === "running" || word === "exited" || word === "starting" ? word : "absent";
}

/** The file that a daemon's output goes to. */
export function daemonLog(folder: string, name: string): string {
  return join(folder, "daemons", name, "log");
}

/**
 * Has the daemon running with just this command line and these files: starts it where it is not, restarts it where something changed.
 * Answers whether it did anything.
 */
export async function ensureDaemon(folder: string, daemon: Daemon): Promise<boolean> {
  const home = join(folder, "daemons", daemon.name);
  const mark = join(home, "started");
  const digest = digestOf([...daemon.argv, "", ...Object.entries(daemon.files).flat()]);
  // PID 1 is part of what was started: a machine that was switched on again has no daemon running yet, whatever is noted.
  const current = `${firstProcess(folder)} ${digest}`;
  const started = readIfThere(mark);
  const here = started?.split(" ")[0] === String(firstProcess(folder));
  // Asked for by a start that was interrupted right then: PID 1 has it running in a moment, or was never asked.
  if (here) await leaveStarting(folder, daemon.name);
  if (started === current && daemonState(folder, daemon.name) === "running") return false;
  if (here) await stopDaemon(folder, daemon.name);
  for (const [path, content] of Object.entries(daemon.files)) await ensureFile(join(folder, path), content);
  await ensureFile(join(home, "argv"), daemon.argv.map((word) => `${word}\0`).join(""));
  await ensureFile(join(home, "state"), "starting\n", 0o644);
  await ensureFile(mark, current);
  request(folder, `start ${daemon.name}`);
  return true;
}

async function leaveStarting(folder: string, name: string): Promise<void> {
  for (let left = 10; daemonState(folder, name) === "starting" && left > 0; left -= 1) await sleep(50);
}

/** Ends a daemon and waits for its end. */
export async function stopDaemon(folder: string, name: string): Promise<void> {
  for (let tries = 0; daemonState(folder, name) === "running"; tries += 1) {
    if (tries > 400) throw new Error(`${name} does not end`);
    if (tries === 0) request(folder, `stop ${name}`);
    if (tries === 200) request(folder, `kill ${name}`);
    await sleep(50);
  }
}

function request(folder: string, line: string): void {
  // Without waiting: a pipe that nobody reads means that the machine is down, and opening it fails.
  const pipe = openSync(join(folder, "control"), constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(pipe, `${line}\n`);
  } finally {
    closeSync(pipe);
  }
}
