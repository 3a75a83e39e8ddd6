import { run } from "./command.ts";
import { readIfThere } from "./process.ts";

/** A bridge on the host with the ranges that lie behind it. */
export interface Bridge {
  readonly name: string;
  readonly address: string;
  /** All of the cluster's addresses; what leaves this range takes on the host's own. Left out where another bridge says so. */
  readonly range?: string;
  readonly mtu: number;
  readonly routes: readonly Route[];
}

/** Where a range is reached. */
export interface Route {
  readonly range: string;
  readonly via: string;
}

/** A machine's place on a bridge. */
export interface Cable {
  readonly link: string;
  /** What the machine calls its end. */
  readonly device: "eth0" | "eth1";
  readonly bridge: string;
  readonly mtu: number;
  /** The machine's address and its ways; left out where it has none there. */
  readonly station?: { readonly address: string; readonly gateway: string; readonly routes: readonly Route[] };
}

/** The largest packet that the host's way out takes; machines use no larger ones, as nobody would tell them to. */
export async function hostMtu(): Promise<number> {
  const device = /\bdev (\S+)/.exec(await run("ip", ["-4", "route", "show", "default"]))?.[1];
  const mtu = device === undefined ? undefined : readIfThere(`/sys/class/net/${device}/mtu`);
  return Math.min(1500, Number(mtu ?? 1500));
}

/** Ranges that the host has routes to, other than by the given interfaces. */
export async function routedRanges(...exceptBy: readonly string[]): Promise<string[]> {
  const lines = (await run("ip", ["-4", "route", "show", "table", "all"])).split("\n");
  return lines.flatMap((line) => {
    if (exceptBy.some((link) => line.includes(` dev ${link} `))) return [];
    return /(?:^|\s)(10\.\d+\.\d+\.\d+(?:\/\d+)?)\s/.exec(line)?.[1] ?? [];
  });
}

/** Brings up the bridge with its routes and its way out. Does nothing to one that is up already. */
export async function ensureBridge(bridge: Bridge): Promise<void> {
  if (!linkExists(bridge.name)) {
    await run("ip", ["link", "add", bridge.name, "mtu", String(bridge.mtu), "type", "bridge"]);
  }
  await batch([
    `addr replace ${bridge.address}/24 dev ${bridge.name}`,
    `link set ${bridge.name} up`,
    ...bridge.routes.map((route) => `route replace ${route.range} via ${route.via} dev ${bridge.name}`),
  ]);
  const { name, range } = bridge;
  if (range !== undefined) await run("nft", ["-f", "-"], { input: renderMasquerade({ name, range }) });
  await allowForwarding(bridge.name);
}

/** A table of its own: taken away, nothing of it is left, and nobody else's rules are touched. */
export function renderMasquerade({ name, range }: { readonly name: string; readonly range: string }): string {
  return `add table ip ${name}
flush table ip ${name}
table ip ${name} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${range} ip daddr != ${range} oifname != "${name}" masquerade
  }
}
`;
}

/** Connects a machine, given by its PID 1. Does nothing to one that is connected already. */
export async function ensureCable(cable: Cable, pid: number): Promise<void> {
  const { device, station } = cable;
  const show = ["--net", `--target=${pid}`, "ip", "link", "show", "dev", device];
  const connected = await run("nsenter", show).then(
    () => true,
    () => false,
  );
  if (!connected) {
    // The end of a cable whose machine died a moment ago may linger.
    await removeLink(cable.link);
    const mtu = ["mtu", String(cable.mtu)];
    const peer = ["peer", "name", device, ...mtu, "netns", String(pid)];
    await run("ip", ["link", "add", cable.link, ...mtu, "type", "veth", ...peer]);
  }
  await run("ip", ["link", "set", cable.link, "master", cable.bridge, "up"]);
  await batchIn(pid, [
    ...(station === undefined ? [] : [`addr replace ${station.address}/24 dev ${device}`]),
    `link set ${device} up`,
    ...(station === undefined ? [] : [`route replace default via ${station.gateway}`]),
    ...(station?.routes ?? []).map((route) => `route replace ${route.range} via ${route.via}`),
  ]);
}

/** Takes away the bridge, every cable on it, its routes and its rules. */
export async function removeBridge(name: string): Promise<void> {
  const links = (await run("ip", ["-o", "link", "show"]))
    .split("\n")
    .flatMap((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? []);
  const cables = links.filter((link) => link.startsWith(`${name}-`));
  await Promise.all([...cables, name].map(removeLink));
  await run("nft", ["delete", "table", "ip", name]).catch(() => undefined);
  if (await filtersForwarding()) await eachForwardRule(name, async (rule) => dropRule(rule));
}

function linkExists(name: string): boolean {
  return readIfThere(`/sys/class/net/${name}/ifindex`) !== undefined;
}

async function removeLink(name: string): Promise<void> {
  await run("ip", ["link", "delete", name]).catch((error: unknown) => {
    if (linkExists(name)) throw error;
  });
}

function batch(lines: readonly string[]): Promise<string> {
  return run("ip", ["-batch", "-"], { input: batchInput(lines) });
}

function batchIn(pid: number, lines: readonly string[]): Promise<string> {
  return run("nsenter", ["--net", `--target=${pid}`, "ip", "-batch", "-"], { input: batchInput(lines) });
}

function batchInput(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

// Docker and ufw drop what they do not know in the FORWARD chain; where there is no such chain, none is made.
async function allowForwarding(bridge: string): Promise<void> {
  if (!(await filtersForwarding())) return;
  await eachForwardRule(bridge, async (rule) => {
    if (!(await hasRule(rule))) await run("iptables", ["-w", "-I", "FORWARD", ...rule]);
  });
}

async function filtersForwarding(): Promise<boolean> {
  if ((readIfThere("/proc/net/ip_tables_names") ?? "").includes("filter")) return true;
  return run("nft", ["list", "chain", "ip", "filter", "FORWARD"]).then(
    () => true,
    () => false,
  );
}

async function eachForwardRule(bridge: string, act: (rule: readonly string[]) => Promise<void>): Promise<void> {
  for (const direction of ["-i", "-o"]) await act([direction, bridge, "-j", "ACCEPT"]);
}

function hasRule(rule: readonly string[]): Promise<boolean> {
  return run("iptables", ["-w", "-C", "FORWARD", ...rule]).then(
    () => true,
    () => false,
  );
}

async function dropRule(rule: readonly string[]): Promise<void> {
  if (await hasRule(rule)) await run("iptables", ["-w", "-D", "FORWARD", ...rule]);
}
