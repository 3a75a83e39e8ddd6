import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { Step } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { clusterService, singleMember } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { memoryOf, resourcesWith } from "../services/resources.ts";
import { composedSecret, passwordOf, passwordSecret } from "../services/secret.ts";
import { serverCertificate, serverFiles, serverMount } from "../services/tls.ts";
import { managementPort, messagingSecret } from "../services/traits/messaging.ts";
import { managedByDefault } from "../../crds/cloud.ts";
import { boundClaim } from "./claim.ts";
import { externalMessagingSteps } from "./external.ts";

/** The volume that the broker's queues live on. */
export const messagingClaim = "data-rabbitmq-0";

/** Secrets that are generated once and open the broker's data. */
export const messagingSecrets = [passwordSecret(messagingSecret)] as const;

const ports = { amqps: 5671, management: managementPort, metrics: 15691 } as const;

/** Certificates are read again by themselves, two minutes after they change at the latest: nothing restarts. */
function listener(port: string, options: string, number: number): string[] {
  const { certificate, key } = serverFiles;
  return [`${port} = ${number}\n${options}.certfile = ${certificate}\n${options}.keyfile = ${key}\n`];
}

const files = (watermarkInMiB: number) => ({
  "rabbitmq.conf": [
    "default_user = nephos\ndefault_pass = ",
    passwordOf(messagingSecret),
    "\nloopback_users = none\nlisteners.tcp = none\n",
    ...listener("listeners.ssl.default", "ssl_options", ports.amqps),
    ...listener("management.ssl.port", "management.ssl", ports.management),
    ...listener("prometheus.ssl.port", "prometheus.ssl", ports.metrics),
    "prometheus.tcp.listener = none\n",
    // Absolute: a pod may have no limit of its own, and a share would be one of the node.
    `vm_memory_high_watermark.absolute = ${watermarkInMiB}MiB\ndisk_free_limit.absolute = 64MB\nlog.console = true\nlog.console.level = warning\n`,
  ],
  enabled_plugins: ["[rabbitmq_management,rabbitmq_prometheus].\n"],
});

const environment = {
  HOME: "/data",
  RABBITMQ_NODENAME: "rabbit@localhost",
  RABBITMQ_CONFIG_FILE: "/etc/nephos/rabbitmq.conf",
  RABBITMQ_ENABLED_PLUGINS_FILE: "/etc/nephos/enabled_plugins",
  RABBITMQ_MNESIA_BASE: "/data/mnesia",
  RABBITMQ_LOG_BASE: "/tmp",
  RABBITMQ_LOGS: "-",
  RABBITMQ_GENERATED_CONFIG_DIR: "/tmp/config",
} as const;

/** The broker as the spec wants it, up to where services may use it. */
export function messagingSteps(context: ServiceContext, services: readonly ServiceDefinition[]): Step[] {
  const { external } = context.spec.messaging;
  return external === undefined ? managedMessagingSteps(context) : externalMessagingSteps(external, context, services);
}

/** The memory in MiB from which publishers have to wait: 60 % of a limit, as RabbitMQ itself does it with what it finds. */
function watermarkOf(resources: ReturnType<typeof resourcesWith>): number {
  const { asked, most } = memoryOf(resources);
  return Math.max(1, most === undefined ? asked * 2 : Math.floor(most * 0.6));
}

/** One RabbitMQ on a volume that is kept. */
function managedMessagingSteps(context: ServiceContext): Step[] {
  const { storage, resources: wishes } = context.spec.messaging.managed ?? managedByDefault;
  const resources = resourcesWith({ cpu: "50m", memory: "256Mi" }, wishes);
  const content = files(watermarkOf(resources));
  const config = composedSecret(`rabbitmq-config-${digest(content, 8)}`, content);
  const { mount, volume } = serverMount("rabbitmq");
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.rabbitmq,
    containers: [container(context, mount, resources)],
    volumes: [{ name: "config", secret: { secretName: config.metadata.name, defaultMode: 0o440 } }, volume],
    graceInSeconds: 120,
  });
  const certificate = serverCertificate("rabbitmq", ["rabbitmq"], context);
  return [
    { name: "messaging/secrets", after: [], objects: [...messagingSecrets] },
    { name: "messaging/config", after: ["messaging/secrets", "tls/authority"], objects: [config, certificate] },
    {
      name: "messaging/server",
      after: ["messaging/config"],
      objects: [
        clusterService("rabbitmq", componentLabels("rabbitmq", "server"), ports),
        singleMember("rabbitmq", storage, pod),
      ],
      verdict: (seen) => boundClaim(seen, context.namespace, messagingClaim),
    },
  ];
}

function container(
  context: ServiceContext,
  certificate: IVolumeMount,
  resources: NonNullable<IContainer["resources"]>,
): IContainer {
  return {
    name: "rabbitmq",
    image: context.image("infra"),
    command: ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
    resources,
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/nephos", readOnly: true },
      certificate,
    ],
    ...serverProbes({ httpGet: { path: "/metrics", port: ports.metrics, scheme: "HTTPS" } }),
  };
}
