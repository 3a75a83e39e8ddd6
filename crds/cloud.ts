import { z } from "zod";
import { named } from "../operator/named.ts";
import { conditions, type KindDefinition, listMap, type Rule, rules } from "../operator/schema.ts";
import { everyNameIs, userConfig } from "./config.ts";
import { externalDatabase, externalMessaging, hostName, oneOf } from "./external.ts";
import { objectName } from "./names.ts";
import { placement } from "./placement.ts";
import { steps, volumes } from "./report.ts";
import { resources } from "./resources.ts";
import { commonFields } from "./service.ts";
import { volume, volumeStays } from "./volume.ts";

/** The releases that can be deployed, the oldest first. */
export const releases = ["2025.1", "2025.2", "2026.1"] as const;
/** A release that can be deployed. */
export type Release = (typeof releases)[number];

/** Where images are: a host, perhaps with a port, and a path in small letters; then a name has a tag, a digest or both. */
const repository = /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]+)?([/][a-z0-9]+([-_.]+[a-z0-9]+)*)*$/;
const imageReference =
  /^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?(:[0-9]+)?([/][a-z0-9]+([-_.]+[a-z0-9]+)*)*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@[a-z0-9]+:[0-9a-f]{32,128})?$/;
const imageName = /^[a-z0-9]([-a-z0-9._]*[a-z0-9])?(:[A-Za-z0-9_][-A-Za-z0-9_.]*)?$/;

const storage = volume({ size: "10Gi", of: "Cloud" });

const managed = (use: string) => z.object({ storage, resources: resources(`the server's pod. ${use}`) });
const managedDatabase = managed("Half of the memory that it asks for caches pages. Default: 200m and 512Mi");
const managedBroker = managed(
  "Publishers wait once it uses twice the memory that it asks for, or 60 % of its limit. Default: 50m and 256Mi",
);

/** What a user says about a server that Nephos runs. */
export type Managed = z.output<typeof managedDatabase>;

/** What is wanted of a server that Nephos runs where the user says nothing about it. */
export const managedByDefault: Managed = managedDatabase.parse({});

const sizeIn = (self: string): string =>
  `(has(${self}.managed) ? ${self}.managed.storage.size : '${managedByDefault.storage.size}')`;
const classIn = (self: string): string =>
  `(has(${self}.managed) && has(${self}.managed.storage.storageClassName) ? ${self}.managed.storage.storageClassName : '')`;

/** The volume of a server that Nephos runs stays, where it was left to defaults too. */
const stayingVolume: Rule = {
  rule: `has(self.managed) == has(oldSelf.managed) || (${sizeIn("self")} == ${sizeIn("oldSelf")} && ${classIn("self")} == ${classIn("oldSelf")})`,
  message: volumeStays("Cloud"),
};

/** The type of a server stays. */
function stayingType(what: string): Record<string, unknown> {
  return rules({
    rule: "self == oldSelf",
    message: `a Cloud keeps its type of ${what}, since nothing would bring the data over; delete the Cloud and make it anew with the other type, and move the data yourself`,
  });
}

const images = z
  .object({
    registry: z
      .string()
      .max(255)
      .regex(repository)
      .optional()
      .describe(
        "Registry and path that images are pulled from, such as registry.example.org/nephos. Default: as the operator was installed.",
      ),
    overrides: z
      .record(z.string().max(128).regex(imageName), z.string().max(512).regex(imageReference))
      .meta({
        maxProperties: 64,
        ...everyNameIs(imageName, "the names in overrides are names of images, such as infra or keystone:2026.1"),
      })
      .optional()
      .describe(
        "Whole image references, with tag or digest, by image name: infra, keystone:2026.1. Default: the image of that name and tag in the registry.",
      ),
    pullSecrets: listMap(
      z.object({ name: z.string().max(253).regex(objectName).describe("Name of the Secret.") }),
      "name",
    )
      .max(8)
      .optional()
      .describe(
        "Secrets of this namespace with the credentials of the registry, such as kubectl create secret docker-registry makes. Default: none.",
      ),
  })
  .optional()
  .describe("Where container images come from.");

