import type { ClusterPlan } from "./addresses.ts";
import { type Daemon, flags, inside, pki } from "./daemon.ts";
import { apiServerOf, kubeProxy } from "./kube-proxy.ts";
import { renderKubeconfig } from "./kubeconfig.ts";

const etcdUrl = "http://127.0.0.1:2379";

/** What runs in the control plane's machine, in the order in which it is started. */
export function controlPlaneDaemons(plan: ClusterPlan): Daemon[] {
  return [etcd(), apiServer(plan), controllerManager(plan), scheduler(plan), kubeProxy(plan, "node1")];
}

function etcd(): Daemon {
  const peerUrl = "http://127.0.0.1:2380";
  return {
    name: "etcd",
    argv: [
      `${inside.binaries}/etcd`,
      ...flags({
        "data-dir": "/var/lib/etcd",
        "listen-client-urls": etcdUrl,
        "advertise-client-urls": etcdUrl,
        "listen-peer-urls": peerUrl,
        "initial-advertise-peer-urls": peerUrl,
        "initial-cluster": `default=${peerUrl}`,
        // The data need not outlive the host, and fsync is most of what a write costs.
        "unsafe-no-fsync": true,
        // Without it kinds at rest get no bookmarks, and their watches look dead.
        "watch-progress-notify-interval": "5s",
        "quota-backend-bytes": 4 * 1024 ** 3,
        "auto-compaction-retention": "10m",
        "log-level": "warn",
      }),
    ],
    files: {},
  };
}

function apiServer(plan: ClusterPlan): Daemon {
  return {
    name: "kube-apiserver",
    argv: [
      `${inside.binaries}/kube-apiserver`,
      ...flags({
        "etcd-servers": etcdUrl,
        "advertise-address": plan.controlPlane.address,
        "secure-port": 6443,
        "tls-cert-file": pki("kube-apiserver.crt"),
        "tls-private-key-file": pki("kube-apiserver.key"),
        "client-ca-file": pki("ca.crt"),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki("service-account.pub"),
        "service-account-signing-key-file": pki("service-account.key"),
        "service-cluster-ip-range": plan.services,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": true,
        "kubelet-certificate-authority": pki("ca.crt"),
        "kubelet-client-certificate": pki("kube-apiserver-kubelet.crt"),
        "kubelet-client-key": pki("kube-apiserver-kubelet.key"),
        "kubelet-preferred-address-types": "InternalIP",
        // Webhooks are reached at their pods, so that they do not depend on kube-proxy being up to date here.
        "enable-aggregator-routing": true,
        profiling: false,
      }),
    ],
    files: {},
  };
}

function controllerManager(plan: ClusterPlan): Daemon {
  return {
    name: "kube-controller-manager",
    argv: [
      `${inside.binaries}/kube-controller-manager`,
      ...flags({
        kubeconfig: `${inside.machine}/config/kube-controller-manager.kubeconfig`,
        "bind-address": "127.0.0.1",
        "service-account-private-key-file": pki("service-account.key"),
        "root-ca-file": pki("ca.crt"),
        "cluster-signing-cert-file": pki("ca.crt"),
        "cluster-signing-key-file": pki("ca.key"),
        "use-service-account-credentials": true,
        "leader-elect": false,
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        // A node counts as lost after this long without a heartbeat.
        "node-monitor-grace-period": "40s",
      }),
    ],
    files: clientFiles(plan, "kube-controller-manager"),
  };
}

function scheduler(plan: ClusterPlan): Daemon {
  return {
    name: "kube-scheduler",
    argv: [
      `${inside.binaries}/kube-scheduler`,
      ...flags({
        kubeconfig: `${inside.machine}/config/kube-scheduler.kubeconfig`,
        "bind-address": "127.0.0.1",
        "leader-elect": false,
        "kube-api-qps": 200,
        "kube-api-burst": 400,
      }),
    ],
    files: clientFiles(plan, "kube-scheduler"),
  };
}

function clientFiles(plan: ClusterPlan, name: string): Record<string, string> {
  return {
    [`config/${name}.kubeconfig`]: renderKubeconfig({
      cluster: plan.name,
      server: apiServerOf(plan),
      authority: { file: pki("ca.crt") },
      certificate: { file: pki(`${name}.crt`) },
      key: { file: pki(`${name}.key`) },
    }),
  };
}
