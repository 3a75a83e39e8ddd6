import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import type { Manifest } from "../../operator/object.ts";
import type { Process, ServiceContext, ServiceDefinition, Wsgi } from "./define.ts";
import { clusterService, deployment, disruptionBudget, statefulSet } from "./manifests.ts";
import { componentLabels, serverProbes } from "./pod.ts";
import { environmentOf, imageOf, mountsOf, type Pods, servicePod } from "./pods.ts";
import { publicPort } from "./public.ts";
import { attachedAnnotation, versionLabel } from "./running.ts";
import { releaseFacts } from "../releases/index.ts";
import { attachmentOf } from "./servers.ts";
import { certificatesAnnotation, publicFiles, publicMount, publicServerPort, serverFiles, serverMount } from "./tls.ts";
import { replicasOf, resourcesOf, storageOf } from "./wishes.ts";
import { serviceNameOf, workloadOf } from "./workloads.ts";

/** Whether a process answers to those outside the cluster: the first of a service does, where it has a public port. */
function isPublic({ service, context }: Pods, process: Process): boolean {
  return process === service.processes[0] && publicPort(service.name, context) !== undefined;
}

/** What runs a process, the way to it, and how many of its pods may be away. */
export function processObjects(pods: Pods, process: Process): Manifest[] {
  const { service, context } = pods;
  const labels = componentLabels(service.name, process.name);
  return [
    marked(workload(pods, process), service, context),
    clusterService(serviceNameOf(service, process), labels, { https: process.run.port }),
    disruptionBudget(service.name, process.name),
  ];
}

function workload(pods: Pods, process: Process): Manifest {
  const { service, context } = pods;
  const name = workloadOf(service, process);
  const certificates = [serverMount(service.name), ...(isPublic(pods, process) ? [publicMount] : [])];
  const volumes = certificates.map(({ volume }) => volume);
  const container = serverContainer(
    pods,
    process,
    certificates.map(({ mount }) => mount),
  );
  const pod = servicePod(pods, container, volumes, stopInSeconds);
  const mark = context.certificates(
    name,
    volumes.map(({ secret }) => secret?.secretName ?? ""),
  );
  const annotations = { [certificatesAnnotation]: mark };
  if (process.volume === undefined)
    return deployment(service.name, process.name, replicasOf(service, context), pod, annotations);
  const labels = componentLabels(service.name, process.name);
  const claim = storageOf(service, context);
  return statefulSet({ name, labels, service: serviceNameOf(service, process), replicas: 1, pod, claim, annotations });
}

function serverContainer(pods: Pods, process: Process, certificates: readonly IVolumeMount[]): IContainer {
  const { service, context } = pods;
  const { run, volume } = process;
  const listeners = [
    { port: run.port, files: serverFiles },
    ...(isPublic(pods, process) ? [{ port: publicServerPort, files: publicFiles }] : []),
  ];
  return {
    name: process.name,
    image: imageOf(service, context),
    args: uwsgiArguments(run, listeners, workersOf(service, context)),
    env: environmentOf(service),
    ports: [{ name: "https", containerPort: run.port, protocol: "TCP" }],
    resources: resourcesOf(service, context, process),
    lifecycle: { preStop: { sleep: { seconds: drainInSeconds } } },
    volumeMounts: [
      ...mountsOf(service, context),
      ...certificates,
      ...(volume === undefined ? [] : [{ name: "data", mountPath: volume.path }]),
    ],
    ...serverProbes({ httpGet: { path: run.health, port: run.port, scheme: "HTTPS" } }),
  };
}

/** With what the next plan has to know about a workload that runs. */
function marked(written: Manifest, service: ServiceDefinition, context: ServiceContext): Manifest {
  const labels = { ...written.metadata.labels, [versionLabel]: context.release };
  const attachment = attachmentOf(service, context);
  const annotations = attachment === undefined ? {} : { annotations: { [attachedAnnotation]: attachment } };
  return { ...written, metadata: { ...written.metadata, ...annotations, labels } };
}

/** A pod leaves the endpoints before it stops taking requests; then those under way get time to end. */
const drainInSeconds = 5;
const stopInSeconds = 90;

interface Listener {
  readonly port: number;
  readonly files: { readonly certificate: string; readonly key: string };
}

interface Workers {
  readonly processes: number;
  readonly threads: number;
}

/** Eventlet's threads are not those of uWSGI: mixed, a request waits for another's. */
function workersOf({ name }: ServiceDefinition, { release }: ServiceContext): Workers {
  return releaseFacts[release].greenThreads.includes(name)
    ? { processes: 4, threads: 1 }
    : { processes: 2, threads: 4 };
}

function uwsgiArguments(
  { wsgi, options = [] }: Wsgi,
  listeners: readonly Listener[],
  { processes, threads }: Workers,
): string[] {
  return [
    "uwsgi",
    ...["--plugins", "python3", "--virtualenv", "/opt/openstack"],
    ...listeners.flatMap(({ port, files }) => ["--https-socket", `:${port},${files.certificate},${files.key}`]),
    ...["--module", wsgi],
    ...["--master", "--need-app", "--lazy-apps", "--enable-threads", "--thunder-lock", "--die-on-term"],
    // One worker at first: two that load at once on a small node are both late. The second comes with the load.
    ...["--cheaper", "1", "--cheaper-initial", "1"],
    ...[
      "--processes",
      `${processes}`,
      "--threads",
      `${threads}`,
      "--buffer-size",
      "65535",
      "--worker-reload-mercy",
      "80",
    ],
    ...["--hook-master-start", "unix_signal:15 gracefully_kill_them_all", "--add-header", "Connection: close"],
    ...["--disable-logging", ...options],
  ];
}
