import { stringify } from "yaml";
import type { ClusterPlan } from "./addresses.ts";
import { type Daemon, inside, pki } from "./daemon.ts";
import { renderKubeconfig } from "./kubeconfig.ts";

/**
 * kube-proxy of a node, or of the control plane, which carries the host's way to ClusterIPs. There it takes the name of the first
 * node, as it waits half a minute for a node of its name to appear.
 */
export function kubeProxy(plan: ClusterPlan, nodeName: string): Daemon {
  const kubeconfig = `${inside.machine}/config/kube-proxy.kubeconfig`;
  return {
    name: "kube-proxy",
    argv: [`${inside.binaries}/kube-proxy`, `--config=${inside.machine}/config/kube-proxy.yaml`],
    files: {
      "config/kube-proxy.yaml": stringify({
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        clientConnection: { kubeconfig, qps: 50, burst: 100 },
        mode: "iptables",
        clusterCIDR: plan.pods,
        hostnameOverride: nodeName,
        healthzBindAddress: "127.0.0.1:10256",
        metricsBindAddress: "127.0.0.1:10249",
        iptables: { syncPeriod: "30s", minSyncPeriod: "0.1s" },
        // A network namespace cannot set the size of the connection table.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
      }),
      "config/kube-proxy.kubeconfig": renderKubeconfig({
        cluster: plan.name,
        server: apiServerOf(plan),
        authority: { file: pki("ca.crt") },
        certificate: { file: pki("kube-proxy.crt") },
        key: { file: pki("kube-proxy.key") },
      }),
    },
  };
}

/** The address of the API server, the same for everyone. */
export function apiServerOf(plan: ClusterPlan): string {
  return `https://${plan.controlPlane.address}:6443`;
}
