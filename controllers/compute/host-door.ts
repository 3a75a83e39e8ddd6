import type { Edge } from "../../operator/controller.ts";
import { ApiWire } from "../openstack/api-wire.ts";
import { type Credentials, KeystoneSessions } from "../openstack/keystone.ts";
import { openNeutron } from "../openstack/neutron.ts";
import { type Nova, openNova } from "../openstack/nova.ts";
import { operatorCredentials } from "../openstack/operator-credentials.ts";
import { Recent } from "../openstack/recent.ts";
import { neutron } from "../services/neutron.ts";
import { nova } from "../services/nova.ts";
import { internalUrl } from "../services/public.ts";
import type { HostApis } from "./host-facts.ts";

/** The way to what knows of the hosts of a namespace; rejects with SourceMissing while nobody can go it. Tests put some in memory here. */
export type HostDoor = (namespace: string, edge: Edge) => Promise<HostApis>;

/** What all hosts of a namespace need alike serves for so long: each of a thousand looks for itself in one list. */
const sharedInSeconds = 10;

/** The door over HTTP. */
export function httpHostDoor(): HostDoor {
  const [sessions, wire] = [new KeystoneSessions(), new ApiWire()];
  const accounts = new Recent<Credentials>(sharedInSeconds);
  const lists = new Recent<Awaited<ReturnType<Nova["services"]>>>(sharedInSeconds);
  return async (namespace, edge) => {
    const credentials = await accounts.get(namespace, () => operatorCredentials(namespace, edge));
    const entrance = { sessions, wire, credentials, signal: edge.signal };
    const api = openNova({ ...entrance, url: internalUrl(nova, { namespace }) });
    const changing = (change: Promise<void>): Promise<void> => change.finally(() => lists.forget(namespace));
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
