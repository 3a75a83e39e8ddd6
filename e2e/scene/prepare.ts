import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { releases } from "../../crds/cloud.ts";
import { services } from "../../controllers/services/index.ts";
import type { Cluster } from "../lab/cluster.ts";
import { infraImage, openstackImage, operatorImage } from "../lab/images.ts";
import { ensureOpenStackClient } from "../lab/openstack-client.ts";

const [release] = releases;

/** Builds and loads what end-to-end tests need; gives the environment in which `scene()` finds it. */
export async function prepare(cluster: Cluster, log: (line: string) => void): Promise<Record<string, string>> {
  const openstack = await openstackImage(
    release,
    services.map(({ name }) => name),
    log,
  );
  const infra = await infraImage(log);
  const operator = await operatorImage(log);
  const images = [...openstack, infra, operator];
  await cluster.loadImages([...new Set(images.map(({ archive }) => archive))], log);
  const client = await ensureOpenStackClient(log);
  const references = Object.fromEntries(images.map(({ name, ref }) => [name, ref]));
  const file = join(dirname(cluster.kubeconfig), "images.json");
  await writeFile(file, JSON.stringify(references));
  return {
    NEPHOS_TEST_CLUSTER: cluster.name,
    NEPHOS_TEST_IMAGES: file,
    NEPHOS_TEST_CLIENT: join(client, "bin", "openstack"),
  };
}
