import { existsSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { textAt } from "../../operator/object.ts";
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

/** The id of what has this name, which is made where nothing has; and whether it was. */
export async function ensured(
  commands: Commands,
  kind: string,
  name: string,
  options: readonly string[] = [],
): Promise<{ readonly id: string; readonly made: boolean }> {
  const found = await idOf(commands, kind, name);
  if (found !== undefined) return { id: found, made: false };
  const made = textAt(await commands.ask(...kind.split(" "), "create", ...options, name), "id");
  return { id: made ?? "", made: true };
}

async function ensureImage(commands: Commands, { kernel, ramDisk }: GuestImage): Promise<void> {
  const upload = (name: string, file: string, ...more: readonly string[]): Promise<{ readonly id: string }> =>
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
  const boot = [
    `kernel_id=${first.id}`,
    `ramdisk_id=${second.id}`,
    "os_command_line=console=ttyS0 quiet net.ifnames=0",
  ];
  await upload(names.image, disk, ...boot, "hw_rng_model=virtio");
}

async function ensureFlavor(commands: Commands): Promise<void> {
  await ensured(commands, "flavor", names.flavor, ["--vcpus", "1", "--ram", "256", "--disk", "1"]);
}

async function ensureNetwork(commands: Commands, outside: string): Promise<void> {
  const [, router] = await Promise.all([
    ensured(commands, "network", names.network),
    ensured(commands, "router", names.network),
  ]);
  const range = ["--network", names.network, "--subnet-range", "192.168.10.0/24"];
  const subnet = await ensured(commands, "subnet", names.network, range);
  if (router.made) await commands.tell("router", "set", "--external-gateway", outside, names.network);
  if (router.made || subnet.made) await commands.tell("router", "add", "subnet", names.network, names.network);
}

async function ensureGroup(commands: Commands): Promise<void> {
  const { made } = await ensured(commands, "security group", names.group);
  if (made) await Promise.all([allow(commands, "icmp"), allow(commands, "tcp", 22)]);
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
