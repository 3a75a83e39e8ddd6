import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { Manifest } from "../../operator/object.ts";
import type { Wanted } from "../../operator/plan.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { configMap } from "../services/manifests.ts";
import { componentLabels } from "../services/pod.ts";
import { composedSecret } from "../services/secret.ts";
import type { CertificateMount } from "../services/tls.ts";
import { type Agent, agents, type HostPath, type Program } from "./agents.ts";
import type { HostContext } from "./host-context.ts";
import { agentsLabel, hostOfLabel, poolLabel, revisionValue } from "./labels.ts";

/** The account that pods of host agents run under: no other may be privileged in a Cloud's namespace. It has no rights and no token. */
export const agentAccount = "nephos-host-agents";

/** What runs on the hosts of a pool that are at one revision. */
export interface Revision {
  /** Stands for all that the agents are made from. */
  readonly name: string;
  readonly configuration: readonly Wanted[];
  readonly workloads: readonly (IDaemonSet & Manifest)[];
}

/** The label of DaemonSets and pods with the name of their revision. */
export const revisionLabel = "nephos.dev/revision";

/** The agents as one revision: another image, file or setting is another one, with DaemonSets of its own. */
export function renderRevision(context: HostContext, which: readonly Agent[] = agents): Revision {
  const rendered = which.map((agent) => ({ agent, ...podOf(agent, context) }));
  const name = digest(
    rendered.map(({ pod }) => pod),
    8,
  );
  return {
    name,
    configuration: rendered.flatMap(({ files }) => files),
    workloads: rendered.map(({ agent, pod }) =>
      daemonSet(agent, pod, context, { revision: name, hosts: { [agentsLabel]: revisionValue(context.pool, name) } }),
    ),
  };
}

/** One agent by itself, on all nodes of the namespace with these labels. */
export function renderAgent(agent: Agent, context: HostContext, hosts: Readonly<Record<string, string>>): Wanted[] {
  const { pod, files } = podOf(agent, context);
  return [...files, daemonSet(agent, pod, context, { revision: digest([pod, hosts], 8), hosts })];
}

/** Which hosts have an agent: those of the namespace with these labels. */
interface Reach {
  readonly revision: string;
  readonly hosts: Readonly<Record<string, string>>;
}

function daemonSet(
  { name: agent }: Agent,
  pod: IPodSpec,
  { namespace, pool }: HostContext,
  { revision, hosts }: Reach,
): IDaemonSet & Manifest {
  const labels = { ...componentLabels(agent, "host"), [poolLabel]: pool, [revisionLabel]: revision };
  const nodeSelector = { ...hosts, [hostOfLabel]: namespace };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: `${agent}-${pool}-${revision}`, labels },
    spec: {
      selector: { matchLabels: labels },
      // A revision does not change; which host has it is told by its label alone.
      updateStrategy: { type: "OnDelete" },
      template: { metadata: { labels }, spec: { ...pod, nodeSelector } },
    },
  };
}

function podOf(agent: Agent, context: HostContext): { readonly pod: IPodSpec; readonly files: readonly Wanted[] } {
  const files = configMap(`${agent.name}-${context.pool}`, agent.files(context));
  const secret = configurationOf(agent, context);
  const pullSecrets = context.cell.context.spec.images?.pullSecrets ?? [];
  const mounted = [...(secret === undefined ? [] : [secret.mounted]), ...(agent.mounts?.(context) ?? [])];
  const mounts = [...mountsOf(agent), ...mounted.map(({ mount }) => mount)];
  return {
    files: [files, ...(secret === undefined ? [] : [secret.recipe])],
    pod: {
      serviceAccountName: agentAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      hostNetwork: true,
      ...(agent.hostPid ? { hostPID: true } : {}),
      dnsPolicy: "ClusterFirstWithHostNet",
      priorityClassName: "system-node-critical",
      // What a pod takes before its programs hear of it counts too.
      terminationGracePeriodSeconds:
        agent.graceInSeconds + Math.max(...agent.programs.map(({ lingerInSeconds = 0 }) => lingerInSeconds)),
      tolerations: [{ operator: "Exists" }],
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map(({ name }) => ({ name })) }),
      ...(agent.first === undefined ? {} : { initContainers: [container(agent.first, agent, context, mounts)] }),
      containers: agent.programs.map((program, index) => ({
        ...container(program, agent, context, mounts),
        ...(index === 0 ? { ports: [lockOf(agent)] } : {}),
      })),
      volumes: [
        { name: "tmp", emptyDir: {} },
        { name: "files", configMap: { name: files.metadata.name } },
        ...agent.hostPaths.map(hostVolume),
        ...mounted.map(({ volume }) => volume),
      ],
    },
  };
}

