import type { IContainer } from "kubernetes-models/v1/Container";
import type { CloudSpec } from "../../crds/cloud.ts";
import type { Claim } from "./manifests.ts";
import type { Process, ServiceContext, ServiceDefinition } from "./define.ts";

type Wishes = CloudSpec["services"][keyof CloudSpec["services"]];

/** What the user says about one service; undefined for one that the schema does not have. */
export function wishesOf(service: Pick<ServiceDefinition, "name">, { spec }: ServiceContext): Wishes | undefined {
  return Object.entries(spec.services).find(([name]) => name === service.name)?.[1];
}

/** How many pods each process of a service has. */
export function replicasOf(service: ServiceDefinition, context: ServiceContext): number {
  const wishes = wishesOf(service, context);
  return wishes !== undefined && "replicas" in wishes ? wishes.replicas : 1;
}

/** The volume that a service keeps data on. Throws for a service whose schema has none. */
export function storageOf(service: ServiceDefinition, context: ServiceContext): Claim {
  const wishes = wishesOf(service, context);
  if (wishes === undefined || !("storage" in wishes)) throw new Error(`spec.services.${service.name} has no storage`);
  return wishes.storage;
}

/** The cloud's spec as the pods of a service see it: where they may run is what the service says, else what the cloud says. */
export function specFor(service: ServiceDefinition, context: ServiceContext): CloudSpec {
  const { spec } = context;
  const own = wishesOf(service, context)?.placement;
  return own === undefined ? spec : { ...spec, placement: { ...spec.placement, ...own } };
}

type Amounts = Readonly<Record<string, string>>;

/** What a pod of a process asks for and gets at most. Where only a limit is given, Kubernetes asks for that much. */
export function resourcesOf(
  service: ServiceDefinition,
  context: ServiceContext,
  process: Process,
): NonNullable<IContainer["resources"]> {
  const { requests, limits } = wishesOf(service, context)?.resources ?? {};
  const most = amountsOf(limits);
  const ours = Object.entries(process.requests).filter(([name]) => !(name in most));
  return {
    requests: { ...Object.fromEntries(ours), ...amountsOf(requests) },
    ...(Object.keys(most).length === 0 ? {} : { limits: most }),
  };
}

function amountsOf(amounts: Readonly<Record<string, string | number | undefined>> = {}): Amounts {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(given.map(([name, amount]) => [name, String(amount)]));
}