// Kubernetes tries rules on a default as it stands, before it fills in more: the type has to be there.
const database = oneOf(
  z.object({
    type: z
      .enum(["Managed", "External"])
      .default("Managed")
      .describe(
        "Managed: one MariaDB run by Nephos on a volume. External: a server that somebody else runs. Default Managed.",
      )
      .meta(stayingType("database")),
    managed: managedDatabase.optional().describe("How Nephos runs the database."),
    external: externalDatabase.optional(),
  }),
  ["managed", "external"],
  { optional: ["managed"], rules: [stayingVolume] },
)
  .prefault({ type: "Managed" })
  .describe("The SQL database of the services.");

const messaging = oneOf(
  z.object({
    type: z
      .enum(["Managed", "External"])
      .default("Managed")
      .describe(
        "Managed: one RabbitMQ run by Nephos on a volume. External: a broker that somebody else runs. Default Managed.",
      )
      .meta(stayingType("broker")),
    managed: managedBroker.optional().describe("How Nephos runs the broker."),
    external: externalMessaging.optional(),
  }),
  ["managed", "external"],
  { optional: ["managed"], rules: [stayingVolume] },
)
  .prefault({ type: "Managed" })
  .describe("The message broker of the services.");

const cache = z
  .object({
    type: z
      .enum(["Managed"])
      .default("Managed")
      .describe("Managed: one Memcached run by Nephos, of which nothing is missed when it is gone. Default Managed."),
    managed: z
      .object({
        resources: resources(
          "the server's pod. It remembers up to two thirds of the memory that it asks for. Default: 10m and 96Mi",
        ),
      })
      .optional()
      .describe("How Nephos runs the cache."),
  })
  .prefault({ type: "Managed" })
  .describe("Where services remember tokens and what they looked up.");

const nodePort = (service: string, port: number) =>
  z.int32().min(1).max(65535).default(port).describe(`Node port of ${service}. Default ${port}.`);

const imageVolume = volume(
  { size: "10Gi", of: "Cloud" },
  "Glance only: the volume that holds the images. Default: of 10Gi.",
);

const imagesIn = (self: string, field: string, otherwise: string): string =>
  `('glance' in ${self} && has(${self}['glance'].storage) && has(${self}['glance'].storage.${field}) ? ${self}['glance'].storage.${field} : '${otherwise}')`;

const imageSize = imageVolume.parse({}).size;

/** The volume of the images stays, where it was left to defaults too. */
const stayingImages: Rule = {
  rule: `${imagesIn("self", "size", imageSize)} == ${imagesIn("oldSelf", "size", imageSize)} && ${imagesIn("self", "storageClassName", "")} == ${imagesIn("oldSelf", "storageClassName", "")}`,
  message: volumeStays("Cloud"),
};

const lonelyGlance = "Glance keeps its images on the volume of one pod; remove its replicas";

const services = named("service", {
  keystone: z.object(commonFields).prefault({}).describe("identity."),
  placement: z.object(commonFields).prefault({}).describe("what hosts have to give, and what of it is taken."),
  glance: z
    .object({
      ...commonFields,
      storage: imageVolume,
    })
    .prefault({})
    .describe("images, on a volume of its one pod."),
  nova: z.object(commonFields).prefault({}).describe("servers: their API, and what they are told about themselves."),
  neutron: z.object(commonFields).prefault({}).describe("networks, on the fabric that a Network describes."),
})
  .refine(({ glance }) => glance.replicas === 1, { message: lonelyGlance })
  .meta(
    rules(
      {
        rule: "!('glance' in self) || !has(self['glance'].replicas) || self['glance'].replicas == 1",
        message: lonelyGlance,
      },
      stayingImages,
    ),
  );

