import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { Manifest } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { databaseAccess, databaseOptions, databaseSecretOf, databaseWork } from "./database.ts";
import type { Command, Mount, Process, ServiceContext, ServiceDefinition, Setup } from "./define.ts";
import { clusterService, deployment, disruptionBudget, job } from "./manifests.ts";
import { iniParts, merged, type OsloConfig } from "./oslo.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "./pod.ts";
import { publicPort, publicServices } from "./public.ts";
import { registrationOf } from "./registration.ts";
import { attachedAnnotation, versionLabel } from "./running.ts";
import { composedSecret, passwordSecret } from "./secret.ts";
import { attachmentOf, authoritiesOf, givenDatabaseAccount, serversOf } from "./servers.ts";
import {
  certificatesAnnotation,
  publicFiles,
  publicMount,
  publicServerPort,
  serverCertificate,
  serverFiles,
  serverMount,
  trust,
} from "./tls.ts";
import { messagingOptions } from "./traits/messaging.ts";
import { referencesOf, settingsOf, userOptions } from "./user-config.ts";
import { replicasOf, resourcesOf, specFor } from "./wishes.ts";

/** The steps that bring one service up and keep it up. */
export function renderService(service: ServiceDefinition, context: ServiceContext): Step[] {
  const pods = { service, context, config: configSecret(service, context) };
  return [...dataSteps(pods), ...serverSteps(pods)];
}

/** Secrets, configuration, databases and their schema, and what is set up once in them. */
function dataSteps(pods: Pods): Step[] {
  const { service, context } = pods;
  const at = (phase: string): string => `${service.name}/${phase}`;
  return [
    { name: at("secrets"), after: [], objects: generatedSecrets(service, context) },
    {
      name: at("config"),
      after: [at("secrets"), "tls/trust", "database/secrets", ...(service.messaging ? ["messaging/secrets"] : [])],
      objects: [
        ...configSecrets(service, context),
        serverCertificate(
          service.name,
          service.processes.map((process) => serviceNameOf(service, process)),
          context,
        ),
        ...databaseAccess(service, context),
      ],
    },
    {
      name: at("database"),
      after: [at("config"), "database/server"],
      ...databaseWork(service, context),
    },
    {
      name: at("expand"),
      after: [at("database")],
      objects: commandJobs(pods, "expand", service.upgrade.before),
      ...(context.held === undefined ? {} : { held: context.held }),
    },
    { name: at("setup"), after: [at("expand")], objects: service.setup.map((setup) => setupJob(pods, setup)) },
  ];
}

/** The servers, the ways to them, their entry in Keystone, and what only they can read. */
function serverSteps(pods: Pods): Step[] {
  const { service, context } = pods;
  const at = (phase: string): string => `${service.name}/${phase}`;
  const infrastructure = ["database/server", "cache/server", ...(service.messaging ? ["messaging/server"] : [])];
  const registered = service.after.map((name) => `${name}/registration`);
  return [
    {
      name: at("api"),
      after: [
        at("expand"),
        ...infrastructure,
        ...(isPublic(pods) ? ["tls/public"] : []),
        ...context.upgrade.gates,
        ...registered,
      ],
      objects: service.processes.flatMap((process) => processObjects(pods, process)),
      meanwhile: service.processes.flatMap((process) => asItRuns(service, context, process)),
    },
    { name: at("public"), after: [], objects: publicServices(service, context) },
    { name: at("registration"), after: [at("api"), at("setup"), at("public")], ...registrationOf(service, context) },
    {
      name: at("contract"),
      after: [at("api"), at("registration"), ...context.upgrade.rolled],
      objects: commandJobs(pods, "contract", service.upgrade.contract),
    },
  ];
}

/** A process that exists, with everything that is wanted of it but a release that it may not have yet. */
function asItRuns(service: ServiceDefinition, context: ServiceContext, process: Process): Manifest[] {
  const release = context.running(workloadOf(service, process));
  // Before the schema is there, and logging in was tried, pods stay where they are attached.
  const moving = context.attached(workloadOf(service, process)) !== attachmentOf(service, context);
  if (release === undefined || moving) return [];
  const now = { ...context, release };
  return processObjects({ service, context: now, config: configSecret(service, now) }, process);
}

