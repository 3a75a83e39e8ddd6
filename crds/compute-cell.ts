import { z } from "zod";
import { conditions, type KindDefinition, rules } from "../operator/schema.ts";
import { objectName } from "./names.ts";
import { steps } from "./report.ts";
import { commonFields } from "./service.ts";

/** What a user says about a cell of Nova. */
export const computeCellSpec = z.object({
  cloud: z
    .object({ name: z.string().min(1).max(57).regex(objectName).describe("Name of the Cloud, in the same namespace.") })
    .meta(
      rules({
        rule: "self == oldSelf",
        message: "a ComputeCell stays with its Cloud; make a new ComputeCell for another one",
      }),
    )
    .describe("The Cloud whose cell it is: its release, database, broker, certificates and placement count. Required."),
  console: z
    .object({
      port: z
        .int32()
        .min(1)
        .max(65535)
        .default(30680)
        .describe(
          "Port on every node under which the consoles of its servers are reached, where Kubernetes allows it: as a rule 30000 to 32767. Each cell has its own. Default 30680.",
        ),
    })
    .prefault({})
    .describe("The consoles of servers, by noVNC in a browser."),
  ...commonFields,
  replicas: commonFields.replicas.describe("Number of conductors, and of console proxies, 1 to 50. Default 1."),
  placement: commonFields.placement.describe("Where its pods run, if elsewhere than spec.placement of the Cloud says."),
  config: commonFields.config.describe(
    "Options of nova.conf for the cell's programs and its hosts: section, option, value. They win over those of the Cloud and of its service nova.",
  ),
});

/** A ComputeCell's spec with all defaults filled in. */
export type ComputeCellSpec = z.output<typeof computeCellSpec>;

/** What Nephos reports about a cell. */
const computeCellStatus = z.object({
  observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
  conditions: conditions
    .optional()
    .describe(
      "Ready: all steps are done. Reconciling or Stalled, only while True: Nephos goes on, or the spec has to change. Available: conductor and console proxy have a ready pod. CertificatesValid: none of its certificates ends soon. UnknownOptions, only while True: options in config that the release does not know.",
    ),
  reason: z.string().optional().describe("Why the cell is not ready, in one word."),
  progress: z.string().optional().describe("Steps that are done, of all."),
  release: z.string().optional().describe("The release that is running."),
  console: z.string().optional().describe("Public URL of the consoles; Nova adds the token of a server."),
  steps,
});

const taken = ["cell0", "metadata", "public"];

/** The ComputeCell kind. */
export const computeCell: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "ComputeCell",
  shortNames: ["oscell"],
  categories: ["openstack"],
  description:
    "A cell of Nova: a database, a virtual host of the broker, conductors and consoles for some of the hosts.",
  spec: computeCellSpec,
  status: computeCellStatus,
  rules: [
    // Of the name are made those of a database and an account, which MySQL ends at 32 characters.
    {
      rule: "self.metadata.name.matches('^[a-z][a-z0-9]{0,15}$')",
      message:
        "the name of a ComputeCell has small letters and digits, begins with a letter and has at most 16 characters; choose one such as cell1",
    },
    {
      rule: `!(self.metadata.name in [${taken.map((name) => `'${name}'`).join(", ")}])`,
      message: `${taken.join(", ")} are names of Nova's own; choose another one for the ComputeCell`,
    },
  ],
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Cloud", type: "string", jsonPath: ".spec.cloud.name" },
    { name: "Release", type: "string", jsonPath: ".status.release" },
    { name: "Steps", type: "string", jsonPath: ".status.progress" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Console", type: "string", jsonPath: ".status.console", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
