import { z } from "zod";

const namespaceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
  .max(63);
const labels = z.record(z.string(), z.string());
const annotations = z.record(z.string(), z.string());
const quantities = z.record(z.string(), z.union([z.string(), z.number()]));

const image = z.strictObject({
  registry: z
    .string()
    .min(1)
    .default("localhost/nephos")
    .describe("Registry and path below which the operator's image is, as `<registry>/operator`."),
  tag: z.string().default("").describe("Tag of the operator's image; empty: the chart's appVersion."),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default("")
    .describe("Digest of the operator's image, `sha256:…`; it is taken instead of the tag."),
  pullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .default("IfNotPresent")
    .describe("When nodes pull the image."),
  pullSecrets: z
    .array(z.strictObject({ name: z.string().min(1) }))
    .default([])
    .describe("Secrets in the release's namespace to pull the operator's image with, as `[{name: …}]`."),
});

const networkPolicy = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether the operator's connections are limited to what it needs."),
  apiServerPorts: z
    .array(z.int().min(1).max(65535))
    .min(1)
    .default([443, 6443])
    .describe("TCP ports at which the API server is reached, before and behind its Service."),
  metricsFrom: z
    .array(z.record(z.string(), z.unknown()))
    .default([])
    .describe("Who may read metrics, as NetworkPolicy peers; empty: everybody."),
});

const serviceMonitor = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe("Whether there is a ServiceMonitor, for the Prometheus Operator; its CRDs have to be there."),
  interval: z.string().default("").describe("How often metrics are read, as in `30s`; empty: as Prometheus is set."),
  labels: labels.default({}).describe("Labels by which a Prometheus chooses the ServiceMonitor."),
});

/** Everything that can be set in the chart; unknown values are refused. */
export const values = z.strictObject({
  namespaces: z
    .array(namespaceName)
    .min(1)
    .meta({ uniqueItems: true })
    .default(["openstack"])
    .describe(
      "Namespaces for Clouds; they have to exist. The operator gets a Role in each and reads nothing in others.",
    ),
  image: image.optional(),
  imageRegistry: z
    .string()
    .default("")
    .describe("Registry of the OpenStack images, for Clouds that do not name their own; empty: that of `image`."),
  images: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe(
      'Whole references of single images by name, as in `{"keystone:2026.1": registry.example.org/keystone:1}`.',
    ),
  replicas: z
    .int()
    .min(1)
    .default(2)
    .describe(
      "Pods of the operator. One works, by a lease; the others have their caches filled and take over within 15 s.",
    ),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info").describe("What is logged, and all above it."),
  resources: z
    .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
    .default({ requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } })
    .describe("Resources of the operator's container."),
  nodeSelector: labels.default({}).describe("Labels of the nodes that the operator may run on."),
  tolerations: z.array(z.record(z.string(), z.unknown())).default([]).describe("Taints that the operator tolerates."),
  affinity: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Affinity of the operator's pods. They are spread over nodes where that can be, whatever is said here."),
  priorityClassName: z.string().default("").describe("Priority class of the operator's pods."),
  extraLabels: labels.default({}).describe("Labels for every object of the chart and the operator's pods."),
  serviceAccount: z
    .strictObject({ annotations: annotations.default({}).describe("Annotations of the operator's service account.") })
    .optional(),
  podDisruptionBudget: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Whether evictions leave a pod of the operator."),
      maxUnavailable: z.int().min(1).default(1).describe("Pods of the operator that may be evicted at the same time."),
    })
    .optional(),
  networkPolicy: networkPolicy.optional(),
  serviceMonitor: serviceMonitor.optional(),
  crds: z
    .strictObject({
      install: z
        .boolean()
        .default(true)
        .describe(
          "Whether the chart brings the CRDs, and new versions of them with an upgrade. They are never deleted.",
        ),
    })
    .optional(),
  global: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("What Helm hands to a sub-chart; nothing of it is read."),
});
