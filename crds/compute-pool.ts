import { z } from "zod";
import { conditions, type KindDefinition, rules } from "../operator/schema.ts";
import { labelsOfNodes, userConfig } from "./config.ts";
import { oneOf } from "./external.ts";
import { objectName } from "./names.ts";
import { steps } from "./report.ts";

const hosts = oneOf(
  z.object({
    type: z
      .enum(["KubernetesNodes"])
      .default("KubernetesNodes")
      .describe(
        "Where hosts come from. KubernetesNodes: nodes of this cluster that a cluster's administrator gave to the namespace by the label nephos.dev/host-of. Default KubernetesNodes.",
      ),
    kubernetesNodes: z
      .object({
        nodeSelector: labelsOfNodes("the names in a nodeSelector are names of labels, such as example.org/rack")
          .optional()
          .describe("Labels that a node must have besides. Default: none; every node of the namespace is a host."),
      })
      .optional()
      .describe("Which of these nodes are meant."),
  }),
  ["kubernetesNodes"],
  { optional: ["kubernetesNodes"] },
)
  .prefault({ type: "KubernetesNodes" })
  .describe("The hosts of the pool. A node is a host of one pool: of the one that had it first.");

/** What a user says about hosts that are alike. */
export const computePoolSpec = z.object({
  cell: z
    .object({
      name: z.string().min(1).max(16).regex(objectName).describe("Name of the ComputeCell, in the same namespace."),
    })
    .meta(
      rules({
        rule: "self == oldSelf",
        message: "hosts stay in their cell; make a new ComputePool for another one",
      }),
    )
    .describe("The cell of Nova whose hosts these are. Required."),
  hosts,
  hypervisor: z
    .object({
      type: z
        .enum(["Auto", "KVM", "QEMU"])
        .default("Auto")
        .describe(
          "What servers run on. Auto: KVM on hosts where a guest was seen to boot with it, QEMU's own emulation on others; the ComputeNode says which. KVM: hosts where no guest boots with it do not join. QEMU: emulation, which is slow, everywhere. Default Auto.",
        ),
      cpuModels: z
        .array(
          z
            .string()
            .min(1)
            .max(64)
            .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
        )
        .min(1)
        .max(16)
        .optional()
        .describe(
          "Models of processors, as `virsh cpu-models` names them, that servers may have: the first is the one that they get as a rule, later ones have more features. Alike on all hosts among which servers are to be migrated. Default: what each host has where it has KVM, Nehalem where it emulates.",
        ),
    })
    .prefault({})
    .describe("The hypervisor of the hosts."),
  reservedMemory: z
    .string()
    .max(20)
    .regex(/^[1-9][0-9]{0,5}[MG]i$/)
    .optional()
    .describe(
      "Memory of each host that servers do not get: for its system, its pods and the agents. A number of Mi or Gi, such as 4Gi. Default 512Mi, which is little where other pods run too.",
    ),
  config: userConfig
    .optional()
    .describe(
      "Options of nova.conf for nova-compute on the hosts: section, option, value. They win over those of the Cloud, of its service nova and of the cell. With others the hosts get another revision, one after the other.",
    ),
  update: z
    .enum(["Automatic", "Manual"])
    .default("Automatic")
    .describe(
      "What becomes of hosts when there is something new for them. Automatic: they get it one after the other. Manual: they stay as they are until this is Automatic; only hosts that join get what is new. Default Automatic.",
    ),
});

/** A ComputePool's spec with all defaults filled in. */
export type ComputePoolSpec = z.output<typeof computePoolSpec>;

const status = z.object({
  observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
  conditions: conditions
    .optional()
    .describe(
      "Ready: the hosts have what they are to have. Reconciling or Stalled, only while True: Nephos goes on, or the spec has to change. HostsWell: no host is dead, unfit or without an agent; the message names those that are. UnknownOptions, only while True: options in config that the release does not know.",
    ),
  reason: z.string().optional().describe("Why the pool is not ready, in one word."),
  progress: z.string().optional().describe("Steps that are done, of all."),
  revision: z.string().optional().describe("Stands for all that agents are made from; hosts are moved to it."),
  hosts: z
    .object({
      total: z.int().describe("Hosts of the pool."),
      ready: z.int().describe("Hosts of which every agent is ready."),
      updated: z.int().describe("Hosts that have the revision of the pool."),
    })
    .optional()
    .describe("How many hosts there are."),
  steps,
});

/** The ComputePool kind. */
export const computePool: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "ComputePool",
  shortNames: ["cpool"],
  categories: ["openstack"],
  description: "Hosts that are alike: where they come from, their hypervisor, how they get something new.",
  spec: computePoolSpec,
  status,
  // The name is part of a node's label, beside a revision, and of the names of what runs there.
  rules: [
    {
      rule: "self.metadata.name.size() <= 40 && !self.metadata.name.contains('.')",
      message: "the name of a ComputePool has at most 40 characters and no dot; choose another one",
    },
  ],
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Cell", type: "string", jsonPath: ".spec.cell.name" },
    { name: "Hosts", type: "integer", jsonPath: ".status.hosts.total" },
    { name: "Up", type: "integer", jsonPath: ".status.hosts.ready" },
    { name: "Updated", type: "integer", jsonPath: ".status.hosts.updated" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
