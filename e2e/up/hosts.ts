import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { hostOfLabel } from "../../controllers/compute/labels.ts";
import { listAt, mapAt, numberAt, textAt } from "../../operator/object.ts";
import type { OuterNetwork } from "../lab/config/addresses.ts";
import { kubectl, kubectlJson, type Target } from "../lab/kubectl.ts";
import { stillMissing } from "../lab/patience.ts";
import { conditionIn } from "./cloud.ts";

type Log = (line: string) => void;

const samples = join(import.meta.dirname, "..", "..", "crds", "samples");

/** The cell of the sample's cloud, and the pool of the nodes that it was given. */
export const hostSamples = ["compute-cell.yaml", "compute-pool.yaml"].map((file) => join(samples, file));

/** What servers are reached by from outside, as a ProviderNetwork calls it. */
export const outside = "outside";

/** The network beside the lab's own as one of the cloud's, that floating IPs are taken of. */
export function outsideNetwork({ range, gateway, free }: OuterNetwork, namespace: string): object {
  const [start, end] = free;
  return {
    apiVersion: "nephos.dev/v1alpha1",
    kind: "ProviderNetwork",
    metadata: { name: outside, namespace },
    spec: {
      network: { name: "fabric" },
      physicalNetwork: "physnet1",
      subnets: [{ name: outside, cidr: range, gateway, pools: [{ start, end }] }],
    },
  };
}

/** Gives all nodes to a namespace as hosts, and applies cell, pool and the network outside; nothing is waited for. */
export async function applyHosts(target: Target, outer: OuterNetwork, namespace: string): Promise<void> {
  await kubectl(target, ["label", "nodes", "--all", "--overwrite", `${hostOfLabel}=${namespace}`]);
  const apply = ["apply", "--server-side", "--field-manager=nephos-up", "-f"];
  const objects = [...hostSamples.map((file) => placed(file, namespace)), outsideNetwork(outer, namespace)];
  const input = objects.map((each) => stringify(each)).join("---\n");
  await kubectl(target, [...apply, "-"], { input });
}

/** The object in a file, in another namespace than it says. */
function placed(file: string, namespace: string): object {
  const object: unknown = parse(readFileSync(file, "utf8"));
  return { ...mapAt(object), metadata: { ...mapAt(object, "metadata"), namespace } };
}

const kinds = ["computecells", "computepools", "computenodes", "providernetworks"];

/** Waits until everything of `applyHosts` is Ready, hosts included, and tells what is missing whenever that changes; rejects with it when time is up. */
export async function hostsReady(target: Target, namespace: string, inSeconds: number, log: Log): Promise<void> {
  let said: string | undefined;
  const missing = await stillMissing(inSeconds, async () => {
    const list = await kubectlJson(target, ["get", kinds.join(","), "-n", namespace]);
    const now = missingIn(listAt(list, "items"));
    if (now !== undefined && now !== said) log(now);
    said = now;
    return now;
  });
  if (missing !== undefined) throw new Error(`not after ${inSeconds} s: ${missing}`);
}

/** The first of these that is not Ready, and why; undefined where all are, and there is a host. */
export function missingIn(objects: readonly unknown[]): string | undefined {
  for (const each of objects) {
    const ready = conditionIn(each, "Ready");
    if (ready?.status === "True" && ready.observedGeneration === numberAt(each, "metadata", "generation")) continue;
    return `${textAt(each, "kind")} ${textAt(each, "metadata", "name")}: ${ready?.message ?? "no status yet"}`;
  }
  return objects.some((each) => textAt(each, "kind") === "ComputeNode") ? undefined : "no host yet";
}
