import type { Keystone } from "../openstack/keystone.ts";
import type { KeystoneCall } from "./plan.ts";

/** Makes a planned call, with the password where the plan names one; rejects with a KeystoneError. */
export async function perform(call: KeystoneCall, password: string | undefined, keystone: Keystone): Promise<void> {
  const body = password === undefined ? call.body : { ...call.body, password };
  const verbs = {
    create: () => keystone.create(call.path, call.member, body),
    update: () => keystone.update(call.path, call.member, body),
    put: () => keystone.put(call.path),
    remove: () => keystone.remove(call.path),
  };
  await verbs[call.verb]();
}
