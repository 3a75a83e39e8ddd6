import { stringify } from "yaml";
import type { ClusterPlan, NodeAddress } from "./addresses.ts";
import { type Daemon, flags, inside, pki } from "./daemon.ts";
import { apiServerOf, kubeProxy } from "./kube-proxy.ts";
import { renderKubeconfig } from "./kubeconfig.ts";

/** What a node's daemons need to know beyond the cluster's addresses. */
export interface NodeSettings {
  readonly pauseImage: string;
  /** Largest packet of the cables between machines. */
  readonly mtu: number;
  /** The machine's group in every cgroup hierarchy. */
  readonly cgroup: string;
}

/** What runs in a node's machine, in the order in which it is started. */
export function nodeDaemons(plan: ClusterPlan, node: NodeAddress, settings: NodeSettings): Daemon[] {
  return [containerd(node, settings), kubelet(plan, node, settings), kubeProxy(plan, node.name)];
}

function containerd(node: NodeAddress, settings: NodeSettings): Daemon {
  return {
    name: "containerd",
    argv: ["containerd", "--config", `${inside.machine}/config/containerd.toml`],
    files: {
      "config/containerd.toml": renderContainerd(settings),
      "config/cni/10-pods.conflist": renderPodNetwork(node, settings),
    },
  };
}

// Version 2 of the format is read by every containerd from 1.6 to 2.x.
const renderContainerd = (settings: NodeSettings): string => `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "${inside.containerd}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${settings.pauseImage}"
# Without CAP_SYS_RESOURCE a lower oom_score_adj is refused and every pod sandbox dies.
restrict_oom_score_adj = true

# A node has a copy of its host's /etc: it reaches and trusts the registries that are set up there.
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${inside.runtime}/usr/lib/cni"
conf_dir = "${inside.machine}/config/cni"
`;

function renderPodNetwork(node: NodeAddress, settings: NodeSettings): string {
  const bridge = {
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    hairpinMode: true,
    mtu: settings.mtu,
    // Under /run, which a machine loses with its power: no address stays leased to a pod that is gone.
    ipam: {
      type: "host-local",
      dataDir: "/run/cni/addresses",
      ranges: [[{ subnet: node.pods }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const plugins = [bridge, { type: "portmap", capabilities: { portMappings: true } }];
  return JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins }, undefined, 2);
}

function kubelet(plan: ClusterPlan, node: NodeAddress, settings: NodeSettings): Daemon {
  const kubeconfig = renderKubeconfig({
    cluster: plan.name,
    server: apiServerOf(plan),
    authority: { file: pki("ca.crt") },
    certificate: { file: pki("kubelet.crt") },
    key: { file: pki("kubelet.key") },
  });
  return {
    name: "kubelet",
    argv: [
      `${inside.binaries}/kubelet`,
      ...flags({
        config: `${inside.machine}/config/kubelet.yaml`,
        kubeconfig: `${inside.machine}/config/kubelet.kubeconfig`,
        "hostname-override": node.name,
        "node-ip": node.address,
      }),
    ],
    files: {
      "config/kubelet.yaml": stringify(kubeletConfiguration(plan, settings)),
      "config/kubelet.kubeconfig": kubeconfig,
    },
  };
}

function kubeletConfiguration(plan: ClusterPlan, settings: NodeSettings): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki("kubelet.crt"),
    tlsPrivateKeyFile: pki("kubelet.key"),
    containerRuntimeEndpoint: `unix://${inside.containerd}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: settings.cgroup,
    clusterDNS: [plan.dnsService],
    clusterDomain: "cluster.local",
    resolvConf: "/etc/resolv.conf",
    failSwapOn: false,
    maxPods: 250,
    // What shortens the start of a pod.
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
    configMapAndSecretChangeDetectionStrategy: "Watch",
    // Images come from archives, and an image that was collected cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { "memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
  };
}
