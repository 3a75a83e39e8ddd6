import { homedir } from "node:os";
import { join } from "node:path";
import type { OuterNetwork } from "../lab/config/addresses.ts";
import { ensureBinaries, findCluster, startCluster } from "../lab/cluster.ts";
import type { Image } from "../lab/images.ts";
import { pushImage } from "../lab/images/push.ts";
import type { Target } from "../lab/kubectl.ts";
import type { FirstServer } from "./first-server.ts";

type Log = (line: string) => void;

/** A Kubernetes to deploy to: how it is reached, and how images get there. */
export interface Place extends Target {
  /** Where it is ours: what its nodes are connected to besides. */
  readonly outer?: OuterNetwork;
  /** Makes images available to the nodes and says under which references. */
  deliver(images: readonly Image[], log: Log): Promise<Readonly<Record<string, string>>>;
}

/** What the user asked for by CLUSTER, NODES, NAME and REGISTRY. */
export interface Wish {
  readonly cluster: "embedded" | "current";
  readonly name: string;
  readonly nodes: number;
  readonly registry: string | undefined;
}

const defaultName = "nephos";

/** Reads the wish from the environment; throws with a sentence where it makes no sense. */
export function wishOf(env: NodeJS.ProcessEnv): Wish {
  // make passes on what is not set as empty.
  const setting = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const cluster = setting("CLUSTER") ?? "embedded";
  if (cluster !== "embedded" && cluster !== "current")
    throw new Error(`CLUSTER is ${cluster}; it can be embedded or current`);
  const registry = setting("REGISTRY");
  const nodes = Number(setting("NODES") ?? "1");
  if (!Number.isInteger(nodes) || nodes < 1)
    throw new Error(`NODES is ${setting("NODES")}; it has to be a number from 1`);
  return { cluster, name: setting("NAME") ?? defaultName, nodes, registry };
}

/** Throws where images could not reach the cluster: somebody else's has them from a registry. */
export function requireRegistry({ cluster, registry }: Wish): void {
  if (cluster === "current" && registry === undefined) {
    throw new Error("CLUSTER=current needs REGISTRY=, a registry that you can push to and the cluster can pull from");
  }
}

/** What is said when the cloud of a wish runs: how to use it, in commands that find the same place again. */
export function farewell({ cluster, name }: Wish, namespace: string, server?: FirstServer): string {
  const same = cluster === "current" ? " CLUSTER=current" : name === defaultName ? "" : ` NAME=${name}`;
  const end = cluster === "current" ? "" : `and take everything down again with make down${same}.\n`;
  const hosts =
    server === undefined
      ? `Give it hosts: kubectl label node NODE nephos.dev/host-of=${namespace}, a ComputeCell, a ComputePool (crds/COMPUTEPOOL.md).\n`
      : `  ssh -i ${server.key} root@${server.address}\n`;
  return `
The cloud runs. Go on with
  eval "$(make env${same})"
  kubectl -n ${namespace} get clouds,pods
  openstack ${server === undefined ? "catalog" : "server"} list
${hosts}${end}`;
}

/** The place of a wish, started where it is ours to start; rejects with PartFailed where that fails. */
export async function startPlace(wish: Wish, log: Log): Promise<Place> {
  if (wish.cluster === "current") return currentPlace(wish, log);
  const cluster = await startCluster({ name: wish.name, nodes: wish.nodes, log });
  return {
    ...cluster,
    deliver: async (images, say) => {
      await cluster.loadImages([...new Set(images.map(({ archive }) => archive))], say);
      return Object.fromEntries(images.map(({ name, ref }) => [name, ref]));
    },
  };
}

/** How to reach the place of a wish as it is; undefined where our own cluster does not run. */
export async function findPlace(wish: Wish, log: Log): Promise<Target | undefined> {
  return wish.cluster === "current" ? currentPlace(wish, log) : findCluster(wish.name);
}

async function currentPlace({ registry = "" }: Wish, log: Log): Promise<Place> {
  return {
    kubeconfig: process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config"),
    binaries: await ensureBinaries(log),
    deliver: async (images, say) => {
      const pushed = images.map(async (image) => [image.name, await pushImage(image, registry, say)] as const);
      return Object.fromEntries(await Promise.all(pushed));
    },
  };
}
