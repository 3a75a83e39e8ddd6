import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { agentAccount, renderRevision, type Revision } from "../controllers/compute/render.ts";
import { agentsLabel, hostOfLabel, revisionValue } from "../controllers/compute/labels.ts";
import { cloudSpec } from "../crds/cloud.ts";
import { listAt, textAt } from "../operator/object.ts";
import { guestImage } from "./guest/image.ts";
import { type Cluster, startCluster, stopCluster } from "./lab/cluster.ts";
import { ensurePackages } from "./lab/host/packages.ts";
import { run } from "./lab/host/command.ts";
import { firstProcess } from "./lab/host/machine.ts";
import { hypervisorImage, ovnImage } from "./lab/images.ts";
import { kubectl, kubectlJson } from "./lab/kubectl.ts";
import { placesOf } from "./lab/state.ts";
import { keepPinging } from "./scene/ping.ts";
import { eventually } from "./scene/scene.ts";

const clusterName = "hosts";
const namespace = "hosts";
const release = "2026.1";
const here = ["-n", namespace] as const;

/** Of the cluster's range for tests: the host's end of the bridge, and the guest. */
const hostAddress = "192.0.2.1";
const guestAddress = "192.0.2.10";

let cluster: Cluster;
let revision: Revision;

const machineFolder = (): string => placesOf(clusterName).machine("node1");

/** Runs a program in the network of the node. */
function onHost(args: readonly string[]): Promise<string> {
  return run("nsenter", ["--target", String(firstProcess(machineFolder())), "--net", "--", ...args]);
}

const apply = (...objects: readonly object[]): Promise<string> =>
  kubectl(cluster, ["apply", "--server-side", "-f", "-"], {
    input: objects.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n"),
  });

async function podOf(agent: string): Promise<{ readonly name: string; readonly uid: string; readonly ready: boolean }> {
  const pods = await kubectlJson(cluster, ["get", "pods", ...here, "-l", `app.kubernetes.io/name=${agent}`]);
  const [pod] = listAt(pods, "items").filter((each) => textAt(each, "metadata", "deletionTimestamp") === undefined);
  const ready = listAt(pod, "status", "conditions").some(
    (each) => textAt(each, "type") === "Ready" && textAt(each, "status") === "True",
  );
  return { name: textAt(pod, "metadata", "name") ?? "", uid: textAt(pod, "metadata", "uid") ?? "", ready };
}

const readyPod = (agent: string): ReturnType<typeof podOf> =>
  eventually(
    `the pod of ${agent} to be ready`,
    120,
    () => podOf(agent),
    ({ ready }) => ready,
  );

async function inAgent(agent: string, container: string, command: readonly string[]): Promise<string> {
  const { name } = await readyPod(agent);
  return kubectl(cluster, ["exec", ...here, name, "-c", container, "--", ...command]);
}

const virsh = (...args: readonly string[]): Promise<string> =>
  inAgent("libvirt", "libvirtd", ["virsh", "--quiet", "--connect", "qemu:///system", ...args]);

const vsctl = (...args: readonly string[]): Promise<string> =>
  inAgent("openvswitch", "switch", ["ovs-vsctl", "--timeout=20", ...args]);

/** The process that the guest is: its number and when it began. */
async function guestProcess(): Promise<string> {
  const pid = (await inAgent("libvirt", "libvirtd", ["cat", "/run/libvirt/qemu/guest.pid"])).trim();
  const stat = await inAgent("libvirt", "libvirtd", ["cat", `/proc/${pid}/stat`]);
  return `${pid} ${stat.split(" ")[21] ?? ""}`;
}

const domain = `<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>256</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/var/lib/nova/guest/kernel</kernel>
    <initrd>/var/lib/nova/guest/initrd</initrd>
    <cmdline>console=ttyS0 quiet net.ifnames=0 nephos.address=${guestAddress}/24</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact'><model fallback='allow'>Nehalem</model></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='pci' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <interface type='bridge'>
      <source bridge='br-guest'/>
      <virtualport type='openvswitch'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'><source path='/var/lib/nova/guest/console.log'/><target port='0'/></serial>
    <graphics type='vnc' port='-1' listen='127.0.0.1'/>
    <memballoon model='none'/>
  </devices>
</domain>
`;

beforeAll(async () => {
  await stopCluster(clusterName);
  await ensurePackages(["iputils-ping"]);
  const [guest, ovn, hypervisor] = [
    await guestImage(),
    await ovnImage(),
    await hypervisorImage(release, ["keystone", "glance", "placement", "nova", "neutron"]),
  ];
  cluster = await startCluster({ name: clusterName, nodes: 1 });
  await cluster.loadImages([ovn.archive, hypervisor.archive]);
  const folder = join(machineFolder(), "disk", "lib", "nova", "guest");
  await mkdir(folder, { recursive: true });
  await copyFile(guest.kernel, join(folder, "kernel"));
  await copyFile(guest.ramDisk, join(folder, "initrd"));
  revision = renderRevision({
    namespace,
    pool: "pool",
    release,
    cloud: cloudSpec.parse({ release }),
    datapath: "UserSpace",
    chassis: { "ovn-encap-type": "geneve" },
    image: (name) => (name === "ovn" ? ovn.ref : hypervisor.ref),
  });
  await apply(
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: agentAccount, namespace } },
    ...[...revision.configuration, ...revision.workloads].map((each) => ({
      ...each,
      metadata: { ...each.metadata, namespace },
    })),
  );
  const labels = [`${hostOfLabel}=${namespace}`, `${agentsLabel}=${revisionValue("pool", revision.name)}`];
  await kubectl(cluster, ["label", "node", "node1", ...labels]);
}, 1_800_000);

