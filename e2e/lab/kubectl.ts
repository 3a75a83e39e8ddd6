import { dirname, join } from "node:path";
import { run, type RunOptions } from "./host/command.ts";

/** What kubectl needs to know of a cluster. */
export interface Target {
  readonly kubeconfig: string;
  readonly binaries: string;
}

/** Runs kubectl against the cluster and gives its standard output; nothing below the user's ~/.kube is looked at or written. */
export function kubectl(cluster: Target, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const cache = join(dirname(cluster.kubeconfig), "kubectl-cache");
  const env = { ...options.env, KUBECONFIG: cluster.kubeconfig, KUBERC: "off", KUBECACHEDIR: cache };
  return run(join(cluster.binaries, "kubectl"), args, { ...options, env });
}

/** The answer of `kubectl … -o json`, to be looked at with care: nothing about its shape is known. */
export async function kubectlJson(
  cluster: Target,
  args: readonly string[],
  options: RunOptions = {},
): Promise<unknown> {
  const answer: unknown = JSON.parse(await kubectl(cluster, [...args, "-o", "json"], options));
  return answer;
}
