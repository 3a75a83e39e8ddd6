import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess, processOf, readIfThere } from "./process.ts";

/** Where a cgroup hierarchy is mounted; `unified` is version 2. */
export interface Hierarchy {
  readonly path: string;
  readonly unified: boolean;
  readonly cpuset: boolean;
}

/** The hierarchies that a mount table (`/proc/self/mounts`) names. */
export function hierarchiesIn(mounts: string): Hierarchy[] {
  const found = mounts.split("\n").flatMap((line): Hierarchy[] => {
    const [, path, type, options] = line.split(" ");
    if (path === undefined || !path.startsWith("/sys/fs/cgroup")) return [];
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const cpuset = type === "cgroup" && (options ?? "").split(",").includes("cpuset");
    return [{ path, unified: type === "cgroup2", cpuset }];
  });
  return found.filter((one, position) => found.findIndex((other) => other.path === one.path) === position);
}

/** Makes a group in every hierarchy and, inside it, one for the processes that are no pods; gives the latter's `cgroup.procs`. */
export async function ensureGroup(group: string): Promise<string[]> {
  const all = hierarchiesIn(await readFile("/proc/self/mounts", "utf8"));
  return Promise.all(all.map((hierarchy) => ensureIn(hierarchy, `${group}/init`)));
}

async function ensureIn(hierarchy: Hierarchy, group: string): Promise<string> {
  let parent = hierarchy.path;
  for (const part of group.split("/").filter((each) => each !== "")) {
    const child = join(parent, part);
    if (hierarchy.unified) await passControllersOn(parent);
    await mkdir(child, { recursive: true });
    if (hierarchy.cpuset) await copyCpuset(parent, child);
    parent = child;
  }
  return join(parent, "cgroup.procs");
}

// Version 2 hands a controller down one level at a time. (In a hybrid set-up this hierarchy has none.)
async function passControllersOn(group: string): Promise<void> {
  const controllers = readIfThere(join(group, "cgroup.controllers"))?.trim() ?? "";
  if (controllers === "") return;
  const wanted = controllers.split(" ").map((name) => `+${name}`);
  await writeFile(join(group, "cgroup.subtree_control"), wanted.join(" "));
}

// Version 1 starts a group with no processors and no memory, and a group without them takes no process.
async function copyCpuset(parent: string, child: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if ((await readFile(join(child, file), "utf8")).trim() !== "") continue;
    await writeFile(join(child, file), await readFile(join(parent, file), "utf8"));
  }
}

/** Ends every process in the group and below it, in any hierarchy, and removes the groups. */
export async function removeGroup(group: string): Promise<void> {
  const hierarchies = hierarchiesIn(await readFile("/proc/self/mounts", "utf8"));
  const roots = hierarchies.map((hierarchy) => join(hierarchy.path, group)).filter((path) => existsSync(path));
  await Promise.all(roots.map(removeTree));
}

async function removeTree(root: string): Promise<void> {
  for (let left = 100; existsSync(root); left -= 1) {
    const groups = (await groupsUnder(root)).toReversed();
    const pids = groups.flatMap((group) => (readIfThere(join(group, "cgroup.procs")) ?? "").split("\n"));
    await Promise.all(pids.filter((pid) => Number(pid) > 0).map((pid) => endByPid(Number(pid))));
    for (const group of groups) await rmdir(group).catch(() => undefined);
    if (left === 0) throw new Error(`cannot remove ${root}: processes ${pids.join(" ").trim()} do not leave it`);
    if (existsSync(root)) await sleep(50);
  }
}

async function endByPid(pid: number): Promise<void> {
  const id = processOf(pid);
  if (id !== undefined) await endProcess(id);
}

/** The group and all below it, parents first. */
async function groupsUnder(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return [root, ...(await Promise.all(folders.map(groupsUnder))).flat()];
}

/** Removes a group that holds nothing any more, and leaves one that does. */
export async function removeEmptyGroup(group: string): Promise<void> {
  const hierarchies = hierarchiesIn(await readFile("/proc/self/mounts", "utf8"));
  await Promise.all(hierarchies.map((hierarchy) => rmdir(join(hierarchy.path, group)).catch(() => undefined)));
}
