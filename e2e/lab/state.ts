import { existsSync } from "node:fs";
import { readdir, readFile, rmdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { chooseIndex, indexesTouchedBy, limits } from "./config/addresses.ts";
import { ensureFile } from "./host/files.ts";
import { locked } from "./host/lock.ts";
import { routedRanges } from "./host/network.ts";
import { makeForCaller } from "./host/root.ts";

/** Where clusters keep what they know and hold; a stopped one has nothing here. */
export const stateDir: string = join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "nephos");

/** What is remembered of a cluster from its first start to its stop. */
export interface ClusterRecord {
  readonly name: string;
  readonly index: number;
  readonly nodes: number;
  /** The folder of kubectl and the others, and of the container runtime, at the last start. */
  readonly binaries: string;
  readonly runtime: string;
}

/** The folders and files of a cluster. */
export function placesOf(name: string) {
  const folder = join(stateDir, name);
  return {
    folder,
    record: join(folder, "cluster.json"),
    kubeconfig: join(folder, "kubeconfig"),
    pki: join(folder, "pki"),
    addons: join(folder, "addons"),
    machine: (machine: string) => join(folder, "machines", machine),
    cgroup: `/nephos/${name}`,
    machineCgroup: (machine: string) => `/nephos/${name}/${machine}`,
  };
}

/** How the host was before the first cluster. */
export const hostSettingsFile: string = join(stateDir, "host-settings.json");

/** What was noted about a cluster, if it was started before. */
export async function recordOf(name: string): Promise<ClusterRecord | undefined> {
  const file = placesOf(name).record;
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(await readFile(file, "utf8"));
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is ClusterRecord {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const numbers = ["index", "nodes"].every((field) => Number.isInteger(fields[field]));
  return numbers && ["name", "binaries", "runtime"].every((field) => typeof fields[field] === "string");
}

/** Names of the clusters that have a folder here. */
export async function knownClusters(): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Notes a cluster; a new one is given a range of addresses that nobody else uses. */
export function noteCluster(wanted: Omit<ClusterRecord, "index">): Promise<ClusterRecord> {
  return locked(
    "addresses",
    () => undefined,
    async () => {
      const index = (await recordOf(wanted.name))?.index ?? (await freeIndex(wanted.name));
      const record = { ...wanted, index };
      const { record: file } = placesOf(wanted.name);
      await makeForCaller(stateDir);
      await ensureFile(
        file,
        `${JSON.stringify(record, undefined, 2)}
`,
        0o644,
      );
      return record;
    },
  );
}

async function freeIndex(name: string): Promise<number> {
  const others = (await knownClusters()).filter((other) => other !== name);
  const records = await Promise.all(others.map(recordOf));
  const routed = indexesTouchedBy(await routedRanges(`nl-${name}`, `no-${name}`));
  const taken = new Set([...records.flatMap((record) => record?.index ?? []), ...routed]);
  const index = chooseIndex(name, taken);
  if (index !== undefined) return index;
  throw new Error(
    `all ${limits.clusters} ranges from 10.100.0.0/16 on are taken by clusters or by routes of this host`,
  );
}

/** Removes the folder of all clusters when there is none left. */
export async function dropEmptyStateDir(): Promise<void> {
  await rmdir(stateDir).catch(() => undefined);
}
