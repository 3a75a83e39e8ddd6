import type { IDaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { Manifest } from "../../operator/object.ts";
import { configMap } from "../services/manifests.ts";
import { componentLabels } from "../services/pod.ts";
import { type Agent, agents, type HostPath, type Program } from "./agents.ts";
import type { HostContext } from "./host-context.ts";
import { agentsLabel, hostOfLabel, poolLabel, revisionValue } from "./labels.ts";

/** The account that pods of host agents run under: no other may be privileged in a Cloud's namespace. It has no rights and no token. */
export const agentAccount = "nephos-host-agents";

/** What runs on the hosts of a pool that are at one revision. */
export interface Revision {
  /** Stands for all that the agents are made from. */
  readonly name: string;
  readonly configuration: readonly Manifest[];
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
    configuration: rendered.map(({ files }) => files),
    workloads: rendered.map(({ agent, pod }) =>
      daemonSet(agent, pod, context, { revision: name, hosts: { [agentsLabel]: revisionValue(context.pool, name) } }),
    ),
  };
}

/** One agent by itself, on all nodes of the namespace with these labels. */
export function renderAgent(agent: Agent, context: HostContext, hosts: Readonly<Record<string, string>>): Manifest[] {
  const { pod, files } = podOf(agent, context);
  return [files, daemonSet(agent, pod, context, { revision: digest([pod, hosts], 8), hosts })];
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

function podOf(agent: Agent, context: HostContext): { readonly pod: IPodSpec; readonly files: Manifest } {
  const files = configMap(`${agent.name}-${context.pool}`, agent.files(context));
  const pullSecrets = context.cloud.images?.pullSecrets ?? [];
  return {
    files,
    pod: {
      serviceAccountName: agentAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      hostNetwork: true,
      ...(agent.hostPid ? { hostPID: true } : {}),
      dnsPolicy: "ClusterFirstWithHostNet",
      priorityClassName: "system-node-critical",
      terminationGracePeriodSeconds: agent.graceInSeconds,
      tolerations: [{ operator: "Exists" }],
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map(({ name }) => ({ name })) }),
      ...(agent.first === undefined ? {} : { initContainers: [container(agent.first, agent, context)] }),
      containers: agent.programs.map((program) => container(program, agent, context)),
      volumes: [
        { name: "tmp", emptyDir: {} },
        { name: "files", configMap: { name: files.metadata.name } },
        ...agent.hostPaths.map(hostVolume),
        ...(agent.mounts?.(context) ?? []).map(({ volume }) => volume),
      ],
    },
  };
}

function container(program: Program, agent: Agent, context: HostContext): IContainer {
  const { name, image, start, requests, probe, privileged } = program;
  const check = probe === undefined ? {} : { exec: probe };
  return {
    name,
    image: context.image(image(context)),
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
    volumeMounts: [...mountsOf(agent), ...(agent.mounts?.(context) ?? []).map(({ mount }) => mount)],
    ...(probe === undefined
      ? {}
      : {
          startupProbe: { ...check, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 120 },
          readinessProbe: { ...check, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
        }),
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
