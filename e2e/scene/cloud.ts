import { isRecord, listAt, mapAt } from "../../operator/object.ts";
import { conditionStatus, eventually, samples, type Scene } from "./scene.ts";

/** The Cloud of the sample. */
export const cloud = { namespace: "openstack", name: "demo" } as const;

/** kubectl's arguments for the Cloud's namespace. */
export const inCloud = ["-n", cloud.namespace] as const;

/** The Cloud as it is. */
export function getCloud(at: Scene): Promise<unknown> {
  return at.json(["get", "cloud", cloud.name, ...inCloud]);
}

/** Waits until the Cloud is Ready for the spec that it has. */
export async function ready(at: Scene, inSeconds: number): Promise<unknown> {
  return eventually(
    "cloud to be ready",
    inSeconds,
    () => getCloud(at),
    (live) => conditionStatus(live, "Ready") === "True" && current(live),
  );
}

/** Changes fields of the Cloud's spec; null takes one out. */
export function patchCloud(at: Scene, spec: object): Promise<string> {
  return at.kubectl(["patch", "cloud", cloud.name, ...inCloud, "--type=merge", "-p", JSON.stringify({ spec })]);
}

/** Waits until Keystone has no other pod than the one that it is to have. */
export async function lonePod(at: Scene, inSeconds: number): Promise<void> {
  const ofApi = "app.kubernetes.io/name=keystone,app.kubernetes.io/component=api";
  await eventually(
    "the other pod to go",
    inSeconds,
    () => at.json(["get", "pods", ...inCloud, "-l", ofApi]),
    (list) => listAt(list, "items").length === 1,
  );
}

/** Installs the operator and brings the sample's Cloud up, or finds it so. */
export async function readyCloud(at: Scene): Promise<unknown> {
  await at.install(cloud.namespace);
  await applyCloud(at);
  return ready(at, 300);
}

/** Applies the Cloud of the sample, with the fabric that it works on. */
export function applyCloud(at: Scene): Promise<string> {
  return at.kubectl(["apply", ...samples.flatMap((file) => ["-f", file])]);
}

/** Takes both away, and waits for it; their data stays. */
export function removeCloud(at: Scene): Promise<string> {
  return at.kubectl(["delete", `cloud/${cloud.name}`, "network/fabric", ...inCloud, "--wait=true"]);
}

function current(live: unknown): boolean {
  return isRecord(live) && mapAt(live, "status")["observedGeneration"] === mapAt(live, "metadata")["generation"];
}
