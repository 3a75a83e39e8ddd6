import { z } from "zod";
import type { ProviderNetworkSpec } from "../../crds/provider-network.ts";
import { networkSpec } from "../../crds/network.ts";
import { addressOf, overlapping, rangeOf } from "../../operator/address.ts";
import type { Live } from "../../operator/object.ts";
import type { Action, Plan, Snapshot, Step } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { contradiction } from "../refusal.ts";
import { markOf, type NetworkFact, placeOf, type ProviderFacts, type SubnetFact } from "./provider-facts.ts";
import { networkKind } from "./fabric.ts";

/** One call to Neutron, as data. */
export const neutronCall = z.object({
  verb: z.enum(["create", "update", "remove"]),
  path: z.string(),
  /** Name of the object in the body of the call. */
  member: z.string(),
  body: z.record(z.string(), z.unknown()),
});
/** A planned call to Neutron. */
export type NeutronCall = z.output<typeof neutronCall>;

type Subnet = ProviderNetworkSpec["subnets"][number];
type Named = readonly [title: string, call: NeutronCall];

/** What has to be done in Neutron so that it is as the ProviderNetwork says; pure, over what was observed. */
export function planProvider(subject: Live, spec: ProviderNetworkSpec, seen: Snapshot, facts: ProviderFacts): Plan {
  const overlap = spec.subnets.flatMap((subnet) => overlapIn(subnet) ?? [])[0];
  if (overlap !== undefined) return { steps: [contradiction("subnets/pools", "PoolsUnfit", overlap)] };
  const held = physicalTrouble(subject, spec, seen);
  if (held !== undefined) return { steps: [{ name: "network/physical", after: [], objects: [], held }] };
  if (facts.unreachable !== undefined) return { steps: [unreachable(facts.unreachable)] };
  const [network, ...spare] = inOrder(facts.networks);
  return {
    steps: [
      step("neutron/network", [], networkCalls(subject, spec, network, spare)),
      step("neutron/subnets", ["neutron/network"], network === undefined ? [] : subnetCalls(spec, network, facts)),
    ],
  };
}

/** What has to happen before a ProviderNetwork may go: nobody holds an address of it, then it goes from Neutron. */
export function planProviderDeletion(cloud: Live | undefined, facts: ProviderFacts): Plan {
  // Of a cloud that is gone or going nothing is asked: what Neutron had goes with it, or stays for its next one.
  if (cloud === undefined || cloud.metadata.deletionTimestamp !== undefined) return { steps: [] };
  if (facts.unreachable !== undefined) return { steps: [unreachable(facts.unreachable)] };
  const { users } = facts;
  const message = `${users.slice(0, 10).join(", ")}${users.length > 10 ? ` and ${users.length - 10} more` : ""} ${users.length === 1 ? "uses" : "use"} this network; take them off it first`;
  const used: Verdict = { is: "blocked", reason: "InUse", message };
  const calls = facts.networks.map(({ id }): Named => ["network to be removed", removal(`networks/${id}`)]);
  return {
    steps: [
      { name: "neutron/users", after: [], objects: [], ...(users.length === 0 ? {} : { held: used }) },
      step("neutron/network", ["neutron/users"], calls),
    ],
  };
}

function unreachable(on: string): Step {
  return { name: "neutron/network", after: [], objects: [], held: { is: "waiting", on } };
}

/** Why the network cannot be where it is wanted. It may come: somebody adds it to the Network. */
function physicalTrouble({ metadata: { namespace } }: Live, spec: ProviderNetworkSpec, seen: Snapshot) {
  const { name } = spec.network;
  const live = seen.get({ ...networkKind, namespace, name });
  if (live === undefined) return { is: "waiting", on: `Network ${name} to exist` } satisfies Verdict;
  const known = networkSpec.safeParse(live["spec"]).data?.physicalNetworks.map((physical) => physical.name) ?? [];
  if (known.includes(spec.physicalNetwork)) return undefined;
  const has = known.length === 0 ? "none" : known.join(", ");
  const message = `Network ${name} has no physical network ${spec.physicalNetwork}, it has ${has}; add it to its spec.physicalNetworks`;
  return { is: "blocked", reason: "PhysicalNetworkMissing", message } satisfies Verdict;
}

/** What no rule of the schema can compare: the order of addresses. */
function overlapIn({ name, gateway, pools = [] }: Subnet): string | undefined {
  const at = `spec.subnets: subnet ${name}`;
  const ranges = pools.map(({ start, end }) => {
    const [first, last] = [addressOf(start), addressOf(end)];
    return { text: `${start}-${end}`, bits: first?.bits ?? 32, first: first?.first ?? 0n, last: last?.first ?? 0n };
  });
  const backwards = ranges.find(({ first, last }) => last < first);
  if (backwards !== undefined) return `${at}: the pool ${backwards.text} ends before it starts; turn it round`;
  for (const [index, one] of ranges.entries()) {
    const other = ranges.slice(index + 1).find((each) => overlapping(one, each));
    if (other !== undefined) return `${at}: the pools ${one.text} and ${other.text} overlap; give each address to one`;
  }
  const router = gateway === undefined ? undefined : addressOf(gateway);
  const around = router === undefined ? undefined : ranges.find((range) => overlapping(range, router));
  return around === undefined ? undefined : `${at}: the gateway ${gateway} is in the pool ${around.text}; leave it out`;
}

