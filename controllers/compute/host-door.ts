import type { Edge } from "../../operator/controller.ts";
import { ApiWire } from "../openstack/api-wire.ts";
import { type Credentials, KeystoneSessions } from "../openstack/keystone.ts";
import { openNeutron } from "../openstack/neutron.ts";
import { openNova } from "../openstack/nova.ts";
import { operatorCredentials } from "../openstack/operator-credentials.ts";
import { Recent } from "../openstack/recent.ts";
import { neutron } from "../services/neutron.ts";
import { nova } from "../services/nova.ts";
import { internalUrl } from "../services/public.ts";
import type { HostApis } from "./host-facts.ts";

/** The way to the services that know of hosts; tests put some in memory here. */
export type HostDoor = (credentials: Credentials, namespace: string, signal: AbortSignal) => HostApis;

/** A list of all services of Nova serves for so long: each of a thousand hosts looks for itself in it. */
const listInSeconds = 10;

/** The door over HTTP. */
export function httpHostDoor(): HostDoor {
  const [sessions, wire] = [new KeystoneSessions(), new ApiWire()];
  const lists = new Recent<Awaited<ReturnType<HostApis["nova"]["services"]>>>(listInSeconds);
  return (credentials, namespace, signal) => {
    const entrance = { sessions, wire, credentials, signal };
    const api = openNova({ ...entrance, url: internalUrl(nova, { namespace }) });
    const changing = async (change: Promise<void>): Promise<void> => change.finally(() => lists.forget(namespace));
    return {
      neutron: openNeutron({ ...entrance, url: internalUrl(neutron, { namespace }) }),
      nova: {
        ...api,
        services: () => lists.get(namespace, () => api.services()),
        enable: (id) => changing(api.enable(id)),
        disable: (id, reason) => changing(api.disable(id, reason)),
        forget: (id) => changing(api.forget(id)),
      },
    };
  };
}

/** What knows of the hosts of a namespace, through a door; rejects with SourceMissing where it cannot be asked yet. */
export async function openHostApis(namespace: string, edge: Edge, door: HostDoor): Promise<HostApis> {
  return door(await operatorCredentials(namespace, edge), namespace, edge.signal);
}
