import type { ProviderNetworkSpec } from "../../crds/provider-network.ts";
import { at, listAt, type Live, nameFor, refOf, textAt } from "../../operator/object.ts";
import type { Neutron } from "../openstack/neutron.ts";

/** What Neutron has of what a ProviderNetwork is about. */
export interface ProviderFacts {
  /** Why nothing could be seen. */
  readonly unreachable?: string;
  /** Networks that were made for it: one, but where an answer was lost. */
  readonly networks: readonly NetworkFact[];
  readonly subnets: readonly SubnetFact[];
  /** Who holds an address of its networks, by name; only asked when it is to go. */
  readonly users: readonly string[];
}

/** A network in Neutron. */
export interface NetworkFact {
  readonly id: string;
  readonly up: boolean;
  readonly shared: boolean;
  readonly external: boolean;
}

/** A subnet in Neutron. */
export interface SubnetFact {
  readonly id: string;
  readonly networkId: string;
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string | undefined;
  readonly pools: readonly { readonly start: string; readonly end: string }[];
  readonly dhcp: boolean;
  readonly dnsServers: readonly string[];
}

/** Facts with nothing in them. */
export const noFacts: ProviderFacts = { networks: [], subnets: [], users: [] };

/** The description by which a network is known as made for a ProviderNetwork. */
export function markOf(subject: Live): string {
  return `Made by Nephos for ${nameFor(refOf(subject))}`;
}

/** Where on a physical network a network is, as Neutron says it; nobody but its administrators can. */
export function placeOf({ physicalNetwork, segmentation }: ProviderNetworkSpec): Readonly<Record<string, unknown>> {
  return {
    "provider:network_type": segmentation.type.toLowerCase(),
    "provider:physical_network": physicalNetwork,
    ...(segmentation.vlan === undefined ? {} : { "provider:segmentation_id": segmentation.vlan.id }),
  };
}

/** Reads from Neutron what the ProviderNetwork is about, and nothing else; rejects with a NeutronError. */
export async function observeNeutron(
  subject: Live,
  spec: ProviderNetworkSpec,
  neutron: Neutron,
): Promise<ProviderFacts> {
  const wanted = Object.entries({ ...placeOf(spec), description: markOf(subject) });
  const named = await neutron.list("networks", { name: subject.metadata.name });
  // The mark alone is not enough: any project can give a network of its own this name and description, but no place.
  const networks = named.filter((each) => wanted.every(([field, value]) => at(each, field) === value)).map(networkFact);
  const of = (collection: string): Promise<unknown[]> =>
    Promise.all(networks.map(({ id }) => neutron.list(collection, { network_id: id }))).then((found) => found.flat());
  const subnets = await of("subnets");
  const ports = subject.metadata.deletionTimestamp === undefined ? [] : await of("ports");
  return { networks, subnets: subnets.map(subnetFact), users: ports.flatMap(userOf) };
}

function networkFact(entry: unknown): NetworkFact {
  return {
    id: textAt(entry, "id") ?? "",
    up: at(entry, "admin_state_up") === true,
    shared: at(entry, "shared") === true,
    external: at(entry, "router:external") === true,
  };
}

function subnetFact(entry: unknown): SubnetFact {
  return {
    id: textAt(entry, "id") ?? "",
    networkId: textAt(entry, "network_id") ?? "",
    name: textAt(entry, "name") ?? "",
    cidr: textAt(entry, "cidr") ?? "",
    gateway: textAt(entry, "gateway_ip"),
    pools: listAt(entry, "allocation_pools").map((pool) => ({
      start: textAt(pool, "start") ?? "",
      end: textAt(pool, "end") ?? "",
    })),
    dhcp: at(entry, "enable_dhcp") === true,
    dnsServers: listAt(entry, "dns_nameservers").map(String),
  };
}

/** Neutron takes away its own ports with the network; all others are somebody's. */
function userOf(port: unknown): string[] {
  const owner = textAt(port, "device_owner") ?? "";
  const device = textAt(port, "device_id") ?? "";
  const [address] = listAt(port, "fixed_ips");
  if (["network:dhcp", "network:distributed"].includes(owner)) return [];
  if (owner === "network:floatingip") return [`floating IP ${textAt(address, "ip_address") ?? device}`];
  if (owner.startsWith("network:router")) return [`router ${device}`];
  if (owner.startsWith("compute:")) return [`server ${device}`];
  return [`port ${textAt(port, "id") ?? ""}`];
}