function step(name: string, after: readonly string[], calls: readonly Named[]): Step {
  const actions: Action[] = calls.map(([title, input]) => ({ name: title, input }));
  const on = actions.map((action) => action.name).join(", ");
  const verdict: Verdict = actions.length === 0 ? done : { is: "waiting", on };
  return { name, after, objects: [], actions, verdict: () => verdict };
}

/** Of what is there twice the one with the first id is kept. */
function inOrder<T extends { readonly id: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function removal(path: string): NeutronCall {
  return { verb: "remove", path, member: "", body: {} };
}

function networkCalls(
  subject: Live,
  spec: ProviderNetworkSpec,
  network: NetworkFact | undefined,
  spare: readonly NetworkFact[],
): Named[] {
  const { name } = subject.metadata;
  const [shared, external] = [spec.access !== "External", spec.access !== "Shared"];
  const open = { admin_state_up: true, shared, "router:external": external };
  const extra = spare.map(({ id }): Named => [`second network ${name} to be removed`, removal(`networks/${id}`)]);
  if (network === undefined) {
    const body = { name, description: markOf(subject), ...open, ...placeOf(spec) };
    return [[`network ${name} to be made`, { verb: "create", path: "networks", member: "network", body }]];
  }
  if (network.up && network.shared === shared && network.external === external) return extra;
  const call = { verb: "update", path: `networks/${network.id}`, member: "network", body: open } as const;
  return [[`network ${name} to be corrected`, call], ...extra];
}

function subnetCalls(spec: ProviderNetworkSpec, network: NetworkFact, { subnets }: ProviderFacts): Named[] {
  const ours = inOrder(subnets.filter(({ networkId }) => networkId === network.id));
  const known = spec.subnets.map((subnet) => [subnet, ours.find((fact) => sameSubnet(subnet, fact))] as const);
  const kept = new Set(known.map(([, fact]) => fact?.id));
  const extra = ours
    .filter(({ id }) => !kept.has(id))
    .map(({ id, name }): Named => [`subnet ${name} to be removed`, removal(`subnets/${id}`)]);
  // What goes may have the addresses of what comes.
  return [...extra, ...known.flatMap(([subnet, fact]) => subnetCall(subnet, fact, network.id))];
}

function sameSubnet({ name, cidr }: Subnet, fact: SubnetFact): boolean {
  const [wanted, there] = [rangeOf(cidr), rangeOf(fact.cidr)];
  return fact.name === name && wanted?.first === there?.first && wanted?.last === there?.last;
}

function subnetCall(subnet: Subnet, fact: SubnetFact | undefined, networkId: string): Named[] {
  const { name, cidr } = subnet;
  const body = bodyOf(subnet);
  if (fact === undefined) {
    const whole = { name, cidr, network_id: networkId, ip_version: versionOf(cidr), ...modesOf(subnet), ...body };
    return [[`subnet ${name} to be made`, { verb: "create", path: "subnets", member: "subnet", body: whole }]];
  }
  if (matches(subnet, fact)) return [];
  return [[`subnet ${name} to be corrected`, { verb: "update", path: `subnets/${fact.id}`, member: "subnet", body }]];
}

function bodyOf({ gateway, pools, dhcp, dnsServers = [] }: Subnet): Record<string, unknown> {
  return {
    gateway_ip: gateway ?? null,
    ...(pools === undefined ? {} : { allocation_pools: pools }),
    enable_dhcp: dhcp === "Enabled",
    dns_nameservers: dnsServers,
  };
}

function versionOf(cidr: string): 4 | 6 {
  return cidr.includes(":") ? 6 : 4;
}

/** Without them Neutron would leave addresses to a router that is not its own. */
function modesOf({ cidr, dhcp }: Subnet): Record<string, unknown> {
  const mode = "dhcpv6-stateful";
  return versionOf(cidr) === 6 && dhcp === "Enabled" ? { ipv6_ra_mode: mode, ipv6_address_mode: mode } : {};
}

/** Addresses are compared as numbers: Neutron writes them its own way. */
function matches(subnet: Subnet, fact: SubnetFact): boolean {
  const { gateway, pools, dhcp, dnsServers = [] } = subnet;
  return (
    numbers([gateway]) === numbers([fact.gateway]) &&
    (pools === undefined || poolsText(pools) === poolsText(fact.pools)) &&
    (dhcp === "Enabled") === fact.dhcp &&
    numbers(dnsServers) === numbers(fact.dnsServers)
  );
}

function numbers(addresses: readonly (string | undefined)[]): string {
  return addresses.map((each) => (each === undefined ? "" : String(addressOf(each)?.first ?? each))).join(",");
}

function poolsText(pools: SubnetFact["pools"]): string {
  return pools
    .map(({ start, end }) => numbers([start, end]))
    .sort()
    .join(" ");
}
