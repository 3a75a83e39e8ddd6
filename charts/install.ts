import { type PolicyRule, permissionsOf } from "../operator/access.ts";
import type { Manifest } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { kinds } from "../crds/index.ts";
import { controllers } from "../controllers/index.ts";

/** What an installation of the operator consists of. */
export interface Installation {
  /** Image of the operator. */
  readonly image: string;
  /** Image references by name that the operator uses unless a Cloud says otherwise. */
  readonly images: Readonly<Record<string, string>>;
  readonly registry: string;
  /** Namespaces in which Clouds may be made; the operator gets a Role in each and nothing elsewhere. */
  readonly namespaces: readonly string[];
}

const system = "nephos-system";
const name = "nephos";
const labels = { "app.kubernetes.io/name": "nephos", "app.kubernetes.io/component": "operator" };

/** Everything that installs the operator, in an order in which it can be applied. */
export function installManifests(installation: Installation): readonly object[] {
  const { namespaced, cluster, own } = permissionsOf(controllers(() => ""));
  return [
    ...kinds.map(crdOf),
    namespace(system),
    ...installation.namespaces.map((each) => namespace(each)),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: system, labels } },
    clusterRole(cluster),
    binding("ClusterRole"),
    role(system, own),
    binding("Role", system),
    ...installation.namespaces.flatMap((each) => [role(each, namespaced), binding("Role", each)]),
    operatorDeployment(installation),
  ];
}

function namespace(which: string): object {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: which, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
}

function clusterRole(rules: readonly PolicyRule[]): object {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, labels }, rules };
}

function role(where: string, rules: readonly PolicyRule[]): object {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name, namespace: where, labels },
    rules,
  };
}

function binding(kind: "Role" | "ClusterRole", where?: string): object {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: `${kind}Binding`,
    metadata: { name, labels, ...(where === undefined ? {} : { namespace: where }) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    subjects: [{ kind: "ServiceAccount", name, namespace: system }],
  };
}

/** What the operator has to know of its own pod. */
const downward = Object.entries({ POD_NAME: "metadata.name", POD_NAMESPACE: "metadata.namespace" }).map(
  ([variable, fieldPath]) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } }),
);

function operatorDeployment(installation: Installation): Manifest & object {
  const pod = {
    serviceAccountName: name,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [operatorContainer(installation)],
  };
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: pod },
  };
  return Object.assign(
    { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: system, labels } },
    { spec },
  );
}

function operatorContainer({ image, images, registry, namespaces }: Installation): object {
  const env = {
    WATCH_NAMESPACES: namespaces.join(","),
    NEPHOS_REGISTRY: registry,
    NEPHOS_IMAGES: JSON.stringify(images),
  };
  return {
    name: "operator",
    image,
    imagePullPolicy: "IfNotPresent",
    env: [...Object.entries(env).map(([variable, value]) => ({ name: variable, value })), ...downward],
    ports: [{ name: "health", containerPort: 8080, protocol: "TCP" }],
    livenessProbe: {
      httpGet: { path: "/livez", port: "health" },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 2, timeoutSeconds: 5 },
    resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  };
}
