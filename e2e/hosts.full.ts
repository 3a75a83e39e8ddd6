import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentsLabel, hostOfLabel } from "../controllers/compute/labels.ts";
import { listAt, textAt } from "../operator/object.ts";
import type { Commands } from "./guest/commands.ts";
import { guestImage } from "./guest/image.ts";
import { active, ensureFloatingIp, ensureServer } from "./guest/server.ts";
import { screenBehind } from "./guest/screen.ts";
import { inGuest } from "./guest/session.ts";
import { ensureTenant, names } from "./guest/tenant.ts";
import { type Cluster, startCluster, stopCluster } from "./lab/cluster.ts";
import { run } from "./lab/host/command.ts";
import { firstProcess } from "./lab/host/machine.ts";
import { ensurePackages } from "./lab/host/packages.ts";
import { placesOf } from "./lab/state.ts";
import { applyCloud, cloud, inCloud, ready } from "./scene/cloud.ts";
import { keepPinging } from "./scene/ping.ts";
import { prepare } from "./scene/prepare.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";
import { authoritiesOf } from "./scene/trust.ts";
import { applyHosts, hostSamples, hostsReady, outside } from "./up/hosts.ts";

/** Whether servers go on whatever happens to what runs beside them: asked of one that answers on its floating IP. */
const clusterName = "hosts";
const node = "node1";

let cluster: Cluster;
let at: Scene;
let commands: Commands;
let folder: string;
let key: string;
/** Where the server is reached from outside. */
let address: string;

const nodeProcess = (): string => String(firstProcess(placesOf(clusterName).machine(node)));
const getPool = (): Promise<unknown> => at.json(["get", "computepool", "standard", ...inCloud]);
const getHost = (): Promise<unknown> => at.json(["get", "computenode", node, ...inCloud]);
const labelOf = async (): Promise<string | undefined> =>
  textAt(await at.json(["get", "node", node]), "metadata", "labels", agentsLabel);

beforeAll(async () => {
  await stopCluster(clusterName);
  await ensurePackages(["iputils-ping", "openssh-client"]);
  cluster = await startCluster({ name: clusterName, nodes: 1 });
  Object.assign(process.env, await prepare(cluster, () => undefined));
  at = await scene();
  await at.install(cloud.namespace);
  await applyCloud(at);
  folder = await mkdtemp(join(tmpdir(), "nephos-hosts-"));
  key = join(folder, "key");
}, 1_800_000);

afterAll(async () => {
  await stopCluster(clusterName);
  await rm(folder, { recursive: true, force: true });
  await at.transport.close();
}, 120_000);

async function podOf(agent: string): Promise<{ readonly name: string; readonly uid: string; readonly ready: boolean }> {
  const pods = await at.json(["get", "pods", ...inCloud, "-l", `app.kubernetes.io/name=${agent}`]);
  const [pod] = listAt(pods, "items").filter((each) => textAt(each, "metadata", "deletionTimestamp") === undefined);
  const well = conditionStatus(pod, "Ready") === "True";
  return { name: textAt(pod, "metadata", "name") ?? "", uid: textAt(pod, "metadata", "uid") ?? "", ready: well };
}

const another = (agent: string, uid: string): Promise<unknown> =>
  eventually(
    `another pod of ${agent}`,
    180,
    () => podOf(agent),
    (pod) => pod.ready && pod.uid !== uid,
  );

async function inAgent(agent: string, container: string, command: readonly string[]): Promise<string> {
  const { name } = await podOf(agent);
  return at.kubectl(["exec", ...inCloud, name, "-c", container, "--", ...command]);
}

const vsctl = (...args: readonly string[]): Promise<string> =>
  inAgent("openvswitch", "switch", ["ovs-vsctl", "--timeout=20", ...args]);

/** The process that the server is, with when it began: another one would have lost what was in its memory. */
async function serverProcess(): Promise<string> {
  const found = await run("nsenter", [
    "--target",
    nodeProcess(),
    "--pid",
    "--mount",
    "--",
    "pgrep",
    "-f",
    "guest=instance-",
  ]);
  const pid = found.trim().split("\n")[0] ?? "";
  const stat = await run("nsenter", ["--target", nodeProcess(), "--pid", "--mount", "--", "cat", `/proc/${pid}/stat`]);
  return `${pid} ${stat.split(" ")[21] ?? ""}`;
}

