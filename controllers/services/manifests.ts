import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IStatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import type { IJob } from "kubernetes-models/batch/v1/Job";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import type { IPersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IService } from "kubernetes-models/v1/Service";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import { digest } from "../../operator/digest.ts";
import type { Manifest } from "../../operator/object.ts";
import { componentLabels } from "./pod.ts";

/** A server without state. It takes a replica down only when its successor serves. Other annotations of its pods start them anew. */
export function deployment(
  service: string,
  component: string,
  replicas: number,
  pod: IPodSpec,
  annotations: Readonly<Record<string, string>> = {},
): IDeployment & Manifest {
  const labels = componentLabels(service, component);
  const metadata = { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }) };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `${service}-${component}`, labels },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata, spec: { ...pod, topologySpreadConstraints: [spread(labels)] } },
    },
  };
}

/** Asks for the pods with these labels to be on as many nodes as there are. */
export function spread(labels: Record<string, string>): NonNullable<IPodSpec["topologySpreadConstraints"]>[number] {
  return {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: labels },
  };
}

/** A volume to ask for: its size as a Kubernetes quantity, its class where it is not the cluster's default. */
export interface Claim {
  readonly size: string;
  readonly storageClassName?: string | undefined;
}

/** What StatefulSets differ in: names and labels of what they are, how many pods, and what each of them is. */
export interface Stateful {
  readonly name: string;
  readonly labels: Record<string, string>;
  /** The Service that its pods are behind. */
  readonly service: string;
  readonly replicas: number;
  readonly pod: IPodSpec;
  /** A volume of each pod that outlives it, under the name `data`. */
  readonly claim?: Claim;
  /** Of the pods: others start them anew. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** How long a pod must be ready to count. Default 0. */
  readonly settleInSeconds?: number;
}

/** Pods that keep their names, one for one. */
export function statefulSet(options: Stateful): IStatefulSet & Manifest {
  const { name, labels, service, replicas, pod, claim, annotations, settleInSeconds } = options;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, labels },
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      serviceName: service,
      // In order, a member that cannot start would hold up its own replacement, even by what ran before.
      podManagementPolicy: "Parallel",
      ...(settleInSeconds === undefined ? {} : { minReadySeconds: settleInSeconds }),
      selector: { matchLabels: labels },
      ...(claim === undefined
        ? {}
        : { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" } }),
      template: {
        metadata: { labels, ...(annotations === undefined ? {} : { annotations: { ...annotations } }) },
        spec: pod,
      },
      ...(claim === undefined ? {} : { volumeClaimTemplates: [claimTemplate(claim)] }),
    },
  };
}

function claimTemplate({ size, storageClassName }: Claim): IPersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: size } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}

/** A server of one member with a volume that outlives it. The Service by which members find each other may have a name of its own. */
export function singleMember(name: string, claim: Claim, pod: IPodSpec, members = name): IStatefulSet & Manifest {
  return statefulSet({ name, labels: componentLabels(name, "server"), service: members, replicas: 1, pod, claim });
}

/** A Service inside the cluster, for the pods with the given component labels. */
export function clusterService(
  name: string,
  selector: Record<string, string>,
  ports: Readonly<Record<string, number>>,
): IService & Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: selector },
    spec: {
      type: "ClusterIP",
      selector,
      ports: Object.entries(ports).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: number,
        protocol: "TCP",
      })),
    },
  };
}

/** A Service by which the members of a StatefulSet find each other, each by its own name, before they are ready too. */
export function memberService(
  name: string,
  selector: Record<string, string>,
  ports: Readonly<Record<string, number>>,
): IService & Manifest {
  const service = clusterService(name, selector, ports);
  return { ...service, spec: { ...service.spec, clusterIP: "None", publishNotReadyAddresses: true } };
}

/** At most one pod of a component is away at a time for anybody's maintenance. */
export function disruptionBudget(service: string, component: string): IPodDisruptionBudget & Manifest {
  const labels = componentLabels(service, component);
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: `${service}-${component}`, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  };
}

/** Configuration files in a ConfigMap that is named by its content. */
export function configMap(name: string, data: Readonly<Record<string, string>>): IConfigMap & Manifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-${digest(data, 8)}` }, data };
}

/** Exit codes after which another try cannot help; any other failure is tried again. */
function failOn(
  values: readonly number[],
): NonNullable<NonNullable<IJob["spec"]>["podFailurePolicy"]>["rules"][number] {
  return { action: "FailJob", onExitCodes: { operator: "In", values: [...values] } };
}

/**
 * A Job named by what it does and what it acts on, never by its pod template, so that a finished one is a fact and an operator
 * update runs nothing again.
 */
export function job(
  service: string,
  phase: string,
  inputs: unknown,
  pod: IPodSpec,
  finalExitCodes: readonly number[] = [],
): IJob & Manifest {
  const labels = componentLabels(service, phase);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `${service}-${phase}-${digest(inputs, 8)}`, labels },
    spec: {
      backoffLimit: 3,
      activeDeadlineSeconds: 900,
      ...(finalExitCodes.length === 0 ? {} : { podFailurePolicy: { rules: [failOn(finalExitCodes)] } }),
      template: { metadata: { labels }, spec: { ...pod, restartPolicy: "Never" } },
    },
  };
}
