import { z } from "zod";
import { conditions, type KindDefinition, listMap } from "../operator/schema.ts";
import { dataKey, httpUrl, objectName } from "./names.ts";

const name = z.string().min(1).max(64);
const keyRef = z.object({ name: z.string().max(253).regex(objectName), key: z.string().max(253).regex(dataKey) });
const url = z.string().max(2048).regex(httpUrl);

const assignment = z
  .object({
    role: name.describe("Name of the role; it must exist or be one of `roles`."),
    project: name.optional().describe("Project of the Default domain on which the role is given."),
    system: z.enum(["all"]).optional().describe("Gives the role on the whole system instead."),
  })
  .meta({
    "x-kubernetes-validations": [
      { rule: "has(self.project) != has(self.system)", message: "give the role either on a project or on the system" },
    ],
  });

const user = z.object({
  name,
  passwordFrom: keyRef.describe("Secret of this namespace and key with the password."),
  keep: z
    .enum(["Always", "Created"])
    .default("Always")
    .describe("Always: password and roles are kept as given. Created: made once when missing, then left to its owner."),
  assignments: z.array(assignment).max(16).default([]).describe("Roles of the user in Keystone."),
});

const endpoint = z.object({
  interface: z.enum(["public", "internal", "admin"]),
  url,
});

/** What a service needs in Keystone. */
export const registrationSpec = z.object({
  keystone: z
    .object({
      url: url.describe("Keystone's internal URL with /v3."),
      userName: name,
      passwordFrom: keyRef,
      caFrom: keyRef
        .optional()
        .describe("Secret of this namespace and key with the certificates by which Keystone is trusted."),
    })
    .describe("How Nephos reaches Keystone, and as whom."),
  region: z.string().min(1).max(255),
  service: z
    .object({ name, type: name, description: z.string().max(255).default("") })
    .describe("The entry in Keystone's catalogue."),
  endpoints: listMap(endpoint, "interface").max(3).default([]).describe("The URLs of the service, one per interface."),
  projects: z.array(name).max(16).default([]).describe("Projects of the Default domain that must exist."),
  roles: z.array(name).max(16).default([]).describe("Roles that must exist."),
  users: listMap(user, "name").max(16).default([]).describe("Users of the Default domain that must exist."),
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
    observedGeneration: z.int().optional(),
    conditions: conditions.optional(),
    reason: z.string().optional(),
  }),
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Type", type: "string", jsonPath: ".spec.service.type" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
