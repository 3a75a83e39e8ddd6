import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { installManifests } from "../../charts/install.ts";
import { isRecord, listAt, textAt } from "../../operator/object.ts";
import { kubeClient, type Client } from "../../operator/client.ts";
import { httpTransport, type Transport } from "../../operator/transport.ts";
import { type Commands, commandsAs } from "../guest/commands.ts";
import { accessFrom } from "../lab/access.ts";
import { type Cluster, findCluster } from "../lab/cluster.ts";
import { kubectl, kubectlJson } from "../lab/kubectl.ts";
import { clientEnvironment } from "../up/client-env.ts";
import type { CloudRef } from "../up/cloud.ts";

/** A real cluster as the end-to-end tests see it. */
export interface Scene {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly transport: Transport;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  json(args: readonly string[]): Promise<unknown>;
  /** Installs the operator for one or more namespaces and waits until it is ready. */
  install(...namespaces: readonly string[]): Promise<void>;
  /** The openstack command as the cloud's administrator, for many calls. */
  commands(cloud: CloudRef): Promise<Commands>;
  /** Runs the openstack command as the cloud's administrator and gives its JSON answer. */
  openstack(cloud: CloudRef, args: readonly string[]): Promise<unknown>;
  /** The same for what has no answer, such as a deletion. */
  tell(cloud: CloudRef, args: readonly string[]): Promise<string>;
  /** Writes the content of an image to a file. */
  save(cloud: CloudRef, image: string, file: string): Promise<unknown>;
}

/** Finds the cluster that e2e/run.ts prepared; rejects where none runs. The caller closes the transport. */
export async function scene(): Promise<Scene> {
  const cluster = await findCluster(process.env["NEPHOS_TEST_CLUSTER"] ?? "test");
  if (cluster === undefined) throw new Error("no test cluster runs: use make test");
  const transport = httpTransport(accessFrom(cluster.kubeconfig));
  return {
    cluster,
    transport,
    client: kubeClient(transport),
    kubectl: (args, input) => kubectl(cluster, args, input === undefined ? {} : { input }),
    json: (args) => kubectlJson(cluster, args),
    install: (...namespaces) => install(cluster, namespaces),
    commands: (cloud) => commandsOf(cluster, cloud),
    openstack: async (cloud, args) => (await commandsOf(cluster, cloud, patienceInSeconds)).ask(...args),
    tell: async (cloud, args) => (await commandsOf(cluster, cloud, patienceInSeconds)).tell(...args),
    save: async (cloud, image, file) =>
      (await commandsOf(cluster, cloud, patienceInSeconds)).tell("image", "save", "--file", file, image),
  };
}

/** How long a command may take that waits for nothing. */
const patienceInSeconds = 60;

async function commandsOf(cluster: Cluster, cloud: CloudRef, inSeconds?: number): Promise<Commands> {
  const env = await clientEnvironment(cluster, cloud);
  return commandsAs(process.env["NEPHOS_TEST_CLIENT"] ?? "openstack", env, inSeconds);
}

async function install(cluster: Cluster, namespaces: readonly string[]): Promise<void> {
  const { operator = "", ...images } = imageReferences();
  const manifests = installManifests({
    image: operator,
    images,
    registry: "localhost/nephos",
    namespaces,
  });
  const input = manifests.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n");
  await kubectl(cluster, ["apply", "--server-side", "--force-conflicts", "-f", "-"], { input });
  await kubectl(cluster, [
    "wait",
    "--for=condition=Established",
    "crd/clouds.nephos.dev",
    "crd/computecells.nephos.dev",
    "crd/computenodes.nephos.dev",
    "crd/computepools.nephos.dev",
    "crd/networks.nephos.dev",
    "crd/providernetworks.nephos.dev",
    "crd/registrations.nephos.dev",
    "--timeout=60s",
  ]);
  await kubectl(cluster, ["rollout", "status", "deployment/nephos", "-n", "nephos-system", "--timeout=120s"]);
}

function imageReferences(): Record<string, string> {
  const map: unknown = JSON.parse(readFileSync(process.env["NEPHOS_TEST_IMAGES"] ?? "", "utf8"));
  if (!isRecord(map)) throw new Error("NEPHOS_TEST_IMAGES names no map of images");
  return Object.fromEntries(Object.entries(map).map(([name, ref]) => [name, String(ref)]));
}

/** The sample that `make up` applies. */
export const sample = join(import.meta.dirname, "..", "..", "crds", "samples", "single-node.yaml");

/** The same and the fabric that it works on. */
export const samples = [sample, join(import.meta.dirname, "..", "..", "crds", "samples", "network.yaml")] as const;

/** Asks again and again until the answer satisfies; fails with what was seen last after the given time. */
export async function eventually<T>(
  what: string,
  inSeconds: number,
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + inSeconds * 1000;
  for (;;) {
    const answer = await ask().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (!(answer instanceof Error) && good(answer)) return answer;
    if (performance.now() > deadline) {
      const seen = answer instanceof Error ? answer.message : JSON.stringify(answer);
      throw new Error(`${what}: not within ${inSeconds} s; last seen: ${seen.slice(0, 2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** The status of a condition (`True`, `False`, `Unknown`); undefined where the object has no such condition. */
export function conditionStatus(live: unknown, type: string): string | undefined {
  return textAt(
    listAt(live, "status", "conditions").find((entry) => textAt(entry, "type") === type),
    "status",
  );
}