afterAll(async () => {
  await stopCluster(clusterName);
}, 120_000);

test("a host has its agents once its node is told a revision", async () => {
  await Promise.all(["openvswitch", "ovn-controller", "libvirt"].map(readyPod));
});

test("a guest that libvirt starts answers on the bridge", async () => {
  await vsctl("--may-exist", "add-br", "br-guest", "--", "set", "bridge", "br-guest", "datapath_type=netdev");
  await onHost(["ip", "link", "add", "guest0", "type", "veth", "peer", "name", "guest1"]);
  await onHost(["ip", "address", "add", `${hostAddress}/24`, "dev", "guest0"]);
  for (const end of ["guest0", "guest1"]) await onHost(["ip", "link", "set", end, "up"]);
  await vsctl("--may-exist", "add-port", "br-guest", "guest1");
  const { name } = await readyPod("libvirt");
  const create = ["exec", "-i", ...here, name, "--", "virsh", "--connect", "qemu:///system", "define", "/dev/stdin"];
  await kubectl(cluster, create, { input: domain });
  await virsh("start", "guest");
  await eventually(
    "the guest to answer",
    90,
    () => onHost(["ping", "-c", "1", "-W", "1", guestAddress]),
    () => true,
  );
}, 120_000);

test.each([
  ["libvirt", 1],
  ["ovn-controller", 1],
  ["openvswitch", 5],
])(
  "it goes on while the pod of %s is deleted, silent for at most %i s",
  async (agent, seconds) => {
    const [process, { name, uid }] = [await guestProcess(), await readyPod(agent)];
    const stop = keepPinging(guestAddress, firstProcess(machineFolder()) ?? 0);
    await kubectl(cluster, ["delete", "pod", name, ...here, "--wait=false"]);
    await eventually(
      `another pod of ${agent}`,
      120,
      () => podOf(agent),
      (pod) => pod.ready && pod.uid !== uid,
    );
    const { answers, longestSilenceInSeconds } = await stop();
    console.info(`${agent}: ${answers} answers, silent for at most ${longestSilenceInSeconds.toFixed(2)} s`);
    expect(answers).toBeGreaterThan(5);
    expect(longestSilenceInSeconds).toBeLessThanOrEqual(seconds);
    expect(await guestProcess()).toBe(process);
  },
  180_000,
);

test("it gets and loses another interface, and shows its console, after all agents were replaced", async () => {
  const interfaces = async (): Promise<number> => (await virsh("domiflist", "guest")).trim().split("\n").length;
  const another = ["guest", "bridge", "br-guest", "--model", "virtio", "--mac", "52:54:00:00:00:02", "--live"];
  // Bridges of Open vSwitch want it said: `attach-interface` has no word for it.
  const device = `<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br-guest'/><virtualport type='openvswitch'/><model type='virtio'/></interface>`;
  const { name } = await readyPod("libvirt");
  const attach = ["virsh", "--connect", "qemu:///system", "attach-device", "guest", "/dev/stdin", "--live"];
  await kubectl(cluster, ["exec", "-i", ...here, name, "--", ...attach], { input: device });
  expect(await interfaces()).toBe(2);
  await virsh("detach-interface", "guest", "bridge", "--mac", another[6] ?? "", "--live");
  await eventually("the interface to be gone", 30, interfaces, (count) => count === 1);
  expect(await virsh("vncdisplay", "guest")).toMatch(/^127\.0\.0\.1:/);
}, 120_000);

test("a guest outlives the agents of its host altogether, and is found again by the next", async () => {
  const process = await guestProcess();
  const stop = keepPinging(guestAddress, firstProcess(machineFolder()) ?? 0);
  const gone = await readyPod("libvirt");
  const workload = revision.workloads.find(({ metadata }) => metadata.name.startsWith("libvirt")) ?? {
    metadata: { name: "" },
  };
  await kubectl(cluster, ["delete", "daemonset", workload.metadata.name, ...here]);
  await eventually(
    "the pod to be gone",
    60,
    () => podOf("libvirt"),
    ({ uid }) => uid !== gone.uid,
  );
  await apply({ ...workload, metadata: { ...workload.metadata, namespace } });
  await readyPod("libvirt");
  expect((await stop()).longestSilenceInSeconds).toBeLessThanOrEqual(1);
  expect(await guestProcess()).toBe(process);
  expect((await virsh("domstate", "guest")).trim()).toBe("running");
}, 180_000);
