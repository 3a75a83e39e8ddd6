import { at, isRecord, listAt, type Live, mapAt, numberAt, textAt } from "./object.ts";
import type { Snapshot } from "./plan.ts";

/** Pods, for controllers that read them: what is wrong with a workload is written in its pods. */
export const podKind = { apiVersion: "v1", kind: "Pod" } as const;

const messageLength = 300;

/** The pods that a workload or Job made, by its selector; none where the controller does not read pods. */
export function podsOf(workload: Live, seen: Snapshot): readonly Live[] {
  const labels = Object.entries(mapAt(workload, "spec", "selector", "matchLabels")).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  if (labels.length === 0) return [];
  return seen.list(podKind, { namespace: workload.metadata.namespace, labels: Object.fromEntries(labels) });
}

/** Why pods do not run, in a person's words: what cannot be scheduled, pulled, mounted or started; undefined where nothing is wrong. */
export function troubleOf(pods: readonly Live[]): string | undefined {
  const living = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const troubles = living.flatMap((pod) => troubleOfPod(pod) ?? []);
  return troubles[0];
}

function troubleOfPod(pod: Live): string | undefined {
  const containers = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  const found = unschedulable(pod) ?? containers.map(troubleOfContainer).find((trouble) => trouble !== undefined);
  return found === undefined ? undefined : `pod ${pod.metadata.name}: ${found}`.slice(0, messageLength);
}

function unschedulable(pod: Live): string | undefined {
  const scheduled = listAt(pod, "status", "conditions").find((entry) => textAt(entry, "type") === "PodScheduled");
  return textAt(scheduled, "status") === "False" ? (textAt(scheduled, "message") ?? "cannot be scheduled") : undefined;
}

/** Volumes that pods wait for without a node, each with its class, which is the one thing of it that somebody chose; none where claims are not read. */
export function unboundOf(pods: readonly Live[], seen: Snapshot): string[] {
  return pods
    .filter((pod) => unschedulable(pod) !== undefined)
    .flatMap((pod) =>
      listAt(pod, "spec", "volumes").flatMap((volume) => {
        const name = textAt(volume, "persistentVolumeClaim", "claimName");
        const { namespace } = pod.metadata;
        const claim =
          name === undefined
            ? undefined
            : seen.get({ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name });
        return claim === undefined || textAt(claim, "status", "phase") === "Bound" ? [] : [unbound(claim)];
      }),
    );
}

function unbound(claim: Live): string {
  const wanted = textAt(claim, "spec", "storageClassName") ?? "";
  const from = wanted === "" ? "without a StorageClass" : `of StorageClass ${wanted}`;
  return `PersistentVolumeClaim ${claim.metadata.name} ${from} is not bound`;
}

/** Waiting reasons of a pod that is simply starting. */
const usual: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

/** Both of these come and go with every try; a status must not tick with them. */
const pulling: ReadonlySet<string> = new Set(["ErrImagePull", "ImagePullBackOff"]);

function troubleOfContainer(status: unknown): string | undefined {
  const name = textAt(status, "name") ?? "";
  const last = exitOf(at(status, "state", "terminated")) ?? exitOf(at(status, "lastState", "terminated"));
  if (last !== undefined) return `container ${name} ${last}`;
  const waiting = at(status, "state", "waiting");
  const reason = textAt(waiting, "reason") ?? "ContainerCreating";
  if (usual.has(reason)) return undefined;
  if (pulling.has(reason)) return `container ${name}: image ${textAt(status, "image") ?? ""} cannot be pulled`;
  return `container ${name}: ${reason}: ${textAt(waiting, "message") ?? "no message"}`;
}

/** How a container ended, with its last words: `ended with 1: No route to host`; undefined for a good end. */
function exitOf(terminated: unknown): string | undefined {
  const code = numberAt(terminated, "exitCode");
  if (code === undefined || code === 0) return undefined;
  const words = (textAt(terminated, "message") ?? "").trim().split("\n").at(-1) ?? "";
  return `ended with ${code}${words === "" ? "" : `: ${words}`}`;
}

/** Names of the ConfigMaps and Secrets that pods which may still start a container mount: `ConfigMap web-1a2b`. */
export function mountedBy(pods: readonly Live[]): ReadonlySet<string> {
  const running = pods.filter((pod) => !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase") ?? ""));
  return new Set(running.flatMap((pod) => listAt(pod, "spec", "volumes").flatMap(sourcesIn)));
}

function sourcesIn(volume: unknown): string[] {
  const map = textAt(volume, "configMap", "name");
  const secret = textAt(volume, "secret", "secretName");
  const projected = listAt(volume, "projected", "sources").flatMap(projectedSource);
  return [
    ...(map === undefined ? [] : [`ConfigMap ${map}`]),
    ...(secret === undefined ? [] : [`Secret ${secret}`]),
    ...projected,
  ];
}

function projectedSource(source: unknown): string[] {
  if (!isRecord(source)) return [];
  const [map, secret] = [textAt(source, "configMap", "name"), textAt(source, "secret", "name")];
  return [...(map === undefined ? [] : [`ConfigMap ${map}`]), ...(secret === undefined ? [] : [`Secret ${secret}`])];
}
