import { type Kind, type Live, nameFor, refOf } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";

/** The kind of the networks in Neutron that are on a Network's physical networks. */
export const providerNetworkKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ProviderNetwork" } as const;

/** The kind of the hosts that are alike. */
export const computePoolKind = { apiVersion: "nephos.dev/v1alpha1", kind: "ComputePool" } as const;

/** Kinds whose objects need the fabric of their namespace for as long as they are there. */
export const usingKinds: readonly Kind[] = [providerNetworkKind, computePoolKind];

/** What uses a Network, by kind and name: there is one in a namespace, so all of these kinds in it do. */
export function usersOf({ metadata: { namespace } }: Live, seen: Snapshot): string[] {
  return usingKinds.flatMap((kind) => seen.list(kind, { namespace })).map((user) => nameFor(refOf(user)));
}
