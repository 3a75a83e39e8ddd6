import { type Release, releases } from "../../crds/cloud.ts";
import { type Live, numberAt, type Ref, refOf } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { realisedAnnotation } from "../../operator/verdict.ts";

/** The label by which a workload says which release it runs; not on its pods, which a label more would restart. */
export const versionLabel = "app.kubernetes.io/version";

/** What runs a process, by its name: a Deployment, or a StatefulSet. */
export function workloadIn(seen: Snapshot, namespace: string, name: string): Live | undefined {
  const ref = { apiVersion: "apps/v1", namespace, name };
  return seen.get({ ...ref, kind: "Deployment" }) ?? seen.get({ ...ref, kind: "StatefulSet" });
}

/** Those of some workloads that have no ready pod. */
export function silentAmong(seen: Snapshot, namespace: string, names: readonly string[]): string[] {
  return names.filter((name) => (numberAt(workloadIn(seen, namespace, name), "status", "readyReplicas") ?? 0) === 0);
}

/** What to ask for to know what `workloadIn` tells: the one that is there, or both that are not. */
export function workloadRefs(seen: Snapshot, namespace: string, name: string): Ref[] {
  const live = workloadIn(seen, namespace, name);
  if (live !== undefined) return [refOf(live)];
  return ["Deployment", "StatefulSet"].map((kind) => ({ apiVersion: "apps/v1", kind, namespace, name }));
}

/** The release that a workload was last written for; undefined where it does not exist. */
export function runningRelease(seen: Snapshot, namespace: string, workload: string): Release | undefined {
  return releaseOf(workloadIn(seen, namespace, workload));
}

/** By which a workload says what outside of the cloud it is attached to; not on its pods, which start anew for their configuration. */
export const attachedAnnotation = "nephos.dev/attached";

/** What a workload was last attached to; undefined where nothing is outside, or it does not exist. */
export function attachedTo(seen: Snapshot, namespace: string, workload: string): string | undefined {
  return workloadIn(seen, namespace, workload)?.metadata.annotations?.[attachedAnnotation];
}

function releaseOf(live: Live | undefined): Release | undefined {
  const label = live?.metadata.labels?.[versionLabel];
  return releases.find((release) => release === label);
}

/** The oldest release among workloads that were all up once; undefined where one of them was not. */
export function oldestRunning(seen: Snapshot, namespace: string, workloads: readonly string[]): Release | undefined {
  const lives = workloads.map((name) => workloadIn(seen, namespace, name));
  if (lives.some((live) => live?.metadata.annotations?.[realisedAnnotation] === undefined)) return undefined;
  return releases.find((release) => lives.some((live) => releaseOf(live) === release));
}
