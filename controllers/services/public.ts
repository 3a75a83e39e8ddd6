import type { IService } from "kubernetes-models/v1/Service";
import type { Manifest } from "../../operator/object.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { componentLabels } from "./pod.ts";
import { publicServerPort } from "./tls.ts";
import { portOf } from "./workloads.ts";

/** The host of the public endpoints, kept here once it is chosen, so that a new node does not move the cloud. */
export const publicHostAnnotation = "nephos.dev/public-host";

/** The node port of a service's public endpoint. */
export function publicPort(service: string, { spec }: ServiceContext): number | undefined {
  return Object.entries(spec.exposure.ports).find(([name]) => name === service)?.[1];
}

/** The public URL of a service, as the catalogue has it; undefined until its host is known. */
export function publicUrl(service: ServiceDefinition, context: ServiceContext): string | undefined {
  const port = publicPort(service.name, context);
  if (port === undefined || context.publicHost === undefined) return undefined;
  const host = context.publicHost.includes(":") ? `[${context.publicHost}]` : context.publicHost;
  return `https://${host}:${port}${service.endpointPath}`;
}

/** The URL of a service inside the cluster. */
export function internalUrl(service: ServiceDefinition, { namespace }: Pick<ServiceContext, "namespace">): string {
  return `https://${service.name}.${namespace}.svc:${portOf(service)}${service.endpointPath}`;
}

/** The way in from outside the cluster: a port on every node, where the service has one. */
export function publicServices(service: ServiceDefinition, context: ServiceContext): (IService & Manifest)[] {
  const nodePort = publicPort(service.name, context);
  return nodePort === undefined ? [] : [publicService(service, context, nodePort)];
}

function publicService(service: ServiceDefinition, context: ServiceContext, nodePort: number): IService & Manifest {
  const process = service.processes[0];
  const selector = componentLabels(service.name, process?.name ?? "api");
  const port = portOf(service);
  // The user's own host needs no remembering: it is in the spec, and gone when it is taken out.
  const chosen = context.spec.endpoints.public.host === undefined ? context.publicHost : undefined;
  const annotations = chosen === undefined ? {} : { [publicHostAnnotation]: chosen };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `${service.name}-public`, labels: selector, annotations },
    spec: {
      type: "NodePort",
      selector,
      ports: [{ name: "https", port, targetPort: publicServerPort, protocol: "TCP", nodePort }],
    },
  };
}
