import { z } from "zod";
import { addressOf, rangeOf, within } from "../operator/address.ts";
import { conditions, type KindDefinition, listMap, type Rule, rules } from "../operator/schema.ts";
import { oneOf } from "./external.ts";
import { addressRange, linkName, objectName } from "./names.ts";
import { steps } from "./report.ts";

const address = z
  .string()
  .max(39)
  .regex(/^([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)$/);

const inSubnet = (text: string, cidr: string): boolean => {
  const [one, range] = [addressOf(text), rangeOf(cidr)];
  return one !== undefined && range !== undefined && within(one, range);
};

const subnetRules = {
  range: { rule: "isCIDR(self.cidr)", message: "cidr is a range of addresses such as 203.0.113.0/24" },
  gateway: {
    rule: "!has(self.gateway) || !isCIDR(self.cidr) || (isIP(self.gateway) && cidr(self.cidr).containsIP(self.gateway))",
    message: "the gateway lies outside of its subnet; give an address in cidr",
  },
  pools: {
    rule: "!has(self.pools) || !isCIDR(self.cidr) || self.pools.all(pool, isIP(pool.start) && isIP(pool.end) && cidr(self.cidr).containsIP(pool.start) && cidr(self.cidr).containsIP(pool.end))",
    message: "a pool lies outside of its subnet; give addresses in cidr",
  },
  stays: { rule: "self.cidr == oldSelf.cidr", message: "a subnet keeps its cidr; give one of another name" },
} as const satisfies Readonly<Record<string, Rule>>;

const subnet = z
  .object({
    name: z.string().max(63).regex(objectName).describe("Name of the subnet in Neutron, unique in this network."),
    cidr: z.string().max(43).regex(addressRange).describe("Its addresses, such as 203.0.113.0/24."),
    gateway: address
      .exactOptional()
      .describe("Address of the router outside. Default: none; nothing beyond the network is reached."),
    pools: z
      .array(
        z.object({
          start: address.describe("The first address of the pool."),
          end: address.describe("The last address of the pool."),
        }),
      )
      .max(16)
      .exactOptional()
      .describe("The addresses that Neutron may give away; pools do not overlap. Default: all but the gateway's."),
    dhcp: z
      .enum(["Enabled", "Disabled"])
      .exactOptional()
      .describe("Whether servers get their addresses by DHCP. Default: Disabled."),
    dnsServers: z
      .array(address.describe("Address of a server."))
      .max(8)
      .exactOptional()
      .describe("Addresses of DNS servers that servers are told by DHCP. Default: none."),
  })
  .refine(({ cidr }) => rangeOf(cidr) !== undefined, { message: subnetRules.range.message })
  .refine(({ cidr, gateway }) => gateway === undefined || rangeOf(cidr) === undefined || inSubnet(gateway, cidr), {
    message: subnetRules.gateway.message,
  })
  .refine(
    ({ cidr, pools = [] }) =>
      rangeOf(cidr) === undefined || pools.every(({ start, end }) => inSubnet(start, cidr) && inSubnet(end, cidr)),
    { message: subnetRules.pools.message },
  )
  .meta(rules(...Object.values(subnetRules)));

const staysPhysical = "a network keeps its place on a physical network; make a new ProviderNetwork for another one";

/** What a user says about an external or shared network. */
export const providerNetworkSpec = z.object({
  network: z
    .object({
      name: z.string().min(1).max(55).regex(objectName).describe("Name of the Network, in the same namespace."),
    })
    .meta(rules({ rule: "self == oldSelf", message: staysPhysical }))
    .describe("The Network whose physical network this is on. Required."),
  physicalNetwork: z
    .string()
    .min(1)
    .max(63)
    .regex(linkName)
    .meta(rules({ rule: "self == oldSelf", message: staysPhysical }))
    .describe("Name of a physical network of the Network, such as physnet1. Required."),
  segmentation: oneOf(
    z.object({
      type: z
        .enum(["Flat", "Vlan"])
        .default("Flat")
        .describe("Flat: packets without a tag. Vlan: packets with the tag of a VLAN. Default Flat."),
      vlan: z
        .object({ id: z.int32().min(1).max(4094).describe("Number of the VLAN, 1 to 4094.") })
        .optional()
        .describe("The VLAN whose tag packets have."),
    }),
    ["vlan"],
    { rules: [{ rule: "self == oldSelf", message: staysPhysical }] },
  )
    .prefault({ type: "Flat" })
    .describe("How packets of the network are told from others on the physical network."),
  access: z
    .enum(["External", "Shared", "ExternalAndShared"])
    .default("External")
    .describe(
      "External: routers of projects connect to it, and floating IPs are taken from it. Shared: servers of every project may connect to it. Default External.",
    ),
  subnets: listMap(subnet, "name")
    .max(8)
    .default([])
    .describe(
      "The addresses of the network. A subnet that is taken out is removed, once nothing has an address of it. Default: none.",
    ),
});

/** A ProviderNetwork's spec with all defaults filled in. */
export type ProviderNetworkSpec = z.output<typeof providerNetworkSpec>;

/** The ProviderNetwork kind. */
export const providerNetwork: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "ProviderNetwork",
  shortNames: ["ospnet"],
  categories: ["openstack"],
  description:
    "An external or shared network in Neutron, on a physical network, with its subnets; kept as it says here.",
  spec: providerNetworkSpec,
  status: z.object({
    observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
    conditions: conditions
      .optional()
      .describe(
        "Ready: Neutron has all as it says here. Reconciling or Stalled, only while True: Nephos goes on, or the spec has to change.",
      ),
    reason: z.string().optional().describe("Why it is not ready, in one word."),
    progress: z.string().optional().describe("Steps that are done, of all."),
    id: z.string().optional().describe("The network's id in Neutron."),
    steps,
  }),
  // Neutron calls it so too; objects carry `ProviderNetwork.<name>` as a label, and label values end at 63 characters.
  rules: [
    {
      rule: "self.metadata.name.size() <= 47",
      message: "the name of a ProviderNetwork has at most 47 characters; choose a shorter one",
    },
  ],
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Physical", type: "string", jsonPath: ".spec.physicalNetwork" },
    { name: "Access", type: "string", jsonPath: ".spec.access" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
