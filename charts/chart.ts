import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kinds } from "../crds/index.ts";
import { isRecord, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import * as operator from "./objects.ts";
import { nodePolicies, podPolicies } from "./policies.ts";
import { block, inline, maybe, optional, type Template } from "./template.ts";

// `$` and not `.`: it means the same within `range` and `with`.
const frame: operator.Frame = {
  namespace: inline("$.Release.Namespace | quote"),
  labels: block('include "nephos.labels" $'),
  podLabels: block('include "nephos.podLabels" $'),
};

const workload: operator.Workload = {
  replicas: inline(".Values.replicas"),
  image: inline('include "nephos.image" .'),
  pullPolicy: inline(".Values.image.pullPolicy"),
  env: {
    WATCH_NAMESPACES: inline('join "," .Values.namespaces | quote'),
    NEPHOS_REGISTRY: inline(".Values.imageRegistry | default .Values.image.registry | quote"),
    NEPHOS_IMAGES: inline("toJson .Values.images | quote"),
    NEPHOS_LOG_LEVEL: inline(".Values.logLevel"),
  },
  resources: block("toYaml .Values.resources"),
  pod: {
    imagePullSecrets: optional(".Values.image.pullSecrets"),
    priorityClassName: maybe(".Values.priorityClassName"),
    nodeSelector: optional(".Values.nodeSelector"),
    tolerations: optional(".Values.tolerations"),
    affinity: optional(".Values.affinity"),
  },
};

/** Every generated template of the chart. */
export function chartTemplates(): Template[] {
  const from = "chart.ts";
  const account = operator.serviceAccount(frame, { annotations: optional(".Values.serviceAccount.annotations") });
  return [
    ...kinds.map((kind) => ({
      file: `crd-${kind.kind.toLowerCase()}.yaml`,
      from,
      when: ".Values.crds.install",
      objects: [keptCrd(crdOf(kind))],
    })),
    { file: "service-account.yaml", from, objects: [account] },
    { file: "cluster-role.yaml", from, objects: operator.clusterRights(frame) },
    { file: "leader-election.yaml", from, objects: operator.leaseRights(frame) },
    {
      file: "roles.yaml",
      from,
      each: ".Values.namespaces",
      objects: [
        operator.agentsAccount(frame, inline(". | quote")),
        ...operator.namespaceRights(frame, inline(". | quote")),
      ],
    },
    { file: "policies.yaml", from, objects: policies() },
    { file: "deployment.yaml", from, objects: [operator.deployment(frame, workload)] },
    {
      file: "pod-disruption-budget.yaml",
      from,
      when: ".Values.podDisruptionBudget.enabled",
      objects: [disruptionBudget()],
    },
    { file: "network-policy.yaml", from, when: ".Values.networkPolicy.enabled", objects: [networkPolicy()] },
    {
      file: "service-monitor.yaml",
      from,
      when: ".Values.serviceMonitor.enabled",
      objects: [service(), serviceMonitor()],
    },
  ];
}

function policies(): object[] {
  const clouds = podPolicies(frame, block("toYaml .Values.namespaces"));
  return [...clouds, ...nodePolicies(frame, inline("$.Release.Namespace"))];
}

/** A CRD that Helm upgrades, but never deletes: with it would go every Cloud. */
function keptCrd(crd: Readonly<Record<string, unknown>>): object {
  const meta = isRecord(crd["metadata"]) ? crd["metadata"] : {};
  return { ...crd, metadata: { ...meta, annotations: { "helm.sh/resource-policy": "keep" } } };
}

function here(): object {
  return operator.metadata(frame, operator.name, frame.namespace);
}

function disruptionBudget(): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: here(),
    spec: {
      maxUnavailable: inline(".Values.podDisruptionBudget.maxUnavailable"),
      selector: { matchLabels: operator.identity },
    },
  };
}

/** In: metrics and probes. Out: names, the API server, and what runs in the namespaces of Clouds (Keystone, say). */
function networkPolicy(): object {
  const inClouds = {
    matchExpressions: [
      { key: "kubernetes.io/metadata.name", operator: "In", values: block("toYaml .Values.namespaces") },
    ],
  };
  const names = ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol }));
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: here(),
    spec: {
      podSelector: { matchLabels: operator.identity },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ port: "health", protocol: "TCP" }], from: optional(".Values.networkPolicy.metricsFrom") }],
      egress: [
        { ports: names },
        { ports: block('include "nephos.apiServerPorts" .') },
        { to: [{ namespaceSelector: inClouds }] },
      ],
    },
  };
}

/** A standby has metrics too, and so has a pod that is not ready. */
function service(): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: here(),
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: operator.identity,
      ports: [{ name: "metrics", port: 8080, targetPort: "health", protocol: "TCP" }],
    },
  };
}

function serviceMonitor(): object {
  const labels = block('merge (dict) .Values.serviceMonitor.labels (include "nephos.labels" . | fromYaml) | toYaml');
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { name: operator.name, namespace: frame.namespace, labels },
    spec: {
      selector: { matchLabels: operator.identity },
      endpoints: [{ port: "metrics", interval: maybe(".Values.serviceMonitor.interval") }],
    },
  };
}

/** Version of the chart; it changes with what the chart renders, the operator's is `appVersion`. */
const version = "0.3.0";

/** `Chart.yaml`. */
export function chartYaml(): string {
  const project: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"));
  const chart = {
    apiVersion: "v2",
    name: operator.name,
    description: textAt(project, "description"),
    type: "application",
    version,
    appVersion: textAt(project, "version"),
    kubeVersion: ">=1.31.0-0",
  };
  return `# Generated from charts/chart.ts by npm run generate.\n${stringify(chart)}`;
}
