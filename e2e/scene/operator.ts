import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { listAt, textAt } from "../../operator/object.ts";
import type { Scene } from "./scene.ts";

export const system = "nephos-system";

/** A pod of the operator. */
export interface OperatorPod {
  readonly name: string;
  readonly uid: string;
}

/** The operator's pods that are not going. */
export async function operatorPods(at: Scene): Promise<OperatorPod[]> {
  const list = await at.json(["get", "pods", "-n", system]);
  return listAt(list, "items")
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === undefined)
    .map((pod) => ({ name: textAt(pod, "metadata", "name") ?? "", uid: textAt(pod, "metadata", "uid") ?? "" }));
}

/** SIGKILL to the operator's own process; then the pod goes, so that the next one starts without the kubelet's back-off. */
export async function killOperator(at: Scene, { name, uid }: OperatorPod): Promise<void> {
  for (const pid of await processesOf(uid)) process.kill(pid, "SIGKILL");
  await at.kubectl(["delete", "pod", name, "-n", system, "--grace-period=0", "--force"]);
}

/** The operator's processes in a pod, by the pod's uid in their control groups. */
async function processesOf(podUid: string): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid));
  return pids.filter((pid) => {
    try {
      const ofPod = readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(podUid);
      return ofPod && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("nephos.mjs");
    } catch {
      return false;
    }
  });
}

/** The pod that holds the lease; undefined while nobody does. */
export async function leader(at: Scene): Promise<string | undefined> {
  const lease = await at.json(["get", "lease", "nephos", "-n", system]);
  const holder = textAt(lease, "spec", "holderIdentity") ?? "";
  return holder === "" ? undefined : holder.replace(/-[0-9a-f]{8}$/, "");
}
