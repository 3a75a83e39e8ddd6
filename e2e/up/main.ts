import { join } from "node:path";
import { stopCluster } from "../lab/cluster.ts";
import { cacheDir } from "../lab/host/cache.ts";
import { continueAsRoot } from "../lab/host/root.ts";
import { ensureOpenStackClient } from "../lab/openstack-client.ts";
import { runTasks, TasksFailed } from "../lab/tasks.ts";
import { clientEnvironment, exportLines } from "./client-env.ts";
import { cloudIn } from "./cloud.ts";
import { farewell, findPlace, requireRegistry, type Wish, wishOf } from "./target.ts";
import { type Bench, manifest, upTasks } from "./tasks.ts";

async function up(wish: Wish): Promise<void> {
  requireRegistry(wish);
  continueAsRoot(
    wish.cluster === "embedded" ? "A cluster of our own (namespaces, a bridge, cgroups)" : "Building images",
  );
  const bench: Bench = { images: new Map() };
  await runTasks(upTasks(wish, bench), { logs: join(cacheDir, "logs", wish.name) });
  process.stdout.write(farewell(wish, cloudIn(manifest).namespace, bench.server));
}

async function printEnvironment(wish: Wish): Promise<void> {
  const target = await findPlace(wish, (line) => process.stderr.write(`${line}\n`));
  if (target === undefined) throw new Error("no cluster of ours runs: start one with make up");
  const client = await ensureOpenStackClient((line) => process.stderr.write(`${line}\n`));
  const variables = await clientEnvironment(target, cloudIn(manifest));
  process.stdout.write(exportLines({ KUBECONFIG: target.kubeconfig, ...variables }));
  process.stdout.write(`export PATH="${target.binaries}:${join(client, "bin")}:$PATH"\n`);
}

async function down(wish: Wish): Promise<void> {
  if (wish.cluster === "current") {
    throw new Error(
      "make down takes down the embedded cluster only; in your own, delete the clouds (their volumes and passwords stay) and then the namespace nephos-system",
    );
  }
  continueAsRoot("Taking the cluster down");
  await stopCluster(wish.name, (line) => process.stdout.write(`${line}\n`));
}

const commands = { up, env: printEnvironment, down } as const;

try {
  const command = Object.entries(commands).find(([name]) => name === process.argv[2])?.[1];
  if (command === undefined) throw new Error("usage: node e2e/up/main.ts up|env|down");
  await command(wishOf(process.env));
} catch (error) {
  // What tasks had to say was said when they failed.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TasksFailed ? 2 : 1;
}
