import { parse } from "yaml";
import { planCluster } from "./addresses.ts";
import { controlPlaneDaemons } from "./control-plane.ts";
import { type Daemon, inside } from "./daemon.ts";
import { nodeDaemons } from "./node.ts";

const plan = planCluster("test", 1, 2);
const settings = { pauseImage: "localhost/nephos/pause:1", mtu: 1400, cgroup: "/nephos/test/node2" };

function nodeTwo(): Daemon[] {
  return plan.nodes.filter((node) => node.name === "node2").flatMap((node) => nodeDaemons(plan, node, settings));
}

function named(daemons: readonly Daemon[], name: string): Daemon {
  const found = daemons.find((daemon) => daemon.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

it("starts what others need first", () => {
  expect(controlPlaneDaemons(plan).map(({ name }) => name)).toEqual([
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
  ]);
  expect(nodeTwo().map(({ name }) => name)).toEqual(["containerd", "kubelet", "kube-proxy"]);
});

it("keeps etcd to the control plane's own loopback", () => {
  const urls = named(controlPlaneDaemons(plan), "etcd").argv.filter((word) => word.includes("://"));
  expect(urls).toHaveLength(5);
  for (const url of urls) expect(url).toContain("http://127.0.0.1:");
});

it("has the API server authorise nodes as nodes and check its callers", () => {
  const { argv } = named(controlPlaneDaemons(plan), "kube-apiserver");
  expect(argv).toEqual(
    expect.arrayContaining([
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--service-cluster-ip-range=10.101.64.0/18",
      "--advertise-address=10.101.0.2",
      `--kubelet-certificate-authority=${inside.machine}/pki/ca.crt`,
    ]),
  );
});

it("tells a kubelet its group, its name service and its runtime", () => {
  const { files, argv } = named(nodeTwo(), "kubelet");
  expect(argv).toContain("--node-ip=10.101.0.12");
  expect(parse(files["config/kubelet.yaml"] ?? "")).toMatchObject({
    cgroupRoot: "/nephos/test/node2",
    clusterDNS: ["10.101.64.10"],
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    authentication: { anonymous: { enabled: false } },
    failSwapOn: false,
    imageGCHighThresholdPercent: 100,
  });
});

it("gives pods addresses of their node's range, forgotten with the machine's power", () => {
  const network: unknown = JSON.parse(named(nodeTwo(), "containerd").files["config/cni/10-pods.conflist"] ?? "");
  expect(network).toMatchObject({
    plugins: [
      { type: "bridge", mtu: 1400, ipam: { dataDir: "/run/cni/addresses", ranges: [[{ subnet: "10.101.130.0/24" }]] } },
      { type: "portmap" },
    ],
  });
});

it("configures containerd for a root without CAP_SYS_RESOURCE and with the lab's pause image", () => {
  const config = named(nodeTwo(), "containerd").files["config/containerd.toml"];
  expect(config).toContain("restrict_oom_score_adj = true");
  expect(config).toContain('sandbox_image = "localhost/nephos/pause:1"');
  expect(config).toContain('config_path = "/etc/containerd/certs.d"');
});

it("has kube-proxy leave the size of the connection table alone", () => {
  const { files } = named(nodeTwo(), "kube-proxy");
  expect(parse(files["config/kube-proxy.yaml"] ?? "")).toMatchObject({
    hostnameOverride: "node2",
    clusterCIDR: "10.101.128.0/17",
    conntrack: { maxPerCore: 0, min: 0 },
  });
});

it("names no file outside the machine in any kubeconfig", () => {
  const files = [...controlPlaneDaemons(plan), ...nodeTwo()].flatMap((daemon) => Object.entries(daemon.files));
  const kubeconfigs = files.filter(([path]) => path.endsWith(".kubeconfig"));
  expect(kubeconfigs.length).toBeGreaterThan(4);
  for (const [, content] of kubeconfigs) {
    const paths = content.match(/: (\/\S+)/g) ?? [];
    expect(paths).toHaveLength(3);
    for (const path of paths) expect(path).toContain(`: ${inside.machine}/pki/`);
  }
});
