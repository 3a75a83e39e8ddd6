import { type PolicyRule, permissionsOf } from "../operator/access.ts";
import { agentAccount } from "../controllers/compute/render.ts";
import { controllers } from "../controllers/index.ts";

/** Name of every object that installs the operator; CRDs are the cluster's, so there is one operator in a cluster. */
export const name = "nephos";

/** What an object or pod of the operator is known by; never changed, for a Deployment keeps its selector. */
export const identity = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "operator" } as const;

/**
 * What differs between installations. Where a text stands for a map or a list, or for a number, it is a slot of a chart's
 * template (`template.ts`).
 */
export interface Frame {
  /** Namespace of the operator itself. */
  readonly namespace: string;
  /** Labels of every object; those of the pods have to contain `identity`. */
  readonly labels: object | string;
  readonly podLabels: object | string;
}

/** What differs between the operator's pods of one installation and another. */
export interface Workload {
  readonly replicas: number | string;
  readonly image: string;
  readonly pullPolicy: string;
  /** The operator's settings, as environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly resources: object | string;
  /** Further fields of the pod, such as where it may run. */
  readonly pod: object;
}

const permissions = permissionsOf(controllers(() => ""));

/** The account by which the operator is known to the API server. */
export function serviceAccount(frame: Frame, annotations: object): object {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { ...metadata(frame, name, frame.namespace), ...annotations },
  };
}

/** The account of host agents in a namespace for Clouds: it has no rights. */
export function agentsAccount(frame: Frame, where: string): object {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(frame, agentAccount, where) };
}

/** What the operator may do in the whole cluster. */
export function clusterRights(frame: Frame): object[] {
  return rights(frame, "ClusterRole", name, permissions.cluster);
}

/** What the operator may do in a namespace for Clouds. */
export function namespaceRights(frame: Frame, where: string): object[] {
  return rights(frame, "Role", name, permissions.namespaced, where);
}

/** What the operator may do in its own namespace: run for the lease. */
export function leaseRights(frame: Frame): object[] {
  return rights(frame, "Role", `${name}-leader-election`, permissions.own, frame.namespace);
}

function rights(
  frame: Frame,
  kind: "Role" | "ClusterRole",
  called: string,
  rules: readonly PolicyRule[],
  where?: string,
): object[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  return [
    { apiVersion, kind, metadata: metadata(frame, called, where), rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata: metadata(frame, called, where),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: called },
      subjects: [{ kind: "ServiceAccount", name, namespace: frame.namespace }],
    },
  ];
}

/** The operator's pods: replaced one by one, so that there is always one to take over, and spread over nodes where that can be. */
export function deployment(frame: Frame, workload: Workload): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(frame, name, frame.namespace),
    spec: {
      replicas: workload.replicas,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: identity },
      template: { metadata: { labels: frame.podLabels }, spec: podSpec(workload) },
    },
  };
}

function podSpec(workload: Workload): object {
  return {
    serviceAccountName: name,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: identity },
      },
    ],
    ...workload.pod,
    containers: [container(workload)],
  };
}

/** What the operator has to know of its own pod: its name in the lease. */
const downward = Object.entries({ POD_NAME: "metadata.name", POD_NAMESPACE: "metadata.namespace" }).map(
  ([variable, fieldPath]) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } }),
);

function container({ image, pullPolicy, env, resources }: Workload): object {
  return {
    name: "operator",
    image,
    imagePullPolicy: pullPolicy,
    env: [...Object.entries(env).map(([variable, value]) => ({ name: variable, value })), ...downward],
    ports: [{ name: "health", containerPort: 8080, protocol: "TCP" }],
    livenessProbe: {
      httpGet: { path: "/livez", port: "health" },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 2, timeoutSeconds: 5 },
    resources,
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  };
}

/** Metadata of an object of the operator; without a namespace, it is the cluster's. */
export function metadata({ labels }: Frame, called: string, namespace?: string): object {
  return { name: called, ...(namespace === undefined ? {} : { namespace }), labels };
}
