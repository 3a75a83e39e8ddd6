import type { Snapshot } from "../../operator/plan.ts";
import { judgeLive, type Verdict } from "../../operator/verdict.ts";

/** The kind of the volume claims that data lives on. */
export const claimKind = { apiVersion: "v1", kind: "PersistentVolumeClaim" } as const;

/** Done when the volume claim is there and bound. */
export function boundClaim(seen: Snapshot, namespace: string, name: string): Verdict {
  const claim = seen.get({ ...claimKind, namespace, name });
  return claim === undefined ? { is: "waiting", on: `PersistentVolumeClaim ${name} to exist` } : judgeLive(claim, seen);
}

/** What makes this volume this volume: its uid. `none` while there is no volume. */
export function incarnationOf(seen: Snapshot, namespace: string, name: string): string {
  return seen.get({ ...claimKind, namespace, name })?.metadata.uid ?? "none";
}
