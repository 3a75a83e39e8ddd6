import { startCluster, stopCluster } from "../lab/cluster.ts";
import { continueAsRoot } from "../lab/host/root.ts";
import { cloud } from "../scene/cloud.ts";
import { prepare } from "../scene/prepare.ts";
import { scene, type Scene } from "../scene/scene.ts";

/** The cluster that figures are taken on. */
export const name = "figures";

/** Takes figures on a cluster of their own, with the operator and no cloud yet; the cluster is gone afterwards in any case. */
export async function onFigures(take: (at: Scene) => Promise<void>): Promise<void> {
  continueAsRoot("A cluster for measuring (namespaces, a bridge, cgroups)");
  try {
    const cluster = await startCluster({ name, nodes: 1, log: () => undefined });
    Object.assign(process.env, await prepare(cluster, () => undefined));
    const at = await scene();
    await at.install(cloud.namespace);
    await take(at);
    await at.transport.close();
  } finally {
    await stopCluster(name, () => undefined);
  }
}
