import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { Manifest } from "../../operator/object.ts";
import { brokerPhases } from "./broker.ts";
import { configSecret } from "./config.ts";
import type { Command, Process, ServiceDefinition, Setup } from "./define.ts";
import { job } from "./manifests.ts";
import { environmentOf, imageOf, mountsOf, type Pods, servicePod } from "./pods.ts";

/** Without a request of its own a Job gets next to nothing of a busy node, and everything waits for it. */
const jobRequests = { cpu: "100m", memory: "192Mi" } as const;

/** Programs of the service, each to its end, side by side. */
export function commandJobs(pods: Pods, phase: string, commands: readonly Command[]): Manifest[] {
  return commands.map((command, index) => commandJob(pods, index === 0 ? phase : `${phase}-${index + 1}`, command));
}

function commandJob({ service, context, config }: Pods, phase: string, command: Command): Manifest {
  const container: IContainer = {
    name: phase,
    image: imageOf(service, context),
    args: [...command],
    env: environmentOf(service),
    resources: { requests: { ...jobRequests } },
    volumeMounts: mountsOf(service, context),
  };
  const inputs = [phase, command, context.release, context.incarnation];
  const pod = servicePod({ service, context, config }, container, []);
  return job(service.name, phase, inputs, pod, service.finalExitCodes);
}

/** As what a Job is configured that has options of its own; undefined where it reads what the first process does. */
export function setupProcess({ processes: [first] }: ServiceDefinition, { name, config }: Setup): Process | undefined {
  return first === undefined || config === undefined ? undefined : { ...first, name, config };
}

/** What is done once for the data. */
export function setupJob({ service, context, config }: Pods, setup: Setup): Manifest {
  const { name, command, secrets } = setup;
  const own = setupProcess(service, setup);
  const volumes = secrets.map(({ secret }): IVolume => ({
    name: `setup-${secret}`,
    secret: { secretName: secret, defaultMode: 0o440 },
  }));
  const container: IContainer = {
    name,
    image: imageOf(service, context),
    args: [...command],
    env: environmentOf(service),
    resources: { requests: { ...jobRequests } },
    volumeMounts: [
      ...mountsOf(service, context),
      ...secrets.map(({ secret }) => ({
        name: `setup-${secret}`,
        mountPath: `/run/secrets/nephos/${secret}`,
        readOnly: true,
      })),
    ],
  };
  return job(
    service.name,
    name,
    // What stands on a broker of its own is set up anew for another broker.
    [name, context.incarnation, ...brokerPhases(service).map(() => context.broker)],
    servicePod(
      { service, context, config: own === undefined ? config : configSecret(service, context, own) },
      container,
      volumes,
    ),
  );
}