function lockOf({ lock }: Agent): NonNullable<IContainer["ports"]>[number] {
  return { name: "lock", containerPort: lock, hostPort: lock, protocol: "TCP" };
}

/** The configuration of an agent that holds secrets, in a Secret named by what it is made from, and where it is in the pod. */
function configurationOf(
  agent: Agent,
  context: HostContext,
): { readonly recipe: SecretRecipe; readonly mounted: CertificateMount } | undefined {
  const configuration = agent.configuration?.(context);
  if (configuration === undefined) return undefined;
  const { path, files, versions = [] } = configuration;
  const made = versions.length === 0 ? files : [files, versions];
  const secretName = `${agent.name}-${context.pool}-${digest(made, 8)}`;
  return {
    recipe: composedSecret(secretName, files),
    mounted: {
      volume: { name: "configuration", secret: { secretName, defaultMode: 0o440 } },
      mount: { name: "configuration", mountPath: path, readOnly: true },
    },
  };
}

function container(
  program: Program,
  agent: Agent,
  context: HostContext,
  volumeMounts: readonly IVolumeMount[],
): IContainer {
  const { name, image, start, requests, privileged, lingerInSeconds = 0 } = program;
  return {
    name,
    image: context.cell.context.image(image(context)),
    imagePullPolicy: "IfNotPresent",
    command: ["sh", `/etc/nephos/${start}`],
    env: [
      { name: "NEPHOS_AGENT", value: agent.name },
      { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: "HOST_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
    ],
    resources: { requests: { ...requests } },
    securityContext: securityOf(privileged),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [...volumeMounts],
    ...probesOf(program),
    ...(lingerInSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: lingerInSeconds } } } }),
  };
}

function probesOf({ probe, liveness, startInSeconds = 120, periodInSeconds = 10 }: Program): Partial<IContainer> {
  if (probe === undefined) return {};
  // Who asks seldom afterwards costs something to ask.
  const [startPeriod, timeoutSeconds] = periodInSeconds > 10 ? [5, 20] : [1, 5];
  return {
    startupProbe: {
      exec: probe,
      periodSeconds: startPeriod,
      timeoutSeconds,
      failureThreshold: Math.ceil(startInSeconds / startPeriod),
    },
    readinessProbe: { exec: probe, periodSeconds: periodInSeconds, timeoutSeconds, failureThreshold: 3 },
    ...(liveness === undefined
      ? {}
      : { livenessProbe: { exec: liveness, periodSeconds: 60, timeoutSeconds, failureThreshold: 3 } }),
  };
}

// Root either way: what the host's folders hold is root's.
function securityOf(privileged: boolean): NonNullable<IContainer["securityContext"]> {
  if (privileged) return { privileged: true, runAsUser: 0, runAsGroup: 0 };
  return {
    runAsUser: 0,
    runAsGroup: 0,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  };
}

function mountsOf({ hostPaths, places = {} }: Agent): IVolumeMount[] {
  return [
    { name: "tmp", mountPath: "/tmp" },
    { name: "files", mountPath: "/etc/nephos", readOnly: true },
    ...Object.entries(places).map(([file, mountPath]) => ({ name: "files", mountPath, subPath: file, readOnly: true })),
    ...hostPaths.map(({ path }) => ({ name: volumeName(path), mountPath: path })),
  ];
}

function hostVolume({ path, type }: HostPath): IVolume {
  return { name: volumeName(path), hostPath: { path, type } };
}

/** `/run/openvswitch` is `run-openvswitch`. */
function volumeName(path: string): string {
  return path.slice(1).replaceAll(/[^a-z0-9]/g, "-");
}
