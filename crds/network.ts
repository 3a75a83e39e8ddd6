import { z } from "zod";
import { rangeOf } from "../operator/address.ts";
import { conditions, type KindDefinition, listMap, rules } from "../operator/schema.ts";
import { labelsOfNodes } from "./config.ts";
import { oneOf } from "./external.ts";
import { addressRange, linkName, objectName } from "./names.ts";
import { steps, volumes } from "./report.ts";
import { volume } from "./volume.ts";

const notRange = "a subnet is a range of addresses such as 10.20.0.0/24";

/** An interface or a bridge, as Linux has them: at most 15 characters. */
const link = z.string().min(1).max(15).regex(linkName);

const tunnelAddress = oneOf(
  z.object({
    type: z
      .enum(["InternalIP", "Interface", "Subnet"])
      .default("InternalIP")
      .describe(
        "InternalIP: the node's, as Kubernetes has it. Interface: the first address of an interface. Subnet: the address that lies in a range. Default InternalIP.",
      ),
    interface: z
      .object({ name: link.describe("Name of the interface, such as eth1; the same on every host.") })
      .optional()
      .describe("The interface whose first address is taken."),
    subnet: z
      .object({
        cidr: z
          .string()
          .max(43)
          .regex(addressRange)
          .refine((text) => rangeOf(text) !== undefined, { message: notRange })
          .meta(rules({ rule: "isCIDR(self)", message: notRange }))
          .describe("A range that each host has one address in, such as 10.20.0.0/24."),
      })
      .optional()
      .describe("The range in which the address lies."),
  }),
  ["interface", "subnet"],
)
  .prefault({ type: "InternalIP" })
  .describe("Which of a host's addresses its tunnels end at.");

const physicalNetwork = z
  .object({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(linkName)
      .describe("Name of the network, such as physnet1; a ProviderNetwork names it."),
    bridge: link.describe("Bridge of Open vSwitch that stands for the network on a host, such as br-ex; it is made."),
    interface: link
      .exactOptional()
      .describe(
        "Interface of a host that is put into the bridge, such as eth1. Never the one of the node's own address. Default: none; the network ends at the host.",
      ),
  })
  .meta(
    rules(
      { rule: "self.bridge != 'br-int'", message: "br-int is OVN's own bridge; give the physical network another one" },
      {
        rule: "!has(self.interface) || self.interface != self.bridge",
        message: "the bridge is made and the interface put into it; give them different names",
      },
    ),
  );

const noTwo = (field: string) =>
  `self.all(one, !has(one.${field}) || self.filter(other, has(other.${field}) && other.${field} == one.${field}).size() == 1)`;

/** What a user says about the fabric of a cloud. */
export const networkSpec = z.object({
  cloud: z
    .object({ name: z.string().min(1).max(57).regex(objectName).describe("Name of the Cloud, in the same namespace.") })
    .meta(
      rules({ rule: "self == oldSelf", message: "a Network stays with its Cloud; make a new Network for another one" }),
    )
    .describe("The Cloud whose networks these are: its authority signs, its placement and images count. Required."),
  databases: z
    .object({ storage: volume({ size: "2Gi", of: "Network" }) })
    .prefault({})
    .describe("The northbound and the southbound database of OVN, one member each, on a volume each."),
  tunnel: z
    .object({
      type: z
        .enum(["Geneve"])
        .default("Geneve")
        .describe("How packets of servers travel between hosts. Geneve: UDP, port 6081. Default Geneve."),
      address: tunnelAddress,
    })
    .prefault({})
    .describe("The tunnels between hosts."),
  mtu: z
    .int32()
    .min(1280)
    .max(9216)
    .default(1500)
    .describe(
      "Bytes that a packet may have on the network that carries the tunnels; servers get 58 less. Default 1500.",
    ),
  datapath: z
    .object({
      type: z
        .enum(["Kernel", "UserSpace"])
        .default("Kernel")
        .describe(
          "Who forwards packets on a host. Kernel: the module openvswitch, which the host has to have. UserSpace: ovs-vswitchd itself; needs no module, is slower. Default Kernel.",
        ),
    })
    .prefault({})
    .describe("How Open vSwitch works on the hosts."),
  physicalNetworks: listMap(physicalNetwork, "name")
    .max(16)
    .default([])
    .describe("The networks outside that hosts are connected to. Default: none.")
    .meta(
      rules(
        { rule: noTwo("bridge"), message: "two physical networks have the same bridge; give each its own" },
        { rule: noTwo("interface"), message: "two physical networks have the same interface; give each its own" },
      ),
    ),
  gateways: z
    .object({
      nodeSelector: labelsOfNodes("the names in a nodeSelector are names of labels, such as example.org/gateway")
        .optional()
        .describe("Labels that a node must have to be a gateway. Default: none; every host is one."),
    })
    .prefault({})
    .describe("The hosts through which servers without a floating IP reach physical networks."),
});

/** A Network's spec with all defaults filled in. */
export type NetworkSpec = z.output<typeof networkSpec>;

/** What Nephos reports about a fabric. */
const networkStatus = z.object({
  observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
  conditions: conditions
    .optional()
    .describe(
      "Ready: all steps are done. Reconciling or Stalled, only while True: Nephos goes on, or the spec has to change. Available: both databases and northd have a ready pod. CertificatesValid: none of its certificates ends soon.",
    ),
  reason: z.string().optional().describe("Why the fabric is not ready, in one word."),
  progress: z.string().optional().describe("Steps that are done, of all."),
  databases: z
    .object({
      northbound: z.string().describe("Where Neutron finds the northbound database."),
      southbound: z.string().describe("Where Neutron and the hosts find the southbound database."),
    })
    .optional()
    .describe("Where the databases of OVN are; the certificate to show there is in Secret ovn-client."),
  resolved: z
    .object({
      serverMtu: z.int().optional().describe("Bytes that a packet of a server may have."),
      images: z
        .record(z.string(), z.string())
        .optional()
        .describe("What pods have as their images, by names as in spec.images.overrides of the Cloud."),
      volumes,
    })
    .optional()
    .describe("What is used where the spec leaves it open."),
  steps,
});

/** The Network kind. */
export const network: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "Network",
  shortNames: ["osnet"],
  categories: ["openstack"],
  description: "The fabric of a Cloud: databases of OVN, tunnels, physical networks, gateways. One in a namespace.",
  spec: networkSpec,
  status: networkStatus,
  // Objects carry `Network.<name>` as a label, and label values end at 63 characters.
  rules: [
    {
      rule: "self.metadata.name.size() <= 55",
      message: "the name of a Network has at most 55 characters; choose a shorter one",
    },
  ],
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Cloud", type: "string", jsonPath: ".spec.cloud.name" },
    { name: "Datapath", type: "string", jsonPath: ".spec.datapath.type" },
    { name: "Steps", type: "string", jsonPath: ".status.progress" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Southbound", type: "string", jsonPath: ".status.databases.southbound", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
