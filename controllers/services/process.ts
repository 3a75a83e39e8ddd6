import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { Manifest } from "../../operator/object.ts";
import { configSecret } from "./config.ts";
import type { Front, Process, Program, ServiceContext, ServiceDefinition, Wsgi } from "./define.ts";
import { clusterService, deployment, disruptionBudget, spread, statefulSet } from "./manifests.ts";
import { componentLabels, serverProbes } from "./pod.ts";
import { configPathOf, environmentOf, imageOf, mountsOf, type Pods, servicePod } from "./pods.ts";
import { processFiles, uwsgiPath } from "./process-files.ts";
import { programProbes, settlingOf, stopInSecondsOf } from "./program.ts";
import { publicPort } from "./public.ts";
import { attachedAnnotation, versionLabel } from "./running.ts";
import { releaseFacts } from "../releases/index.ts";
import { attachmentOf } from "./servers.ts";
import { certificatesAnnotation, publicFiles, publicMount, publicServerPort, serverFiles, serverMount } from "./tls.ts";
import { replicasOf, resourcesOf, storageOf } from "./wishes.ts";
import { isApi, isProgram, projectOf, serviceNameOf, workloadOf } from "./workloads.ts";

/** Whether a process answers to those outside the cluster: the first of a service does, where it has a public port. */
function isPublic({ service, context }: Pods, process: Process): boolean {
  return process === service.processes[0] && publicPort(service.name, context) !== undefined;
}

type Api = Process & { readonly run: Wsgi | Front };

/** What runs a process, the way to it where it answers, and how many of its pods may be away. */
export function processObjects(service: ServiceDefinition, context: ServiceContext, process: Process): Manifest[] {
  const labels = componentLabels(service.name, process.name);
  const pods = { service, context, config: configSecret(service, context, process) };
  return [
    ...workload(pods, process).map((written) => marked(written, service, context)),
    ...(isApi(process) ? [clusterService(serviceNameOf(service, process), labels, { https: process.run.port })] : []),
    disruptionBudget(service.name, process.name),
  ];
}

function workload(pods: Pods, process: Process): Manifest[] {
  if (isApi(process)) return [server(pods, process)];
  return isProgram(process) ? [worker(pods, process)] : [];
}

/** What runs a program: its pods keep their names, by which its queues are called. */
function worker(pods: Pods, process: Process & { readonly run: Program }): Manifest {
  const { service, context } = pods;
  const { run, volume } = process;
  const name = workloadOf(service, process);
  const labels = componentLabels(service.name, process.name);
  const container: IContainer = {
    name: process.name,
    image: imageOf(service, context),
    args: [...run.command],
    env: environmentOf(service),
    resources: resourcesOf(service, context, process),
    volumeMounts: [...mountsOf(service, context), ...fileMounts(process), ...dataMounts(process)],
    ...programProbes(run, configPathOf(service)),
  };
  const pod = servicePod(pods, container, [], stopInSecondsOf(run));
  const annotations = cellsMark(service, context);
  return statefulSet({
    name,
    labels,
    // There is none of that name, and need not be: nobody looks for a single pod.
    service: name,
    replicas: volume === undefined ? replicasOf(service, context) : 1,
    pod: { ...pod, topologySpreadConstraints: [spread(labels)] },
    ...(volume === undefined ? {} : { claim: storageOf(service, context) }),
    ...settlingOf(run),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  });
}

function fileMounts(process: Process): IVolumeMount[] {
  return processFiles(process).map(({ name, path }) => ({
    name: "config",
    mountPath: path,
    subPath: name,
    readOnly: true,
  }));
}

function dataMounts({ volume }: Process): IVolumeMount[] {
  return volume === undefined ? [] : [{ name: "data", mountPath: volume.path }];
}

function server(pods: Pods, process: Api): Manifest {
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
  const annotations = { [certificatesAnnotation]: mark, ...cellsMark(service, context) };
  if (process.volume === undefined)
    return deployment(service.name, process.name, replicasOf(service, context), pod, annotations);
  const labels = componentLabels(service.name, process.name);
  const claim = storageOf(service, context);
  return statefulSet({ name, labels, service: serviceNameOf(service, process), replicas: 1, pod, claim, annotations });
}

function serverContainer(pods: Pods, process: Api, certificates: readonly IVolumeMount[]): IContainer {
  const { service, context } = pods;
  const { run } = process;
  const listeners = [
    { port: run.port, files: serverFiles },
    ...(isPublic(pods, process) ? [{ port: publicServerPort, files: publicFiles }] : []),
  ];
  return {
    name: process.name,
    image: imageOf(service, context),
    args: argumentsOf(run, listeners, releaseFacts[context.release].greenThreads.includes(projectOf(service))),
    env: environmentOf(service),
    ports: [{ name: "https", containerPort: run.port, protocol: "TCP" }],
    resources: resourcesOf(service, context, process),
    lifecycle: { preStop: { sleep: { seconds: drainInSeconds } } },
    volumeMounts: [...mountsOf(service, context), ...fileMounts(process), ...certificates, ...dataMounts(process)],
    ...serverProbes({ httpGet: { path: run.health, port: run.port, scheme: "HTTPS" } }),
  };
}

/** By which the pods of what learns of cells when it starts start anew when these are others. */
const cellsAnnotation = "nephos.dev/cells";

function cellsMark({ knowsCells }: ServiceDefinition, { cells }: ServiceContext): Record<string, string> {
  return knowsCells === undefined || cells.length === 0 ? {} : { [cellsAnnotation]: digest(cells, 8) };
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

/**
 * As many workers as there always are: to load one costs seconds of a processor, and uWSGI, where it may have fewer, ends the one that
 * answers while another still loads. Eventlet's threads are not those of uWSGI: a worker that has them answers one request at a time, so
 * there are two.
 */
function workersOf({ workers }: Wsgi, green: boolean): string[] {
  const processes = String(workers ?? (green ? 2 : 1));
  return ["--processes", processes, "--threads", green ? "1" : "8"];
}

function argumentsOf(run: Wsgi | Front, listeners: readonly Listener[], green: boolean): string[] {
  if ("command" in run) return [...run.command];
  return [
    "uwsgi",
    ...["--plugins", "python3", "--virtualenv", "/opt/openstack"],
    ...listeners.flatMap(({ port, files }) => ["--https-socket", `:${port},${files.certificate},${files.key}`]),
    ...["--module", run.wsgi],
    ...["--master", "--need-app", "--lazy-apps", "--enable-threads", "--thunder-lock", "--die-on-term"],
    ...workersOf(run, green),
    ...["--buffer-size", "65535", "--worker-reload-mercy", String(run.endInSeconds ?? 80)],
    ...["--hook-master-start", "unix_signal:15 gracefully_kill_them_all", "--add-header", "Connection: close"],
    ...["--disable-logging", ...(run.options ?? [])],
    ...(run.fileOptions === undefined ? [] : ["--ini", uwsgiPath]),
  ];
}
