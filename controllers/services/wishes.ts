import type { IContainer } from "kubernetes-models/v1/Container";
import { type CloudSpec, managedByDefault } from "../../crds/cloud.ts";
import type { Claim } from "./manifests.ts";
import type { Process, ServiceContext, ServiceDefinition } from "./define.ts";
import { resourcesWith } from "./resources.ts";

type Wishes = CloudSpec["services"][keyof CloudSpec["services"]];

/** What the user says about one service; undefined for one that the schema does not have. */
export function wishesOf(service: Pick<ServiceDefinition, "name">, { spec }: ServiceContext): Wishes | undefined {
  return Object.entries(spec.services).find(([name]) => name === service.name)?.[1];
}

/** How many pods each process of a service has. */
export function replicasOf(service: ServiceDefinition, context: ServiceContext): number {
  return wishesOf(service, context)?.replicas ?? 1;
}

/** The volume that a service keeps data on; that of a server of ours for a service that the schema does not have. */
export function storageOf(service: ServiceDefinition, context: ServiceContext): Claim {
  const wishes = wishesOf(service, context);
  return wishes !== undefined && "storage" in wishes ? wishes.storage : managedByDefault.storage;
}

/** The cloud's spec as the pods of a service see it: where they may run is what the service says, else what the cloud says. */
export function specFor(service: ServiceDefinition, context: ServiceContext): CloudSpec {
  const { spec } = context;
  const own = wishesOf(service, context)?.placement;
  return own === undefined ? spec : { ...spec, placement: { ...spec.placement, ...own } };
}

/** What a pod of a process asks for and gets at most. */
export function resourcesOf(
  service: ServiceDefinition,
  context: ServiceContext,
  process: Process,
): NonNullable<IContainer["resources"]> {
  return resourcesWith(process.requests, wishesOf(service, context)?.resources);
}