/** Pings the server from outside while something is done and until it answers afterwards, and gives the longest silence, in seconds. */
async function silenceDuring(what: string, act: () => Promise<unknown>): Promise<number> {
  const pings = keepPinging(address, process.pid);
  try {
    await act();
    const before = pings.answers();
    const more = (): Promise<number> => Promise.resolve(pings.answers() - before);
    await eventually("answers afterwards", 60, more, (count) => count > 5);
  } finally {
    pings.end();
  }
  const { longestSilenceInSeconds } = await pings.heard();
  console.info(`${what}: ${pings.answers()} answers, silent for at most ${longestSilenceInSeconds.toFixed(2)} s`);
  return longestSilenceInSeconds;
}

test("a node that nobody gave to the namespace gets nothing, and the pool says which label it lacks", async () => {
  await at.kubectl(["apply", ...hostSamples.flatMap((file) => ["-f", file])]);
  await eventually(
    "the pool to wait for a node",
    120,
    () => getPool(),
    (live) => JSON.stringify(live).includes(`a node with the label ${hostOfLabel}=${cloud.namespace}`),
  );
  expect(conditionStatus(await getPool(), "Reconciling")).toBe("True");
});

test("a host has its agents once an administrator gave its node, and takes servers once all of them answer", async () => {
  await applyHosts(cluster, cluster.outer, cloud.namespace);
  await ready(at, 600);
  await hostsReady(cluster, cloud.namespace, 400, () => undefined);
  expect(await labelOf()).toBe(`standard.${textAt(await getPool(), "status", "revision") ?? ""}`);
  expect(textAt(await getHost(), "status", "state")).toBe("Ready");
  expect(textAt(await getHost(), "status", "hypervisor")).toMatch(/^(KVM|QEMU)$/);
  expect(await vsctl("get", "Open_vSwitch", ".", "external_ids:ovn-remote")).toContain("ssl:");
  expect((await vsctl("get", "Bridge", "br-ex", "datapath_type")).trim()).toBe("netdev");
});

test("a server boots there and answers from outside", async () => {
  commands = await at.commands(cloud);
  await ensureTenant(commands, { image: await guestImage(), outside, key });
  await ensureServer(commands, "web");
  await active(commands, "web");
  address = await ensureFloatingIp(commands, "web", outside);
  await eventually("a shell", 180, () => inGuest(address, key, "hostname"), Boolean);
});

test.each([
  ["nova-compute", 1],
  ["neutron-ovn-agent", 1],
  ["libvirt", 1],
  ["ovn-controller", 1],
  ["openvswitch", 5],
])("it goes on while the pod of %s is deleted, silent for at most %i s", async (agent, seconds) => {
  const [before, { name, uid }] = [await serverProcess(), await podOf(agent)];
  const silence = await silenceDuring(agent, async () => {
    await at.kubectl(["delete", "pod", name, ...inCloud, "--wait=false"]);
    await another(agent, uid);
  });
  expect(silence).toBeLessThanOrEqual(seconds);
  expect(await serverProcess()).toBe(before);
});

/** What the screen calls itself in a browser. */
async function consoleName(): Promise<string> {
  const url = new URL(textAt(await commands.ask("console", "url", "show", "--novnc", "web"), "url") ?? "");
  const ca = await authoritiesOf(at, cloud.namespace);
  return screenBehind(`wss://${url.host}/${url.searchParams.get("path") ?? ""}`, ca);
}

test("it gets and loses another port, and shows its console, after all agents were replaced", async () => {
  await hostsReady(cluster, cloud.namespace, 120, () => undefined);
  const links = async (): Promise<number> =>
    (await inGuest(address, key, "ls /sys/class/net")).trim().split(/\s+/).length;
  const before = await links();
  await commands.tell("port", "create", "--network", names.network, "second");
  await commands.tell("server", "add", "port", "web", "second");
  await eventually("another interface inside", 60, links, (count) => count === before + 1);
  await commands.tell("server", "remove", "port", "web", "second");
  await eventually("the interface to be gone", 60, links, (count) => count === before);
  await commands.tell("port", "delete", "second");
  expect(await consoleName()).toContain("instance-");
});

