import type { ClusterPlan } from "./addresses.ts";

/** Names of the images that every node has. */
export interface SystemImages {
  readonly pause: string;
  readonly busybox: string;
  readonly coredns: string;
  readonly localPath: string;
}

/** What a new cluster is given to be of use: names and storage. */
export function renderAddons(plan: ClusterPlan, images: SystemImages): object {
  return { apiVersion: "v1", kind: "List", items: [...nameService(plan, images), ...storage(images)] };
}

/** The Deployments that must be available before a cluster counts as up. */
export const addonDeployments = [
  { namespace: "kube-system", name: "coredns" },
  { namespace: "local-path-storage", name: "local-path-provisioner" },
] as const;

const corefile = `.:53 {
    errors
    health {
        lameduck 1s
    }
    ready
    kubernetes cluster.local in-addr.arpa {
        ttl 5
    }
    forward . /etc/resolv.conf
    cache 5
    loop
    reload
}
`;

function nameService(plan: ClusterPlan, images: SystemImages): object[] {
  const namespace = "kube-system";
  const labels = { "k8s-app": "kube-dns" };
  const rules = [
    { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  ];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "coredns", namespace } },
    ...clusterGrant("system:coredns", rules, { name: "coredns", namespace }),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "coredns", namespace }, data: { Corefile: corefile } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace, labels: { ...labels, "kubernetes.io/name": "CoreDNS" } },
      spec: {
        clusterIP: plan.dnsService,
        selector: labels,
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: "dns-tcp", port: 53, protocol: "TCP" },
        ],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "coredns", namespace, labels },
      spec: {
        replicas: Math.min(2, plan.nodes.length),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: coreDnsPod(images) },
      },
    },
  ];
}

function coreDnsPod(images: SystemImages): object {
  return {
    serviceAccountName: "coredns",
    priorityClassName: "system-cluster-critical",
    dnsPolicy: "Default",
    terminationGracePeriodSeconds: 5,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      },
    ],
    containers: [
      {
        name: "coredns",
        image: images.coredns,
        args: ["-conf", "/etc/coredns/Corefile"],
        resources: { requests: { cpu: "20m", memory: "40Mi" }, limits: { memory: "256Mi" } },
        readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
        livenessProbe: { httpGet: { path: "/health", port: 8080 }, initialDelaySeconds: 30, failureThreshold: 5 },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
        },
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: "coredns" } }],
  };
}

function storage(images: SystemImages): object[] {
  const namespace = "local-path-storage";
  const name = "local-path-provisioner";
  const read = ["get", "list", "watch"];
  const write = [...read, "create", "patch", "update", "delete"];
  const rules = [
    { apiGroups: [""], resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods/log"], verbs: read },
    { apiGroups: [""], resources: ["persistentvolumes", "pods"], verbs: write },
    { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
    { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
  ];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    ...clusterGrant("local-path-provisioner", rules, { name, namespace }),
    provisionerSettings(namespace, images),
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "nephos.dev/local-path",
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: "Delete",
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        selector: { matchLabels: { app: name } },
        strategy: { type: "Recreate" },
        template: { metadata: { labels: { app: name } }, spec: provisionerPod(namespace, name, images) },
      },
    },
  ];
}

function provisionerPod(namespace: string, serviceAccount: string, images: SystemImages): object {
  return {
    serviceAccountName: serviceAccount,
    priorityClassName: "system-cluster-critical",
    containers: [
      {
        name: "provisioner",
        image: images.localPath,
        args: [
          "start",
          "--provisioner-name=nephos.dev/local-path",
          `--namespace=${namespace}`,
          `--service-account-name=${serviceAccount}`,
          `--helper-image=${images.busybox}`,
          "--config=/etc/config/config.json",
        ],
        env: [{ name: "CONFIG_MOUNT_PATH", value: "/etc/config/" }],
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          runAsUser: 65534,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "config", mountPath: "/etc/config" }],
      },
    ],
    volumes: [{ name: "config", configMap: { name: "local-path-config" } }],
  };
}

function provisionerSettings(namespace: string, images: SystemImages): object {
  const helperPod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "helper-pod" },
    spec: {
      priorityClassName: "system-node-critical",
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "helper-pod", image: images.busybox, imagePullPolicy: "IfNotPresent" }],
    },
  };
  const paths = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: ["/var/lib/local-path"] }];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "local-path-config", namespace },
    data: {
      "config.json": JSON.stringify({ nodePathMap: paths }),
      setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
      teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
      "helperPod.yaml": JSON.stringify(helperPod),
    },
  };
}

function clusterGrant(name: string, rules: readonly object[], account: { name: string; namespace: string }): object[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  return [
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", ...account }],
    },
  ];
}
