import { dirname, join } from "node:path";
import { commandsAs } from "../guest/commands.ts";
import { guestImage } from "../guest/image.ts";
import { active, ensureFloatingIp, ensureServer } from "../guest/server.ts";
import { inGuest } from "../guest/session.ts";
import { ensureTenant } from "../guest/tenant.ts";
import { cacheDir } from "../lab/host/cache.ts";
import { ensurePackages } from "../lab/host/packages.ts";
import { handToCaller } from "../lab/host/root.ts";
import type { Target } from "../lab/kubectl.ts";
import { stillMissing } from "../lab/patience.ts";
import { clientEnvironment } from "./client-env.ts";
import type { CloudRef } from "./cloud.ts";
import { outside } from "./hosts.ts";

type Log = (line: string) => void;

/** A server that answers. */
export interface FirstServer {
  /** Its floating IP. */
  readonly address: string;
  /** The file of the private key that opens it. */
  readonly key: string;
}

const answerInSeconds = 180;

/** Boots a server as a user would, by the openstack command at a path, and waits until a shell in it answers on its floating IP. */
export async function firstServer(target: Target, cloud: CloudRef, openstack: string, log: Log): Promise<FirstServer> {
  await ensurePackages(["openssh-client"], log);
  const image = await guestImage(log);
  const key = join(dirname(target.kubeconfig), "guest-key");
  const env = { ...(await clientEnvironment(target, cloud)), XDG_CACHE_HOME: cacheDir };
  const commands = commandsAs(openstack, env);
  log("image, flavor, network, router, security group, keypair");
  await ensureTenant(commands, { image, outside, key });
  await handToCaller(key);
  log("server first");
  await ensureServer(commands, "first");
  await active(commands, "first");
  const address = await ensureFloatingIp(commands, "first", outside);
  await answering(address, key);
  return { address, key };
}

/** Waits for the shell of a server; rejects with what was heard last. */
async function answering(address: string, key: string): Promise<void> {
  const trouble = await stillMissing(answerInSeconds, () =>
    inGuest(address, key, "true").then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
  );
  if (trouble !== undefined) throw new Error(`no shell at ${address} after ${answerInSeconds} s: ${trouble}`);
}
