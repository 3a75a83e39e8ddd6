import { listAt, textAt } from "../../operator/object.ts";
import { stillMissing } from "../lab/patience.ts";
import type { Commands } from "./commands.ts";
import { ensured, names } from "./tenant.ts";

/** Has a server boot on what `ensureTenant` made, where there is none of the name; gives its id. Nothing is waited for. */
export function ensureServer(commands: Commands, name: string, more: readonly string[] = []): Promise<string> {
  const options = ["--image", names.image, "--flavor", names.flavor, "--network", names.network];
  const access = ["--security-group", names.group, "--key-name", names.keypair];
  return ensured(commands, "server", name, [...options, ...access, ...more]);
}

/** Waits until a server is ACTIVE; rejects with the fault that Nova tells where it is in ERROR. */
export async function active(commands: Commands, name: string, inSeconds = 300): Promise<void> {
  const missing = await stillMissing(inSeconds, async () => {
    const server = await commands.ask("server", "show", name);
    const status = textAt(server, "status") ?? "unknown";
    if (status === "ERROR") throw new Error(`server ${name} is in ERROR: ${textAt(server, "fault", "message") ?? ""}`);
    return status === "ACTIVE" ? undefined : status;
  });
  if (missing !== undefined) throw new Error(`server ${name} is ${missing} after ${inSeconds} s`);
}

/** The floating IP of an ACTIVE server, which gets one of the network outside where it has none. */
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
  const id = textAt(listAt({ ports }, "ports")[0], "ID");
  if (id === undefined) throw new Error(`server ${server} has no port yet`);
  return id;
}

/** The address of a server in its own network. */
export async function fixedAddressOf(commands: Commands, server: string): Promise<string> {
  const live = await commands.ask("server", "show", server);
  return textAt(listAt(live, "addresses", names.network)[0]) ?? "";
}