/** What a user says about a cloud. */
export const cloudSpec = z.object({
  release: z
    .enum(releases)
    .describe(
      'OpenStack release of the control plane, such as "2026.1"; in quotes, since YAML takes it for a number. Required.',
    ),
  region: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
    .default("RegionOne")
    .describe("Name of the region in Keystone's catalogue. Default RegionOne."),
  endpoints: z
    .object({
      public: z
        .object({
          host: z
            .string()
            .min(1)
            .max(253)
            .regex(hostName)
            .optional()
            .describe(
              "Host name or address without port, such as cloud.example.org, that users reach the public endpoints under. Default: the InternalIP of the oldest node, chosen once.",
            ),
        })
        .prefault({})
        .describe("The endpoints for users."),
    })
    .prefault({})
    .describe("What the catalogue says about where the APIs are."),
  exposure: z
    .object({
      type: z
        .enum(["NodePort"])
        .default("NodePort")
        .describe("How the public endpoints are reached. NodePort: a port on every node. Default NodePort."),
      ports: z
        .object({
          keystone: nodePort("Keystone", 30500),
          placement: nodePort("Placement", 30778),
          glance: nodePort("Glance", 30292),
          nova: nodePort("Nova", 30774),
          neutron: nodePort("Neutron", 30696),
        })
        .prefault({})
        .describe(
          "The port of each service on every node, 1 to 65535, where Kubernetes allows it: as a rule 30000 to 32767.",
        ),
    })
    .prefault({})
    .describe("How the public endpoints get there."),
  tls: z
    .object({
      type: z
        .enum(["SelfSigned"])
        .default("SelfSigned")
        .describe(
          "SelfSigned: an authority of the cloud's own signs what its servers show each other and, by default, the public certificate. Its certificates are in Secret nephos-ca-bundle under ca.crt. Default SelfSigned.",
        ),
      publicCertificate: z
        .object({ name: z.string().max(253).regex(objectName).describe("Name of the Secret.") })
        .optional()
        .describe(
          "Secret of this namespace with your own certificate for the public endpoints, under tls.crt (with the chain) and tls.key. Copied when it changes, if it is for the public host. Default: signed by the cloud's own authority.",
        ),
    })
    .prefault({})
    .describe("How connections are protected; there are no others."),
  database,
  messaging,
  cache,
  images,
  placement: placement({
    where: "Where the pods of this cloud may run.",
    nodeSelector: "Labels that a node must have to run pods of this cloud. Default: none.",
    tolerations: "Taints that pods of this cloud accept. Default: none but those that every pod accepts.",
    priorityClassName:
      "PriorityClass of the pods of this cloud, such as system-cluster-critical. Default: the cluster's default.",
  }),
  config: userConfig
    .optional()
    .describe(
      "Options of the configuration files of all services: section, option, value. They win over what Nephos sets, and those under services over them; except for what Nephos has to set itself (database connection, key repositories, …), which makes the Cloud Stalled. What a release does not know is written all the same, and named by the condition UnknownOptions.",
    ),
  services: services
    .prefault({})
    .describe("The OpenStack services, by name. All of these always run; what is left out has its defaults."),
});

/** A Cloud's spec with all defaults filled in. */
export type CloudSpec = z.output<typeof cloudSpec>;

/** What Nephos reports about a cloud: recomputed in every pass, read by nobody but people and their tools. */
export const cloudStatus = z.object({
  observedGeneration: z.int().optional().describe("The metadata.generation that this status is of."),
  conditions: conditions
    .optional()
    .describe(
      "Ready: all steps are done. Reconciling or Stalled, only while True: Nephos goes on, or the spec has to change. Available: every API has a ready pod; stays True during a rollout. UnknownOptions, only while True: options in config that the release does not know.",
    ),
  release: z.string().optional().describe("The release that is running."),
  reason: z.string().optional().describe("Why the cloud is not ready, in one word."),
  progress: z.string().optional().describe("Steps that are done, of all."),
  endpoints: z
    .object({
      public: z
        .object({ host: z.string().describe("Host of the public endpoints.") })
        .optional()
        .describe("The endpoints for users."),
      keystone: z.string().optional().describe("Public URL of Keystone."),
    })
    .optional()
    .describe("Where the APIs are, as the catalogue says."),
  resolved: z
    .object({
      region: z.string().optional().describe("Name of the region in Keystone's catalogue."),
      images: z
        .record(z.string(), z.string())
        .optional()
        .describe("What pods have as their images, by names as in spec.images.overrides."),
      volumes,
    })
    .optional()
    .describe("What is used where the spec leaves it open."),
  steps,
});

/** The Cloud kind. */
export const cloud: KindDefinition = {
  group: "nephos.dev",
  version: "v1alpha1",
  kind: "Cloud",
  shortNames: ["oscloud"],
  categories: ["openstack"],
  description: "One OpenStack control plane: release, services, database, messaging, exposure. One in a namespace.",
  spec: cloudSpec,
  status: cloudStatus,
  // Objects carry `Cloud.<name>` as a label, and label values end at 63 characters.
  rules: [
    {
      rule: "self.metadata.name.size() <= 57",
      message: "the name of a Cloud has at most 57 characters; choose a shorter one",
    },
  ],
  columns: [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Release", type: "string", jsonPath: ".status.release" },
    { name: "Steps", type: "string", jsonPath: ".status.progress" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Endpoint", type: "string", jsonPath: ".status.endpoints.keystone", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};
