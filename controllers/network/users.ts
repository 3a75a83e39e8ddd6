import { controllerOf, type Kind, type Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { ServiceDefinition } from "../services/define.ts";
import { workloadIn } from "../services/running.ts";
import { workloadsOf } from "../services/workloads.ts";

/** The kind of the networks in Neutron that are on a Network's physical networks. */
export const providerNetworkKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ProviderNetwork" } as const;

/** The kind of the hosts that are alike. */
export const computePoolKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ComputePool" } as const;

/** Kinds whose objects need the fabric of their namespace for as long as they are there. */
export const usingKinds: readonly Kind[] = [providerNetworkKind, computePoolKind];

/** What would run a service that works on the fabric, by name: as long as one of them is there, the fabric is used. */
export function workloadsOn(services: readonly ServiceDefinition[]): string[] {
  return workloadsOf(services.filter(({ fabric }) => fabric));
}

/**
 * What uses a Network: there is one in a namespace, so all objects of these kinds in it do, and the Cloud whose services work on it. Of a
 * Cloud that is gone, what runs still.
 */
export function usersOf({ metadata: { namespace = "" } }: Live, seen: Snapshot, workloads: readonly string[]): Live[] {
  const running = workloads.flatMap((name) => workloadIn(seen, namespace, name) ?? []);
  const clouds = running.map((live) => ownerIn(seen, namespace, live) ?? live);
  return [...usingKinds.flatMap((kind) => seen.list(kind, { namespace })), ...new Set(clouds)];
}

function ownerIn(seen: Snapshot, namespace: string, live: Live): Live | undefined {
  const owner = controllerOf(live);
  const found = owner === undefined ? undefined : seen.get({ ...owner, namespace });
  return found?.metadata.uid === owner?.uid ? found : undefined;
}
