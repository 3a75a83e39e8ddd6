import { dirname, join } from "node:path";
import { ensureTool } from "./binaries.ts";
import { cacheDir } from "./host/cache.ts";
import { run, type RunOptions } from "./host/command.ts";
import type { Target } from "./kubectl.ts";

/** Runs helm to its end and gives its standard output; rejects with CommandFailed, which has helm's own words. */
export type Helm = (args: readonly string[], options?: RunOptions) => Promise<string>;

/**
 * A helm of our own, built the first time, for a cluster or for none. Nothing below the user's home is looked at or written, no
 * cluster of the user's is asked.
 */
export async function helmFor(target: Target | undefined, log?: (line: string) => void): Promise<Helm> {
  const path = await ensureTool("helm", log);
  const home = target === undefined ? join(cacheDir, "helm-home") : join(dirname(target.kubeconfig), "helm");
  const env = {
    KUBECONFIG: target?.kubeconfig ?? "/dev/null",
    HELM_CACHE_HOME: join(home, "cache"),
    HELM_CONFIG_HOME: join(home, "config"),
    HELM_DATA_HOME: join(home, "data"),
  };
  return (args, options = {}) => run(path, args, { ...options, env: { ...options.env, ...env } });
}
