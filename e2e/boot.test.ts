import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostOfLabel } from "../controllers/compute/labels.ts";
import { listAt, mapAt, textAt } from "../operator/object.ts";
import type { Commands } from "./guest/commands.ts";
import { guestImage } from "./guest/image.ts";
import { active, ensureFloatingIp, ensureServer, fixedAddressOf } from "./guest/server.ts";
import { screenBehind, securityOf, shows } from "./guest/screen.ts";
import { inGuest, opens, pings } from "./guest/session.ts";
import { allow, ensureTenant, names, removeTenant } from "./guest/tenant.ts";
import { ensurePackages } from "./lab/host/packages.ts";
import { cloud, inCloud, readyCloud } from "./scene/cloud.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";
import { authoritiesOf, trusting } from "./scene/trust.ts";
import { valueOf } from "./up/client-env.ts";
import { applyHosts, hostsReady, outside } from "./up/hosts.ts";

/** What a user does with a cloud: all of it by the openstack command, and from where users are, outside. */
let at: Scene;
let commands: Commands;
let folder: string;
let key: string;
/** Where the first server is reached from outside. */
let address: string;
let firstId: string;

beforeAll(async () => {
  at = await scene();
  await ensurePackages(["iputils-ping", "openssh-client"]);
  const image = await guestImage();
  await readyCloud(at);
  await applyHosts(at.cluster, at.cluster.outer, cloud.namespace);
  await hostsReady(at.cluster, cloud.namespace, 300, () => undefined);
  folder = await mkdtemp(join(tmpdir(), "nephos-boot-"));
  key = join(folder, "key");
  commands = await at.commands(cloud);
  await ensureTenant(commands, { image, outside, key });
});

afterAll(async () => {
  await removeTenant(commands);
  await at.kubectl(["delete", "computepool,computecell,providernetwork", "--all", ...inCloud, "--timeout=180s"]);
  await at.kubectl(["label", "nodes", "--all", `${hostOfLabel}-`]);
  await rm(folder, { recursive: true, force: true });
  await at.transport.close();
});

/** Runs a command line in the first server. */
const first = (line: string): Promise<string> => inGuest(address, key, line);

/** Runs a program in the agent that has Open vSwitch. */
async function inSwitch(...command: readonly string[]): Promise<string> {
  const pods = await at.json(["get", "pods", ...inCloud, "-l", "app.kubernetes.io/name=openvswitch"]);
  const name = textAt(listAt(pods, "items")[0], "metadata", "name") ?? "";
  return at.kubectl(["exec", name, ...inCloud, "-c", "switch", "--", ...command]);
}

/** Interfaces of servers on the bridge that OVN works on. */
const taps = async (): Promise<string[]> =>
  (await inSwitch("ovs-vsctl", "list-ports", "br-int")).split("\n").filter((name) => name.startsWith("tap"));

const answers = (where: string): Promise<boolean> => eventually("a ping", 90, () => pings(where), Boolean);

test("a server becomes ACTIVE, and answers to ping and ssh on its floating IP", async () => {
  const data = join(folder, "user-data");
  await writeFile(data, "what its user wants it to know\n");
  firstId = await ensureServer(commands, "first", ["--user-data", data]);
  await active(commands, "first");
  address = await ensureFloatingIp(commands, "first", outside);
  await answers(address);
  expect(await eventually("a shell", 60, () => first("hostname"), Boolean)).toMatch(/^first/);
});

test("inside it has the address that Neutron gave it, by DHCP, and metadata and user data from Nova", async () => {
  expect(await first("ip -4 -o address show eth0")).toContain(` ${await fixedAddressOf(commands, "first")}/24 `);
  const metadata: unknown = JSON.parse(await first("cat /run/meta_data.json"));
  expect(metadata).toMatchObject({ uuid: firstId, name: "first" });
  expect(await first("cat /run/user_data")).toBe("what its user wants it to know\n");
  expect(await commands.tell("console", "log", "show", "first")).toContain("the guest is up");
});

