import { type Release, releases } from "../../crds/cloud.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { realisedAnnotation } from "../../operator/verdict.ts";

/** The label by which a workload says which release it runs; not on its pods, which a label more would restart. */
export const versionLabel = "app.kubernetes.io/version";

/** The release that a Deployment was last written for; undefined where it does not exist. */
export function runningRelease(seen: Snapshot, namespace: string, workload: string): Release | undefined {
  return releaseOf(seen.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: workload }));
}

/** By which a workload says what outside of the cloud it is attached to; not on its pods, which start anew for their configuration. */
export const attachedAnnotation = "nephos.dev/attached";

/** What a Deployment was last attached to; undefined where nothing is outside, or it does not exist. */
export function attachedTo(seen: Snapshot, namespace: string, workload: string): string | undefined {
  const live = seen.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: workload });
  return live?.metadata.annotations?.[attachedAnnotation];
}

function releaseOf(live: Live | undefined): Release | undefined {
  const label = live?.metadata.labels?.[versionLabel];
  return releases.find((release) => release === label);
}

/** The oldest release among Deployments that were all up once; undefined where one of them was not. */
export function oldestRunning(seen: Snapshot, namespace: string, workloads: readonly string[]): Release | undefined {
  const lives = workloads.map((name) => seen.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name }));
  if (lives.some((live) => live?.metadata.annotations?.[realisedAnnotation] === undefined)) return undefined;
  return releases.find((release) => lives.some((live) => releaseOf(live) === release));
}
