import { startCluster, stopCluster } from "./cluster.ts";
import { continueAsRoot } from "./host/root.ts";

const usage = "usage: node e2e/lab/cli.ts cluster-up|cluster-down [name]   (NODES=3 for three nodes)";

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(command: string | undefined, name: string): Promise<void> {
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (command === "cluster-up") {
    continueAsRoot("Starting a cluster (namespaces, a bridge, cgroups)");
    const cluster = await startCluster({ name, nodes: Number(process.env["NODES"] ?? "1"), log });
    log(`cluster ${name} is up after ${took()}`);
    log(`export KUBECONFIG=${cluster.kubeconfig} PATH=${cluster.binaries}:$PATH`);
  } else if (command === "cluster-down") {
    continueAsRoot("Stopping a cluster");
    await stopCluster(name, log);
    log(`cluster ${name} is gone after ${took()}`);
  } else {
    throw new Error(usage);
  }
}

try {
  await main(process.argv[2], process.argv[3] ?? "nephos");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