/** The configuration for the wanted release, and for those that run until they may be left. */
function configSecrets(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  const running = service.processes.flatMap((process) => context.running(workloadOf(service, process)) ?? []);
  const all = [context.release, ...running].map((release) => configSecret(service, { ...context, release }));
  return [...new Map(all.map((secret) => [secret.metadata.name, secret])).values()];
}

/** The name of a process's Deployment. */
export function workloadOf(service: ServiceDefinition, process: Process): string {
  return `${service.name}-${process.name}`;
}

/** The names of the Deployments that answer for services. */
export function workloadsOf(services: readonly ServiceDefinition[]): string[] {
  return services.flatMap((service) => service.processes.map((process) => workloadOf(service, process)));
}

/** Every Secret of a service that is made once and then belongs to its data. */
export function generatedSecrets(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  return [
    ...(ownsAccount(service, context) ? [passwordSecret(databaseSecretOf(service.name))] : []),
    ...service.passwords.map(passwordSecret),
    ...traitsOf(service, context).flatMap((trait) => trait.secrets),
  ];
}

/** Whether the service's database account is made by Nephos. */
function ownsAccount({ name, databases }: ServiceDefinition, context: ServiceContext): boolean {
  return databases.length > 0 && givenDatabaseAccount(name, context) === undefined;
}

function traitsOf(
  service: ServiceDefinition,
  { minute }: ServiceContext,
): ReturnType<ServiceDefinition["traits"][number]>[] {
  return service.traits.map((trait) => trait(service.name, minute));
}

/** The service's whole configuration: ours, then the traits', then the user's. */
export function configOf(service: ServiceDefinition, context: ServiceContext): OsloConfig {
  const messaging = service.messaging
    ? [messagingOptions(service.name, service.processes[0]?.name ?? "api", context)]
    : [];
  const common: OsloConfig = { DEFAULT: { use_stderr: true }, oslo_middleware: { enable_proxy_headers_parsing: true } };
  return merged(
    common,
    ...messaging,
    service.config(context),
    userOptions(service, context),
    reservedConfig(service, context),
  );
}

/** What is ours alone to set: where the data and the keys are. */
function reservedConfig(service: ServiceDefinition, context: ServiceContext): OsloConfig {
  const databases = service.databases.map(({ name, section }): OsloConfig => ({
    [section]: databaseOptions(service.name, name, context),
  }));
  return merged(...databases, ...traitsOf(service, context).map((trait) => trait.config));
}

/** The fields that set options which are ours to set. */
export function refusedOptions(service: ServiceDefinition, context: ServiceContext): string[] {
  const ours = Object.entries(reservedConfig(service, context)).flatMap(([section, options]) =>
    Object.keys(options).map((option) => `${section}.${option}`),
  );
  const reserved = new Set([...ours, ...service.reserved, "DEFAULT.transport_url"].map((name) => name.toLowerCase()));
  return settingsOf(service, context)
    .filter(({ section, option }) => reserved.has(`${section}.${option}`.toLowerCase()))
    .map(({ field }) => field);
}

/** The configuration file, named by what is in it but for the values of its secrets: of those that others change by their versions. */
function configSecret(service: ServiceDefinition, context: ServiceContext): SecretRecipe {
  const file = { [`${service.name}.conf`]: iniParts(configOf(service, context)) };
  const versions = referencesOf(service, context).map(({ secret }) => context.versionOf(secret));
  const outside = [attachmentOf(service, context) ?? [], versions.length === 0 ? [] : versions].filter(
    (each) => each.length > 0,
  );
  return composedSecret(`${service.name}-config-${digest(outside.length === 0 ? file : [file, ...outside], 8)}`, file);
}

interface Pods {
  readonly service: ServiceDefinition;
  readonly context: ServiceContext;
  readonly config: SecretRecipe;
}

/** Whether a service answers to those outside the cluster. */
function isPublic({ service, context }: Pods): boolean {
  return publicPort(service.name, context) !== undefined;
}

