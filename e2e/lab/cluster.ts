import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ensureBinaries } from "./binaries.ts";
import { bringUp } from "./bring-up.ts";
import { limits, nameProblem, type OuterNetwork, planCluster } from "./config/addresses.ts";
import { asPart } from "./failure.ts";
import { removeEmptyGroup, removeGroup } from "./host/cgroups.ts";
import { locked } from "./host/lock.ts";
import { cutPower, daemonState, outerProcess } from "./host/machine.ts";
import { removeBridge } from "./host/network.ts";
import { restoreHostSettings } from "./host/settings.ts";
import { importImages } from "./node-images.ts";
import { ensureHostTools, ensureRuntime } from "./runtime.ts";
import {
  type ClusterRecord,
  dropEmptyStateDir,
  hostSettingsFile,
  knownClusters,
  noteCluster,
  placesOf,
  recordOf,
} from "./state.ts";

export { ensureBinaries } from "./binaries.ts";

type Log = (line: string) => void;

/** A cluster that runs. */
export interface Cluster {
  readonly name: string;
  /** Path of a kubeconfig for the cluster's administrator. */
  readonly kubeconfig: string;
  /** Folder of kubectl and the others. */
  readonly binaries: string;
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  /** What every node is connected to by `eth1`. */
  readonly outer: OuterNetwork;
  /** Brings image archives (OCI or docker, with the image's name inside) to every node, each content once. */
  loadImages(archives: readonly string[], log?: Log): Promise<void>;
}

/** What cluster to start. */
export interface ClusterOptions {
  readonly name: string;
  readonly nodes: number;
  readonly log?: Log;
}

const quiet: Log = () => undefined;

/** Starts a cluster, goes on with one that was interrupted, or finds that it runs already. Rejects with PartFailed. */
export async function startCluster({ name, nodes, log = quiet }: ClusterOptions): Promise<Cluster> {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new Error(problem);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > limits.nodes) {
    throw new Error(`a cluster has 1 to ${limits.nodes} nodes, not ${nodes}`);
  }
  await ensureHostTools(log);
  const [binaries, runtime] = await Promise.all([ensureBinaries(log), ensureRuntime(log)]);
  return locked(`cluster-${name}`, log, async () => {
    const nodesBefore = (await recordOf(name))?.nodes ?? 0;
    // Until surplus nodes are gone, they stay on the record: an interrupted start must find them again.
    await noteCluster({ name, nodes: Math.max(nodes, nodesBefore), binaries, runtime });
    const record = await asPart("address range", "stop a cluster that is not needed", () => noted(name));
    await bringUp({ ...record, nodes }, nodesBefore, log);
    await noteCluster({ name, nodes, binaries, runtime });
    return clusterOf({ ...record, nodes });
  });
}

async function noted(name: string): Promise<ClusterRecord> {
  const record = await recordOf(name);
  if (record === undefined) throw new Error(`${placesOf(name).record} cannot be read`);
  return record;
}

/** The cluster of this name, if all of its machines and daemons run. */
export async function findCluster(name: string): Promise<Cluster | undefined> {
  const record = await recordOf(name);
  if (record === undefined) return undefined;
  const places = placesOf(name);
  const plan = planCluster(name, record.index, record.nodes);
  const running = [plan.controlPlane, ...plan.nodes].every((machine) => {
    const folder = places.machine(machine.name);
    const last = machine === plan.controlPlane ? "kube-apiserver" : "kubelet";
    return outerProcess(folder) !== undefined && daemonState(folder, last) === "running";
  });
  return running ? clusterOf(record) : undefined;
}

/** Ends a cluster, whatever state it is in, and removes all there is of it but the cache. */
export async function stopCluster(name: string, log: Log = quiet): Promise<void> {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new Error(problem);
  await locked(`cluster-${name}`, log, async () => {
    const places = placesOf(name);
    const machines = await readdir(dirname(places.machine("any"))).catch(() => []);
    await asPart(`machines of ${name}`, "end the processes named above", async () => {
      await Promise.all(machines.map((machine) => cutPower(places.machine(machine))));
      await removeGroup(places.cgroup);
    });
    const { bridge, outer } = planCluster(name, 0, 0);
    for (const each of [bridge, outer.bridge]) await removeBridge(each);
    await rm(places.folder, { recursive: true, force: true });
    await locked("addresses", log, async () => {
      if ((await knownClusters()).length > 0) return;
      await restoreHostSettings(hostSettingsFile);
      await removeEmptyGroup("/nephos");
      await dropEmptyStateDir();
    });
  });
}

/** Pulls the plug of one machine (`node1`, `control-plane`); the next start switches it on again. */
export async function killMachine(cluster: Pick<Cluster, "name">, machine: string): Promise<void> {
  const folder = placesOf(cluster.name).machine(machine);
  if (!existsSync(folder)) throw new Error(`cluster ${cluster.name} has no machine ${machine}: no ${folder}`);
  await cutPower(folder);
}

function clusterOf(record: ClusterRecord): Cluster {
  const { name, binaries, runtime } = record;
  const places = placesOf(name);
  const { nodes, outer } = planCluster(name, record.index, record.nodes);
  return {
    name,
    outer,
    kubeconfig: places.kubeconfig,
    binaries,
    nodes: nodes.map((node) => ({ name: node.name, address: node.address })),
    loadImages: async (archives, log = quiet) => {
      const stores = nodes.map((node) => ({ name: node.name, folder: places.machine(node.name), runtime }));
      await Promise.all(stores.map((store) => importImages(store, archives, log)));
    },
  };
}
