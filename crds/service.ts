import { z } from "zod";
import { everyNameIs, textOrNumber, userConfig } from "./config.ts";
import { labelName, labelValue, objectName } from "./names.ts";

const cpu = textOrNumber(/^([0-9]+([.][0-9]{1,3})?|[0-9]+m)$/, 16);
const memory = textOrNumber(/^[0-9]+([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$/, 16);

const amounts = (what: string, otherwise: string) =>
  z
    .object({
      cpu: cpu.exactOptional().describe(`Cores that each pod ${what}, such as 2 or 500m. Default: ${otherwise}.`),
      memory: memory
        .exactOptional()
        .describe(`Memory that each pod ${what}, in bytes or such as 512Mi. Default: ${otherwise}.`),
    })
    .exactOptional()
    .describe(`CPU and memory that each pod ${what}.`);

const resources = z
  .object({
    requests: amounts("asks for", "the limit if there is one, else what Nephos thinks right"),
    limits: amounts("gets at most", "none"),
  })
  .optional()
  .describe("CPU and memory of each API pod. Jobs have their own.");

const placement = z
  .object({
    nodeSelector: z
      .record(z.string().max(253).regex(labelName), z.string().max(63).regex(labelValue))
      .meta({
        maxProperties: 32,
        ...everyNameIs(
          labelName,
          "names in a nodeSelector are names of labels, such as example.org/control-plane",
          253,
        ),
      })
      .exactOptional()
      .describe("Labels that a node must have. Default: spec.placement.nodeSelector; {} for any node."),
    priorityClassName: z
      .string()
      .max(253)
      .regex(objectName)
      .exactOptional()
      .describe("PriorityClass of the pods. Default: spec.placement.priorityClassName."),
  })
  .optional()
  .describe("Where the pods and Jobs of the service run, where that differs from spec.placement.");

/** What users say about one OpenStack service. */
export const serviceSpec = (name: string) =>
  z
    .object({
      replicas: z.int32().min(1).max(50).default(1).describe(`Number of API pods of ${name}, 1 to 50. Default 1.`),
      resources,
      placement,
      config: userConfig
        .optional()
        .describe(
          `Options of ${name}.conf: section, option, value. They win over spec.config and over what Nephos sets, except for what it has to set itself (database connection, key repositories, …): that makes the Cloud Stalled.`,
        ),
    })
    .prefault({})
    .describe(`The ${name} service.`);