function processObjects(pods: Pods, process: Process): Manifest[] {
  const { service, context } = pods;
  const certificates = [serverMount(service.name), ...(isPublic(pods) ? [publicMount] : [])];
  const { port, health, wsgi } = process.run;
  const container: IContainer = {
    name: process.name,
    image: imageOf(service, context),
    args: uwsgiArguments(wsgi, [
      { port, files: serverFiles },
      ...(isPublic(pods) ? [{ port: publicServerPort, files: publicFiles }] : []),
    ]),
    env: environmentOf(service),
    ports: [{ name: "https", containerPort: port, protocol: "TCP" }],
    resources: resourcesOf(service, context, process),
    lifecycle: { preStop: { sleep: { seconds: drainInSeconds } } },
    volumeMounts: [...mountsOf(service, context), ...certificates.map(({ mount }) => mount)],
    ...serverProbes({ httpGet: { path: health, port, scheme: "HTTPS" } }),
  };
  const volumes = certificates.map(({ volume }) => volume);
  const pod = servicePod(pods, container, volumes, stopInSeconds);
  const mark = context.certificates(
    workloadOf(service, process),
    volumes.map(({ secret }) => secret?.secretName ?? ""),
  );
  return [
    marked(
      deployment(service.name, process.name, replicasOf(service, context), pod, { [certificatesAnnotation]: mark }),
      service,
      context,
    ),
    clusterService(serviceNameOf(service, process), componentLabels(service.name, process.name), { https: port }),
    disruptionBudget(service.name, process.name),
  ];
}

/** With what the next plan has to know about a workload that runs. */
function marked(workload: Manifest, service: ServiceDefinition, context: ServiceContext): Manifest {
  const labels = { ...workload.metadata.labels, [versionLabel]: context.release };
  const attachment = attachmentOf(service, context);
  const annotations = attachment === undefined ? {} : { annotations: { [attachedAnnotation]: attachment } };
  return { ...workload, metadata: { ...workload.metadata, ...annotations, labels } };
}

/** A pod leaves the endpoints before it stops taking requests; then those under way get time to end. */
const drainInSeconds = 5;
const stopInSeconds = 90;

interface Listener {
  readonly port: number;
  readonly files: { readonly certificate: string; readonly key: string };
}

function uwsgiArguments(wsgi: string, listeners: readonly Listener[]): string[] {
  return [
    "uwsgi",
    ...["--plugins", "python3", "--virtualenv", "/opt/openstack"],
    ...listeners.flatMap(({ port, files }) => ["--https-socket", `:${port},${files.certificate},${files.key}`]),
    ...["--module", wsgi],
    ...["--master", "--need-app", "--lazy-apps", "--enable-threads", "--thunder-lock", "--die-on-term"],
    // One worker at first: two that load at once on a small node are both late. The second comes with the load.
    ...["--cheaper", "1", "--cheaper-initial", "1"],
    ...["--processes", "2", "--threads", "4", "--buffer-size", "65535", "--worker-reload-mercy", "80"],
    ...["--hook-master-start", "unix_signal:15 gracefully_kill_them_all", "--add-header", "Connection: close"],
    ...["--disable-logging"],
  ];
}

/** The first process answers under the service's own name, any other under one with its name behind. */
function serviceNameOf(service: ServiceDefinition, process: Process): string {
  return process === service.processes[0] ? service.name : `${service.name}-${process.name}`;
}

function imageOf(service: ServiceDefinition, context: ServiceContext): string {
  return context.image(`${service.name}:${context.release}`);
}

function environmentOf(service: ServiceDefinition): { name: string; value: string }[] {
  return Object.entries(service.environment ?? {}).map(([name, value]) => ({ name, value }));
}

function mounted(service: ServiceDefinition, context: ServiceContext): Mount[] {
  return traitsOf(service, context).flatMap((trait) => trait.mounts);
}

function mountsOf(service: ServiceDefinition, context: ServiceContext): IVolumeMount[] {
  const own: IVolumeMount = {
    name: "config",
    mountPath: `/etc/${service.name}/${service.name}.conf`,
    subPath: `${service.name}.conf`,
    readOnly: true,
  };
  return [
    own,
    trust.mount,
    ...mounted(service, context).map(({ secret, path }) => ({ name: secret, mountPath: path, readOnly: true })),
    ...authoritiesOf(serversOf(service, context)).mounts,
  ];
}

function servicePod(
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

/** Without a request of its own a Job gets next to nothing of a busy node, and everything waits for it. */
const jobRequests = { cpu: "200m", memory: "192Mi" } as const;

function commandJobs(pods: Pods, phase: string, commands: readonly Command[]): Manifest[] {
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

function setupJob({ service, context, config }: Pods, { name, command, secrets }: Setup): Manifest {
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
    [name, context.incarnation],
    servicePod({ service, context, config }, container, volumes),
  );
}
