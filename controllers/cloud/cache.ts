import type { IContainer } from "kubernetes-models/v1/Container";
import type { Step } from "../../operator/plan.ts";
import type { ServiceContext } from "../services/define.ts";
import { clusterService, deployment } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
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

/** One Memcached for tokens and caches: nothing in it is missed when it is gone. */
export function cacheSteps(context: ServiceContext): Step[] {
  const { mount, volume } = serverMount("memcached");
  const container: IContainer = {
    name: "memcached",
    image: context.image("infra"),
    command: ["memcached", "--port=11211", "--udp-port=0", "--memory-limit=64", "--conn-limit=1024", ...tls],
    ports: [{ name: "memcached", containerPort: 11211, protocol: "TCP" }],
    resources: { requests: { cpu: "10m", memory: "96Mi" } },
    volumeMounts: [mount],
    ...serverProbes({ tcpSocket: { port: 11211 } }),
  };
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.memcached,
    containers: [container],
    volumes: [volume],
  });
  const mark = context.certificates("memcached-server", [serverSecretOf("memcached")]);
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
        deployment("memcached", "server", 1, pod, { [certificatesAnnotation]: mark }),
      ],
    },
  ];
}
