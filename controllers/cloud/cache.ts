import type { IContainer } from "kubernetes-models/v1/Container";
import { digest } from "../../operator/digest.ts";
import { textAt } from "../../operator/object.ts";
import type { Snapshot, Step } from "../../operator/plan.ts";
import { realised } from "../../operator/verdict.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { clusterService, deployment } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { memoryOf, resourcesWith } from "../services/resources.ts";
import { workloadIn } from "../services/running.ts";
import { attachmentOf } from "../services/servers.ts";
import { workloadOf, workloadsOf } from "../services/workloads.ts";
import {
  certificatesAnnotation,
  serverCertificate,
  serverFiles,
  serverMount,
  serverSecretOf,
} from "../services/tls.ts";

const tls = [
  "--enable-ssl",
  `--extended=ssl_chain_cert=${serverFiles.certificate},ssl_key=${serverFiles.key}`,
] as const;

/** By which the cache's pods say what database their content is from. */
const cachedFromAnnotation = "nephos.dev/cached-from";

/** The name of what runs the cache. */
export const cacheWorkload = "memcached-server";

const cacheRef = { apiVersion: "apps/v1", kind: "Deployment", name: cacheWorkload } as const;

/**
 * What the content of the cache is from, where that is outside: when the last pod has left one database for another, what it remembered of the first
 * would be wrong for the second, and the cache starts anew. Undefined where no service is attached to anything outside.
 */
export function cachedFrom(
  services: readonly ServiceDefinition[],
  context: ServiceContext,
  seen: Snapshot,
): string | undefined {
  const wanted = services.map((service) => attachmentOf(service, context));
  if (wanted.every((each) => each === undefined)) return undefined;
  const { namespace } = context;
  const names = workloadsOf(services);
  const apis = names.flatMap((name) => workloadIn(seen, namespace, name) ?? []);
  if (apis.length === 0) return digest(wanted, 8);
  const before = seen.get({ ...cacheRef, namespace });
  return apis.length === names.length && apis.every(realised)
    ? digest(
        services.map((service) => attachedNow(service, context)),
        8,
      )
    : textAt(before, "spec", "template", "metadata", "annotations", cachedFromAnnotation);
}

function attachedNow(service: ServiceDefinition, context: ServiceContext): string | undefined {
  const [process] = service.processes;
  return process === undefined ? undefined : context.attached(workloadOf(service, process));
}

/** One Memcached for tokens and caches: nothing in it is missed when it is gone. */
export function cacheSteps(context: ServiceContext, from: string | undefined): Step[] {
  const { mount, volume } = serverMount("memcached");
  const resources = resourcesWith({ cpu: "10m", memory: "96Mi" }, context.spec.cache.managed?.resources);
  // Beside what it remembers, connections and threads take memory too.
  const limit = Math.max(1, Math.floor((memoryOf(resources).asked * 2) / 3));
  const container: IContainer = {
    name: "memcached",
    image: context.image("infra"),
    command: ["memcached", "--port=11211", "--udp-port=0", `--memory-limit=${limit}`, "--conn-limit=1024", ...tls],
    ports: [{ name: "memcached", containerPort: 11211, protocol: "TCP" }],
    resources,
    volumeMounts: [mount],
    ...serverProbes({ tcpSocket: { port: 11211 } }),
  };
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.memcached,
    containers: [container],
    volumes: [volume],
  });
  const mark = context.certificates(cacheWorkload, [serverSecretOf("memcached")]);
  return [
    {
      name: "cache/certificate",
      after: ["tls/authority"],
      objects: [serverCertificate("memcached", ["memcached"], context)],
    },
    {
      name: "cache/server",
      after: ["cache/certificate"],
      objects: [
        clusterService("memcached", componentLabels("memcached", "server"), { memcached: 11211 }),
        deployment("memcached", "server", 1, pod, {
          [certificatesAnnotation]: mark,
          ...(from === undefined ? {} : { [cachedFromAnnotation]: from }),
        }),
      ],
    },
  ];
}
