import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { services } from "../../controllers/services/index.ts";
import type { Cluster } from "../lab/cluster.ts";
import { hypervisorImage, type Image, infraImage, openstackImage, operatorImage, ovnImage } from "../lab/images.ts";
import { ensureOpenStackClient } from "../lab/openstack-client.ts";
import { cloudIn } from "../up/cloud.ts";
import { sample } from "./scene.ts";

type Log = (line: string) => void;

/** Builds and loads what end-to-end tests need, for the sample's release or for others; gives the environment in which `scene()` finds it. */
export async function prepare(
  cluster: Cluster,
  log: Log,
  releases: readonly string[] = [cloudIn(sample).release],
): Promise<Record<string, string>> {
  const images: Image[] = [];
  const projects = services.map(({ name }) => name);
  for (const release of releases)
    images.push(...(await openstackImage(release, projects, log)), await hypervisorImage(release, projects, log));
  images.push(await infraImage(log), await ovnImage(log), await operatorImage(log));
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
