import { existsSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { at, listAt, textAt } from "../../operator/object.ts";
import { CommandFailed } from "../lab/host/command.ts";
import type { Commands } from "./commands.ts";
import type { GuestImage } from "./image.ts";

/** What a user of a cloud has before the first server: all of one name. */
export const names = {
  image: "guest",
  flavor: "guest",
  network: "guests",
  group: "guests",
  keypair: "guests",
} as const;

/** From what a user makes all that. */
export interface Wishes {
  readonly image: GuestImage;
  /** The network outside that floating IPs are of. */
  readonly outside: string;
  /** The file of the private key that opens servers: made, or found, as the cloud has it. */
  readonly key: string;
}

/**
 * Makes what servers need: an image, a flavor, a network with a router to the outside, a security group that lets ping and ssh in, a
 * keypair. What is there already is left as it is, so that an interrupted call can be repeated.
 */
export async function ensureTenant(commands: Commands, { image, outside, key }: Wishes): Promise<void> {
  await Promise.all([
    ensureImage(commands, image),
    ensureFlavor(commands),
    ensureNetwork(commands, outside),
    ensureGroup(commands),
    ensureKeypair(commands, key),
  ]);
}

/** The id of what the cloud has by this name; undefined where it has nothing. */
async function idOf(commands: Commands, kind: string, name: string): Promise<string | undefined> {
  const found = await commands.ask(...kind.split(" "), "show", name).catch((error: unknown) => {
    // It ends with 1 for whatever the cloud answers; what else is wrong shows when the thing is made.
    if (error instanceof CommandFailed && error.code === 1) return undefined;
    throw error;
  });
  return textAt(found, "id");
}

/** The id of what has this name, which is made where nothing has. */
export async function ensured(
  commands: Commands,
  kind: string,
  name: string,
  options: readonly string[] = [],
): Promise<string> {
  const found = await idOf(commands, kind, name);
  return found ?? textAt(await commands.ask(...kind.split(" "), "create", ...options, name), "id") ?? "";
}

async function ensureImage(commands: Commands, { kernel, ramDisk }: GuestImage): Promise<void> {
  const upload = (name: string, file: string, ...more: readonly string[]): Promise<string> =>
    ensured(commands, "image", name, [
      ...["--disk-format", "raw", "--container-format", "bare", "--file", file],
      ...more.flatMap((property) => ["--property", property]),
    ]);
  const disk = join(dirname(kernel), "disk");
  await writeFile(disk, Buffer.alloc(1024 * 1024));
  const [first, second] = await Promise.all([
    upload(`${names.image}-kernel`, kernel),
    upload(`${names.image}-ramdisk`, ramDisk),
  ]);
  const boot = [`kernel_id=${first}`, `ramdisk_id=${second}`, "os_command_line=console=ttyS0 quiet net.ifnames=0"];
  // It hears no button: Nova would wait a minute for it to end.
  await upload(names.image, disk, ...boot, "hw_rng_model=virtio", "os_shutdown_timeout=1");
}

async function ensureFlavor(commands: Commands): Promise<void> {
  await ensured(commands, "flavor", names.flavor, ["--vcpus", "1", "--ram", "256", "--disk", "1"]);
}

async function ensureNetwork(commands: Commands, outside: string): Promise<void> {
  await Promise.all([ensured(commands, "network", names.network), ensured(commands, "router", names.network)]);
  const range = ["--network", names.network, "--subnet-range", "192.168.10.0/24"];
  const subnet = await ensured(commands, "subnet", names.network, range);
  const live = await commands.ask("router", "show", names.network);
  if (at(live, "external_gateway_info") === null)
    await commands.tell("router", "set", "--external-gateway", outside, names.network);
  const attached = listAt(live, "interfaces_info").some((each) => textAt(each, "subnet_id") === subnet);
  if (!attached) await commands.tell("router", "add", "subnet", names.network, names.network);
}

async function ensureGroup(commands: Commands): Promise<void> {
  await ensured(commands, "security group", names.group);
  const rules = await commands.ask("security", "group", "rule", "list", "--ingress", names.group);
  const allowed = listAt({ rules }, "rules").map((each) => textAt(each, "IP Protocol"));
  if (!allowed.includes("icmp")) await allow(commands, "icmp");
  if (!allowed.includes("tcp")) await allow(commands, "tcp", 22);
}

/** Takes away what `ensureTenant` made, servers and floating IPs first, as far as it is there. */
export async function removeTenant(commands: Commands): Promise<void> {
  const all = async (kind: string, column: string, ...more: readonly string[]): Promise<void> => {
    const list = await commands.ask(...kind.split(" "), "list");
    const found = listAt({ list }, "list").flatMap((each) => textAt(each, column) ?? []);
    if (found.length > 0) await commands.tell(...kind.split(" "), "delete", ...more, ...found);
  };
  await all("server", "ID", "--wait");
  await all("floating ip", "ID");
  await commands.tell("router", "remove", "subnet", names.network, names.network).catch(() => undefined);
  await Promise.all([all("router", "ID"), all("image", "ID"), all("flavor", "ID"), all("keypair", "Name")]);
  const named = ["network", "security group"] as const;
  for (const kind of named) {
    const id = await idOf(commands, kind, names.network);
    if (id !== undefined) await commands.tell(...kind.split(" "), "delete", id);
  }
}

/** Lets packets of a protocol in to servers, to one port or all; gives the rule's id. */
export async function allow(commands: Commands, protocol: string, port?: number): Promise<string> {
  const only = port === undefined ? [] : ["--dst-port", String(port)];
  const rule = await commands.ask("security", "group", "rule", "create", "--protocol", protocol, ...only, names.group);
  return textAt(rule, "id") ?? "";
}

async function ensureKeypair(commands: Commands, key: string): Promise<void> {
  const there = (await commands.ask("keypair", "show", names.keypair).catch(() => undefined)) !== undefined;
  if (there && existsSync(key)) return;
  // The cloud keeps the public half only: without the other one it opens nothing.
  if (there) await commands.tell("keypair", "delete", names.keypair);
  await rm(key, { force: true });
  await mkdir(dirname(key), { recursive: true });
  await commands.tell("keypair", "create", "--private-key", key, names.keypair);
  await chmod(key, 0o600);
}