test("it shows its console with another certificate once its host has one, without a restart", async () => {
  const process = await serverProcess();
  const shown = (): Promise<string> =>
    inAgent("libvirt", "screens", ["sh", "-c", "cd /run/libvirt/screens/current; test -e shown; pwd -P"]);
  const before = await shown();
  await at.kubectl(["delete", "secret", "nova-cell1-screens-tls", ...inCloud]);
  await eventually("the other certificate to be taken up", 180, shown, (now) => now !== before);
  expect(await consoleName()).toContain("instance-");
  expect(await serverProcess()).toBe(process);
});

test.each([
  ["the pool", "computepool/standard", { config: { DEFAULT: { max_concurrent_builds: { value: 4 } } } }],
  [
    "the Cloud, which replaces OVN's databases too",
    `cloud/${cloud.name}`,
    { images: { pullSecrets: [{ name: "no" }] } },
  ],
])(
  "another revision by a change of %s replaces all agents of the host, while the server goes on",
  async (what, subject, spec) => {
    const [process, before] = [await serverProcess(), await labelOf()];
    const silence = await silenceDuring(`another revision by ${what}`, async () => {
      await at.kubectl(["patch", subject, ...inCloud, "--type=merge", "-p", JSON.stringify({ spec })]);
      await eventually(
        "the node to be told another revision",
        300,
        () => labelOf(),
        (label) => label !== undefined && label !== before,
      );
      await hostsReady(cluster, cloud.namespace, 400, () => undefined);
    });
    expect(silence).toBeLessThanOrEqual(5);
    expect(await serverProcess()).toBe(process);
    const sets = listAt(
      await at.json(["get", "daemonsets", ...inCloud, "-l", "app.kubernetes.io/name=libvirt"]),
      "items",
    );
    const revision = textAt(await getPool(), "status", "revision") ?? "";
    expect(sets.map((each) => textAt(each, "metadata", "name"))).toEqual([`libvirt-standard-${revision}`]);
  },
);

test("it outlives the agents of its host altogether, and is found again by the next", async () => {
  const process = await serverProcess();
  const { uid } = await podOf("libvirt");
  const silence = await silenceDuring("all of libvirt", async () => {
    await at.kubectl(["delete", "daemonset", ...inCloud, "-l", "app.kubernetes.io/name=libvirt"]);
    await another("libvirt", uid);
  });
  expect(silence).toBeLessThanOrEqual(1);
  expect(await serverProcess()).toBe(process);
  await hostsReady(cluster, cloud.namespace, 120, () => undefined);
  await commands.tell("server", "reboot", "--wait", "web");
  await eventually("a shell", 180, () => inGuest(address, key, "hostname"), Boolean);
});

test("a host that is disabled by somebody stays so, and one that leaves with a server on it names the server", async () => {
  const ofHost = ["compute", "service", "set", node, "nova-compute"] as const;
  await commands.tell(...ofHost, "--disable", "--disable-reason", "a fan");
  await eventually("the host to say so", 120, getHost, (live) => textAt(live, "status", "state") === "Disabled");
  await commands.tell(...ofHost, "--enable");
  await eventually("the host to be ready", 120, getHost, (live) => textAt(live, "status", "state") === "Ready");
  await at.kubectl(["delete", "computepool", "standard", ...inCloud, "--wait=false"]);
  await eventually("the host to name its server", 120, getHost, (live) => JSON.stringify(live).includes("web"));
  expect(await labelOf()).toBeDefined();
  expect(await inGuest(address, key, "hostname")).toMatch(/^web/);
});

test("once it is empty, its agents go, and what Nova, Placement and Neutron knew of it", async () => {
  await commands.tell("server", "delete", "--wait", "web");
  await at.kubectl(["wait", "--for=delete", "computepool/standard", ...inCloud, "--timeout=300s"]);
  expect(await labelOf()).toBeUndefined();
  const kinds = [
    ["compute", "service", "list", "--service", "nova-compute"],
    ["hypervisor", "list"],
  ];
  for (const kind of [...kinds, ["network", "agent", "list", "--host", node]])
    expect(await commands.ask(...kind)).toEqual([]);
  await eventually(
    "pods of the pool to be gone",
    120,
    () => at.json(["get", "pods", ...inCloud, "-l", "nephos.dev/pool=standard"]),
    (pods) => listAt(pods, "items").length === 0,
  );
});
