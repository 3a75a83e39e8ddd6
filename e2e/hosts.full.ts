import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { agentsLabel, hostOfLabel } from "../controllers/compute/labels.ts";
import { listAt, textAt } from "../operator/object.ts";
import { guestImage } from "./guest/image.ts";
import { type Cluster, startCluster, stopCluster } from "./lab/cluster.ts";
import { ensurePackages } from "./lab/host/packages.ts";
import { run } from "./lab/host/command.ts";
import { firstProcess } from "./lab/host/machine.ts";
import { hypervisorImage, infraImage, openstackImage, operatorImage, ovnImage } from "./lab/images.ts";
import { kubectl, kubectlJson } from "./lab/kubectl.ts";
import { placesOf } from "./lab/state.ts";
import { keepPinging } from "./scene/ping.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";

const clusterName = "hosts";
const namespace = "hosts";
const release = "2026.1";
const here = ["-n", namespace] as const;
const node = "node1";

/** Of the cluster's range for tests: the host's end of the bridge, and the guest. */
const hostAddress = "192.0.2.1";
const guestAddress = "192.0.2.10";

let cluster: Cluster;
let at: Scene;

const machineFolder = (): string => placesOf(clusterName).machine(node);

/** Runs a program in the network of the node. */
function onHost(args: readonly string[]): Promise<string> {
  return run("nsenter", ["--target", String(firstProcess(machineFolder())), "--net", "--", ...args]);
}

const apply = (...objects: readonly object[]): Promise<string> =>
  at.kubectl(
    ["apply", "-f", "-"],
    objects.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n"),
  );

const ofOurs = (kind: string, name: string, spec: object): object => ({
  apiVersion: "nephos.dev/v1alpha1",
  kind,
  metadata: { name, namespace },
  spec,
});
const cloud = (more: object = {}): object => ofOurs("Cloud", "demo", { release, ...more });
const cell = ofOurs("ComputeCell", "cell1", { cloud: { name: "demo" } });
const pool = (spec: object = {}): object => ofOurs("ComputePool", "pool", { cell: { name: "cell1" }, ...spec });
const network = ofOurs("Network", "fabric", {
  cloud: { name: "demo" },
  datapath: { type: "UserSpace" },
  physicalNetworks: [{ name: "physnet1", bridge: "br-guest" }],
});

const getPool = (): Promise<unknown> => at.json(["get", "computepool", "pool", ...here]);
const getHost = (): Promise<unknown> => at.json(["get", "computenode", node, ...here]);
const labelOf = async (): Promise<string | undefined> =>
  textAt(await at.json(["get", "node", node]), "metadata", "labels", agentsLabel);

/** Waits until pool and host say that they are ready, and have the revision of the pool. */
async function hosted(inSeconds: number): Promise<string> {
  const live = await eventually(
    "the pool to be ready",
    inSeconds,
    () => getPool(),
    (seen) => conditionStatus(seen, "Ready") === "True",
  );
  const revision = textAt(live, "status", "revision") ?? "";
  await eventually(
    "the host to be ready",
    inSeconds,
    () => getHost(),
    (seen) => conditionStatus(seen, "Ready") === "True" && textAt(seen, "status", "revision") === revision,
  );
  return revision;
}
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
  const guest = await guestImage();
  const projects = ["keystone", "glance", "placement", "nova", "neutron"];
  const images = [
    await ovnImage(),
    await hypervisorImage(release, projects),
    await operatorImage(),
    await infraImage(),
  ];
  images.push(...(await openstackImage(release, projects)));
  cluster = await startCluster({ name: clusterName, nodes: 1 });
  await cluster.loadImages([...new Set(images.map(({ archive }) => archive))]);
  const folder = join(machineFolder(), "disk", "lib", "nova", "guest");
  await mkdir(folder, { recursive: true });
  await copyFile(guest.kernel, join(folder, "kernel"));
  await copyFile(guest.ramDisk, join(folder, "initrd"));
  const file = join(dirname(cluster.kubeconfig), "images.json");
  await writeFile(file, JSON.stringify(Object.fromEntries(images.map(({ name, ref }) => [name, ref]))));
  Object.assign(process.env, { NEPHOS_TEST_CLUSTER: clusterName, NEPHOS_TEST_IMAGES: file });
  at = await scene();
  await at.install(namespace);
  await apply(cloud(), network, cell, pool());
}, 1_800_000);

afterAll(async () => {
  await stopCluster(clusterName);
  await at.transport.close();
}, 120_000);

