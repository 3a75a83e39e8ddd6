import { z } from "zod";
import { conditions, type KindDefinition, rules } from "../operator/schema.ts";
import { objectName } from "./names.ts";
import { steps } from "./report.ts";

const stays = "a ComputeNode stays what it is; its ComputePool makes one for each host";
const name = z.string().min(1).max(253).regex(objectName);

/** What a pool says of one of its hosts. */
export const computeNodeSpec = z.object({
  pool: z
    .object({ name: name.describe("Name of the ComputePool, in the same namespace.") })
    .meta(rules({ rule: "self == oldSelf", message: stays }))
    .describe("The pool that the host belongs to."),
  node: name
    .meta(rules({ rule: "self == oldSelf", message: stays }))
    .describe("Name of the Kubernetes node that is the host."),
  hypervisor: z
    .enum(["Auto", "KVM", "QEMU"])
    .default("Auto")
    .describe("The hypervisor that the pool wants; Auto is whichever of the others is seen to work. Default Auto."),
  revision: z
    .string()
    .min(1)
    .max(16)
    .regex(/^[a-z0-9]+$/)
    .describe("The revision of its agents that the host is to have."),
});

/** A ComputeNode's spec. */
export type ComputeNodeSpec = z.output<typeof computeNodeSpec>;

const status = z.object({
  observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
  conditions: conditions
    .optional()
    .describe(
      "Ready: the host has the agents that it is to have, they work, and servers may come unless somebody disabled it in Nova. Reconciling or Stalled, only while True: Nephos goes on, or something has to change.",
    ),
  reason: z.string().optional().describe("Why the host is not ready, in one word."),
  progress: z.string().optional().describe("Steps that are done, of all."),
  state: z
    .enum([
      "Checking",
      "Unfit",
      "Joining",
      "Ready",
      "Disabled",
      "Unwell",
      "Updating",
      "Unreachable",
      "Unknown",
      "Leaving",
    ])
    .optional()
    .describe(
      "Checking: what is on it is looked at. Unfit: something is in the way, the condition says what. Joining: its first agents come, and servers may not yet. Ready. Disabled: somebody wants no new servers there. Unwell: an agent does not work. Updating: it goes from one revision to another. Unreachable: its node does not answer. Unknown: Nova does not answer. Leaving: its servers have to go, then its agents do.",
    ),
  disabledReason: z
    .string()
    .optional()
    .describe(
      "What whoever disabled nova-compute of the host in Nova said; left out where nobody else than Nephos did.",
    ),
  revision: z.string().optional().describe("The revision that it has; left out while it has none."),
  hypervisor: z.enum(["KVM", "QEMU"]).optional().describe("What servers run on there; left out until it was tried."),
  steps,
});

/** The ComputeNode kind. */
export const computeNode: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "ComputeNode",
  shortNames: ["cnode"],
  categories: ["openstack"],
  description: "One host of a ComputePool; made by Nephos, to be read by people.",
  spec: computeNodeSpec,
  status,
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Pool", type: "string", jsonPath: ".spec.pool.name" },
    { name: "State", type: "string", jsonPath: ".status.state" },
    { name: "Hypervisor", type: "string", jsonPath: ".status.hypervisor" },
    { name: "Revision", type: "string", jsonPath: ".status.revision", priority: 1 },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
