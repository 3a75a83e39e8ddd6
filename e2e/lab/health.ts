import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { z } from "zod";
import { addonDeployments } from "./config/addons.ts";
import type { ClusterPlan } from "./config/addresses.ts";
import { lastLines, PartFailed } from "./failure.ts";
import { daemonLog, daemonState } from "./host/machine.ts";
import { kubectl, kubectlJson, type Target } from "./kubectl.ts";
import { stillMissing } from "./patience.ts";

/** Something that must come true, and whom to ask when it does not. */
export interface Wait {
  readonly part: string;
  /** Says what is missing, or nothing when all is well. */
  readonly missing: () => Promise<string | undefined>;
  readonly timeoutInSeconds: number;
  readonly hint: string;
  /** The daemons it depends on: their end ends the wait, and their logs tell why. */
  readonly daemons: readonly { readonly folder: string; readonly name: string }[];
}

/** Waits until nothing is missing; fails at once when a daemon it depends on has ended. */
export async function waitFor(wait: Wait): Promise<void> {
  const question = async (): Promise<string | undefined> => {
    const missing = await wait.missing().catch((error: unknown) => String(error));
    if (missing === undefined) return undefined;
    const dead = wait.daemons.find(({ folder, name }) => daemonState(folder, name) === "exited");
    if (dead !== undefined) throw failed(wait, `${dead.name} ended`, [dead]);
    return missing;
  };
  const missing = await stillMissing(wait.timeoutInSeconds, question, 100);
  if (missing !== undefined) throw failed(wait, `${missing} after ${wait.timeoutInSeconds} s`, wait.daemons);
}

function failed(wait: Wait, problem: string, daemons: Wait["daemons"]): PartFailed {
  const lines = daemons.flatMap(({ folder, name }) => {
    const log = daemonLog(folder, name);
    return [`${log}:`, ...lastLines(log, daemons.length === 1 ? 20 : 8)];
  });
  return new PartFailed(wait.part, problem, lines, wait.hint);
}

/** What the API server lacks to serve. */
export async function apiServerMissing(target: Target): Promise<string | undefined> {
  const answer = await kubectl(target, ["get", "--raw=/readyz", "--request-timeout=5s"]).catch(() => "no answer");
  return answer === "ok" ? undefined : "the API server is not ready";
}

const conditions = z.array(z.object({ type: z.string(), status: z.string() })).default([]);
const nodeList = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), status: z.object({ conditions }) })),
});
const deploymentList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), generation: z.number() }),
      spec: z.object({ replicas: z.number() }),
      status: z.object({
        observedGeneration: z.number().default(0),
        updatedReplicas: z.number().default(0),
        availableReplicas: z.number().default(0),
        replicas: z.number().default(0),
      }),
    }),
  ),
});

/** Which nodes are not ready: the API server's word, and each kubelet's own, since the former may be 40 s old. */
export async function nodesMissing(target: Target, plan: ClusterPlan): Promise<string | undefined> {
  const list = nodeList.parse(await kubectlJson(target, ["get", "nodes"]));
  const ready = list.items
    .filter((node) => node.status.conditions.some(({ type, status }) => type === "Ready" && status === "True"))
    .map((node) => node.metadata.name);
  const unready = plan.nodes.filter((node) => !ready.includes(node.name)).map((node) => node.name);
  if (unready.length > 0) return `not ready: ${unready.join(", ")}`;
  const healthy = await Promise.all(plan.nodes.map((node) => accepts(node.address, 10_250)));
  return healthy.every(Boolean) ? undefined : "a kubelet takes no connection";
}

/** Which of the cluster's own Deployments are not there in full. */
export async function addonsMissing(target: Target): Promise<string | undefined> {
  const list = deploymentList.parse(await kubectlJson(target, ["get", "deployments", "--all-namespaces"]));
  const missing = addonDeployments.filter(({ namespace, name }) => {
    const found = list.items.find((item) => item.metadata.namespace === namespace && item.metadata.name === name);
    return found === undefined || !complete(found);
  });
  return missing.length === 0 ? undefined : `not available: ${missing.map(({ name }) => name).join(", ")}`;
}

function complete({ metadata, spec, status }: z.infer<typeof deploymentList>["items"][number]): boolean {
  const counts = [status.updatedReplicas, status.availableReplicas, status.replicas];
  return status.observedGeneration >= metadata.generation && counts.every((count) => count === spec.replicas);
}

/** Whether a name can be looked up from the host: by way of the route, kube-proxy, the pod network and CoreDNS. */
export async function namesMissing(plan: ClusterPlan): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([plan.dnsService]);
  const found = await resolver.resolve4("kubernetes.default.svc.cluster.local").catch((): string[] => []);
  return found.includes(plan.kubernetesService) ? undefined : `no name service at ${plan.dnsService}`;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}

/** Whether somebody listens at a machine's socket, given by the machine's PID 1. */
export function socketMissing(pid: number, socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = connect({ path: `/proc/${pid}/root${socket}` });
    connection.once("connect", () => {
      connection.destroy();
      resolve(undefined);
    });
    connection.once("error", () => resolve(`nobody listens at ${socket}`));
  });
}