test("a node that nobody gave to the namespace gets nothing, and the pool says which label it lacks", async () => {
  await eventually(
    "the pool to wait for a node",
    120,
    () => getPool(),
    (live) => JSON.stringify(live).includes(`a node with the label ${hostOfLabel}=${namespace}`),
  );
  expect(conditionStatus(await getPool(), "Reconciling")).toBe("True");
  expect(await labelOf()).toBeUndefined();
  expect(listAt(await at.json(["get", "computenodes", ...here]), "items")).toEqual([]);
});

test("a host has its agents once an administrator gave its node, and its preflight found nothing in the way", async () => {
  await at.kubectl(["label", "node", node, `${hostOfLabel}=${namespace}`]);
  // nova-compute waits for Keystone, and Keystone for its database.
  const revision = await hosted(300);
  expect(await labelOf()).toBe(`pool.${revision}`);
  expect(textAt(await getHost(), "status", "state")).toBe("Ready");
  expect(textAt(await getHost(), "status", "hypervisor")).toMatch(/^(KVM|QEMU)$/);
  const agents = ["openvswitch", "ovn-controller", "libvirt", "nova-compute", "neutron-ovn-agent"];
  await Promise.all(agents.map(readyPod));
}, 360_000);

test("it is a chassis: OVN's controller is connected by TLS, and the bridges of physical networks are there", async () => {
  const status = ["ovn-appctl", "--timeout=4", "--target=/run/ovn/ovn-controller.ctl", "connection-status"];
  await eventually(
    "the southbound database to be reached",
    60,
    () => inAgent("ovn-controller", "controller", status),
    (answer) => answer.trim() === "connected",
  );
  expect(await vsctl("get", "Open_vSwitch", ".", "external_ids:ovn-remote")).toContain("ssl:");
  expect((await vsctl("get", "Bridge", "br-guest", "datapath_type")).trim()).toBe("netdev");
});

test("a guest that libvirt starts answers on the bridge", async () => {
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

test("another revision replaces all agents of the host, while the guest goes on", async () => {
  const [process, before] = [await guestProcess(), await labelOf()];
  const stop = keepPinging(guestAddress, firstProcess(machineFolder()) ?? 0);
  await apply(cloud({ images: { pullSecrets: [{ name: "another" }] } }));
  await eventually(
    "the node to be told another revision",
    120,
    () => labelOf(),
    (label) => label !== undefined && label !== before && !label.endsWith(".off"),
  );
  const revision = await hosted(180);
  const { longestSilenceInSeconds } = await stop();
  console.info(`another revision: silent for at most ${longestSilenceInSeconds.toFixed(2)} s`);
  expect(longestSilenceInSeconds).toBeLessThanOrEqual(5);
  expect(await guestProcess()).toBe(process);
  const sets = listAt(await at.json(["get", "daemonsets", ...here, "-l", "app.kubernetes.io/name=libvirt"]), "items");
  expect(sets.map((each) => textAt(each, "metadata", "name"))).toEqual([`libvirt-pool-${revision}`]);
}, 400_000);

test("a guest outlives the agents of its host altogether, and is found again by the next", async () => {
  const process = await guestProcess();
  const stop = keepPinging(guestAddress, firstProcess(machineFolder()) ?? 0);
  const { uid } = await readyPod("libvirt");
  await at.kubectl(["delete", "daemonset", ...here, "-l", "app.kubernetes.io/name=libvirt"]);
  await eventually(
    "another pod of libvirt",
    120,
    () => podOf("libvirt"),
    (pod) => pod.ready && pod.uid !== uid,
  );
  expect((await stop()).longestSilenceInSeconds).toBeLessThanOrEqual(1);
  expect(await guestProcess()).toBe(process);
  expect((await virsh("domstate", "guest")).trim()).toBe("running");
}, 180_000);

test("a Network with a pool on it stays; without the pool hosts lose agents and label, and nothing else", async () => {
  await at.kubectl(["delete", "network", "fabric", ...here, "--wait=false"]);
  await eventually(
    "the Network to name what uses it",
    60,
    () => at.json(["get", "network", "fabric", ...here]),
    (live) => JSON.stringify(live).includes("ComputePool pool"),
  );
  const pid = (await guestProcess()).split(" ")[0] ?? "";
  await at.kubectl(["delete", "computepool", "pool", ...here, "--timeout=120s"]);
  expect(await labelOf()).toBeUndefined();
  const onNode = ["--target", String(firstProcess(machineFolder())), "--pid", "--mount", "--"];
  expect(await run("nsenter", [...onNode, "cat", `/proc/${pid}/comm`])).toContain("qemu-system-x86");
  await eventually(
    "pods of the pool to be gone",
    60,
    () => at.json(["get", "pods", ...here, "-l", "nephos.dev/pool=pool"]),
    (pods) => listAt(pods, "items").length === 0,
  );
}, 240_000);
