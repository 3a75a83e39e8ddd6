import { z } from "zod";
import { conditions, type KindDefinition, listMap } from "../operator/schema.ts";
import { dataKey, httpUrl, objectName } from "./names.ts";

const name = z.string().min(1).max(64);
const keyRef = z.object({
  name: z.string().max(253).regex(objectName).describe("Name of the Secret."),
  key: z.string().max(253).regex(dataKey).describe("Key in the Secret."),
});
const url = z.string().max(2048).regex(httpUrl);

const assignment = z
  .object({
    role: name.describe("Name of the role; it exists, or is one of `roles`."),
    project: name
      .optional()
      .describe("Project of the Default domain on which the role is given. Either this or `system`."),
    system: z.enum(["all"]).optional().describe("all: the role is given on the whole system, not on a project."),
  })
  .meta({
    "x-kubernetes-validations": [
      { rule: "has(self.project) != has(self.system)", message: "give the role either on a project or on the system" },
    ],
  });

const user = z.object({
  name: name.describe("Name of the user in the Default domain."),
  passwordFrom: keyRef.describe("Secret of this namespace and key with the password."),
  keep: z
    .enum(["Always", "Created"])
    .default("Always")
    .describe(
      "Always: password and roles are kept as given. Created: made once when missing, then left to its owner. Default Always.",
    ),
  assignments: z.array(assignment).max(16).default([]).describe("Roles that the user has. Default: none."),
});

const endpoint = z.object({
  interface: z
    .enum(["public", "internal", "admin"])
    .describe("Who uses it: users, the services among each other, or administrators."),
  url: url.describe("The URL as the catalogue has it; $(project_id)s in it is filled in by Keystone."),
});

/** What a service needs in Keystone. */
export const registrationSpec = z.object({
  keystone: z
    .object({
      url: url.describe("Keystone's internal URL with /v3."),
      userName: name.describe("The user as whom Nephos acts, with the role admin on the project admin."),
      passwordFrom: keyRef.describe("Secret of this namespace and key with that user's password."),
      caFrom: keyRef
        .optional()
        .describe(
          "Secret of this namespace and key with the certificates by which Keystone is trusted. Default: the public authorities that Node.js knows.",
        ),
    })
    .describe("How Nephos reaches Keystone, and as whom."),
  region: z.string().min(1).max(255).describe("Region of the endpoints; made if it is missing."),
  service: z
    .object({
      name: name.describe("Name of the service, such as keystone."),
      type: name.describe("Type by which clients look it up, such as identity."),
      description: z.string().max(255).default("").describe("What people read about it. Default: nothing."),
    })
    .describe("The entry in Keystone's catalogue."),
  endpoints: listMap(endpoint, "interface")
    .max(3)
    .default([])
    .describe("The URLs of the service, one for each interface. Default: none."),
  projects: z
    .array(name)
    .max(16)
    .default([])
    .describe("Projects of the Default domain that are made if they are missing. Default: none."),
  roles: z.array(name).max(16).default([]).describe("Roles that are made if they are missing. Default: none."),
  users: listMap(user, "name")
    .max(16)
    .default([])
    .describe("Users of the Default domain that are made if they are missing. Default: none."),
});

/** A Registration's spec with all defaults filled in. */
export type RegistrationSpec = z.output<typeof registrationSpec>;

/** The Registration kind. */
export const registration: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "Registration",
  shortNames: ["osreg"],
  categories: ["openstack"],
  description:
    "Internal: what one service needs in Keystone (catalogue entry, endpoints, users, roles). Made by a Cloud.",
  spec: registrationSpec,
  status: z.object({
    observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
    conditions: conditions
      .optional()
      .describe(
        "Ready: Keystone has all of it. Reconciling or Stalled, only while True: Nephos goes on, or it has to change.",
      ),
    reason: z.string().optional().describe("Why it is not ready, in one word."),
  }),
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Type", type: "string", jsonPath: ".spec.service.type" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