test("its console answers to who has a token, and to nobody else", async () => {
  const url = new URL(textAt(await commands.ask("console", "url", "show", "--novnc", "first"), "url") ?? "");
  const fetch = await trusting(at, cloud.namespace);
  expect(await (await fetch(url.href)).text()).toContain("noVNC");
  const path = url.searchParams.get("path") ?? "";
  const authorities = await authoritiesOf(at, cloud.namespace);
  expect(await screenBehind(`wss://${url.host}/${path}`, authorities)).toContain("instance-");
  await expect(
    screenBehind(`wss://${url.host}/?token=7b0e3f5e-0000-4000-8000-000000000000`, authorities),
  ).rejects.toThrow("breaks off");
});

test("its host shows its screen by TLS, and only to who has a certificate of the cloud", async () => {
  const [node] = listAt(await at.json(["get", "nodes"]), "items");
  const host = textAt(listAt(node, "status", "addresses")[0], "address") ?? "";
  expect(await securityOf(host, 5900)).toEqual([19]);
  const viewer = { ca: await authoritiesOf(at, cloud.namespace), servername: "nova-cell1-screens" };
  await expect(shows(host, 5900, viewer)).rejects.toThrow(/breaks off|alert|reset/);
  const proofOf = (file: string): Promise<string> => valueOf(at.cluster, cloud.namespace, "nova-cell1-tls", file);
  const proof = { cert: await proofOf("tls.crt"), key: await proofOf("tls.key") };
  expect(await shows(host, 5900, { ...viewer, ...proof })).toBe(true);
});

test("two servers of a network reach each other", async () => {
  await ensureServer(commands, "second");
  await active(commands, "second");
  const other = await fixedAddressOf(commands, "second");
  await eventually("the other to answer", 90, () => first(`ping -c 1 -W 2 ${other}`), Boolean);
});

test("a rule of its security group opens a port, and closes it when it is gone", async () => {
  await first("dropbear -R -p 8080");
  expect(await opens(address, 8080)).toBe(false);
  const rule = await allow(commands, "tcp", 8080);
  const open = (): Promise<boolean> => opens(address, 8080);
  await eventually("the port to open", 30, open, Boolean);
  await commands.tell("security", "group", "rule", "delete", rule);
  await eventually("the port to close", 30, open, (answer) => !answer);
  expect(await pings(address)).toBe(true);
});

test("a snapshot keeps what its disk had, and a server that is rebuilt of it has that again", async () => {
  const disk = "dd if=/dev/vda bs=4 count=1 2>/dev/null";
  await first("printf kept > /dev/vda; sync");
  await commands.tell("server", "image", "create", "--name", "snapshot", "--wait", "first");
  await first("printf lost > /dev/vda; sync");
  await commands.tell("server", "rebuild", "--image", "snapshot", "--wait", "first");
  await answers(address);
  await eventually(
    "the disk of the snapshot",
    60,
    () => first(disk),
    (words) => words === "kept",
  );
});

test("of servers that are deleted no interface, no port and no allocation is left", async () => {
  expect(await taps()).not.toEqual([]);
  await commands.tell("server", "delete", "--wait", "first", "second");
  await eventually("interfaces of servers to be gone", 60, taps, (left) => left.length === 0);
  const ports = await commands.ask("port", "list", "--network", names.network, "--device-owner", "compute:nova");
  expect(ports).toEqual([]);
  expect(await allocationsOf(firstId)).toEqual({});
});

/** What Placement holds for a server. */
async function allocationsOf(server: string): Promise<unknown> {
  const token = textAt(await commands.ask("token", "issue"), "id") ?? "";
  const endpoints = await commands.ask("endpoint", "list", "--service", "placement", "--interface", "public");
  const fetch = await trusting(at, cloud.namespace);
  const url = `${textAt(listAt({ endpoints }, "endpoints")[0], "URL") ?? ""}/allocations/${server}`;
  const answer = await fetch(url, { headers: { "x-auth-token": token } });
  return mapAt(await answer.json(), "allocations");
}
