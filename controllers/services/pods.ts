import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { configFileOf, traitsOf } from "./config.ts";
import type { Mount, ServiceContext, ServiceDefinition } from "./define.ts";
import { restrictedPod, uids } from "./pod.ts";
import { authoritiesOf, serversOf } from "./servers.ts";
import { trust } from "./tls.ts";
import { specFor } from "./wishes.ts";
import { projectOf } from "./workloads.ts";

/** What all pods of a service come from. */
export interface Pods {
  readonly service: ServiceDefinition;
  readonly context: ServiceContext;
  readonly config: SecretRecipe;
}

/** The image that every program of a service runs from. */
export function imageOf(service: ServiceDefinition, context: ServiceContext): string {
  return context.image(`${projectOf(service)}:${context.release}`);
}

/** The variables that every program of a service has. */
export function environmentOf(service: ServiceDefinition): { name: string; value: string }[] {
  return Object.entries(service.environment ?? {}).map(([name, value]) => ({ name, value }));
}

/** Where the programs of a service find their configuration file. */
export function configPathOf(service: ServiceDefinition): string {
  return `/etc/${projectOf(service)}/${configFileOf(service)}`;
}

/** The files that every program of a service finds. */
export function mountsOf(service: ServiceDefinition, context: ServiceContext): IVolumeMount[] {
  const own: IVolumeMount = {
    name: "config",
    mountPath: configPathOf(service),
    subPath: configFileOf(service),
    readOnly: true,
  };
  return [
    own,
    trust.mount,
    ...mounted(service, context).map(({ secret, path }) => ({ name: secret, mountPath: path, readOnly: true })),
    ...authoritiesOf(serversOf(service, context)).mounts,
  ];
}

function mounted(service: ServiceDefinition, context: ServiceContext): Mount[] {
  return traitsOf(service, context).flatMap((trait) => trait.mounts);
}

/** A pod of a service with one container, and the volumes that this one has besides those of all. */
export function servicePod(
  { service, context, config }: Pods,
  container: IContainer,
  volumes: readonly IVolume[],
  graceInSeconds?: number,
): IPodSpec {
  return restrictedPod({
    spec: specFor(service, context),
    uid: uids.openstack,
    containers: [container],
    volumes: [
      { name: "config", secret: { secretName: config.metadata.name, defaultMode: 0o440 } },
      trust.volume,
      ...mounted(service, context).map(({ secret }) => ({
        name: secret,
        secret: { secretName: secret, defaultMode: 0o440 },
      })),
      ...authoritiesOf(serversOf(service, context)).volumes,
      ...volumes,
    ],
    ...(graceInSeconds === undefined ? {} : { graceInSeconds }),
  });
}
