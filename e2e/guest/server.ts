import { listAt, textAt } from "../../operator/object.ts";
import type { Commands } from "./commands.ts";
import { ensured, names } from "./tenant.ts";

/** Has a server boot on what `ensureTenant` made, where there is none of the name; gives its id. Nothing is waited for. */
export function ensureServer(commands: Commands, name: string, more: readonly string[] = []): Promise<string> {
  const options = ["--image", names.image, "--flavor", names.flavor, "--network", names.network];
  const access = ["--security-group", names.group, "--key-name", names.keypair];
  return ensured(commands, "server", name, [...options, ...access, ...more]);
}

/** Waits until a server is ACTIVE, and gives it; rejects with the fault that Nova tells where it is in ERROR. */
export async function active(commands: Commands, name: string, inSeconds = 300): Promise<unknown> {
  const deadline = performance.now() + inSeconds * 1000;
  for (;;) {
    const server = await commands.ask("server", "show", name);
    const status = textAt(server, "status") ?? "unknown";
    if (status === "ACTIVE") return server;
    if (status === "ERROR") throw new Error(`server ${name} is in ERROR: ${textAt(server, "fault", "message") ?? ""}`);
    if (performance.now() > deadline) throw new Error(`server ${name} is ${status} after ${inSeconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** The floating IP of a server, which gets one of the network outside where it has none. */
export async function ensureFloatingIp(commands: Commands, server: string, outside: string): Promise<string> {
  const port = await portOf(commands, server);
  const known = await commands.ask("floating", "ip", "list", "--port", port);
  const [first] = listAt({ known }, "known");
  const address = textAt(first, "Floating IP Address");
  if (address !== undefined) return address;
  const made = await commands.ask("floating", "ip", "create", "--port", port, outside);
  return textAt(made, "floating_ip_address") ?? "";
}

/** The id of a server's first port. */
async function portOf(commands: Commands, server: string): Promise<string> {
  const ports = await commands.ask("port", "list", "--server", server);
  return textAt(listAt({ ports }, "ports")[0], "ID") ?? "";
}

/** The address of a server in its own network. */
export async function fixedAddressOf(commands: Commands, server: string): Promise<string> {
  const live = await commands.ask("server", "show", server);
  return textAt(listAt(live, "addresses", names.network)[0]) ?? "";
}
