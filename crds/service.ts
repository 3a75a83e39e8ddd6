import { z } from "zod";
import { labelsOfNodes, textOrNumber, userConfig } from "./config.ts";
import { objectName } from "./names.ts";
import { storage } from "./storage.ts";

const cpu = textOrNumber(/^([0-9]+([.][0-9]{1,3})?|[0-9]+m)$/, 16);
const memory = textOrNumber(/^[0-9]+([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$/, 16);

const amounts = (what: string) =>
  z
    .object({
      cpu: cpu.exactOptional().describe("Cores, such as 2 or 500m."),
      memory: memory.exactOptional().describe("Bytes, such as 512Mi."),
    })
    .exactOptional()
    .describe(what);

const resources = z
  .object({
    requests: amounts("What each pod asks for. Default: its limit, else what Nephos thinks right."),
    limits: amounts("What each pod gets at most. Default: no limit."),
  })
  .optional()
  .describe("CPU and memory of each API pod.");

const placement = z
  .object({
    nodeSelector: labelsOfNodes("names in a nodeSelector are names of labels")
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
  .describe("Where pods of the service run, if elsewhere than spec.placement says.");

const common = (name: string) => ({
  resources,
  placement,
  config: userConfig("brief")
    .optional()
    .describe(`Options of ${name}'s configuration file, as in spec.config; they win over those.`),
});

/** What users say about one OpenStack service. */
export const serviceSpec = (name: string) =>
  z
    .object({
      replicas: z.int32().min(1).max(50).default(1).describe(`Number of API pods of ${name}, 1 to 50. Default 1.`),
      ...common(name),
    })
    .prefault({})
    .describe(`The ${name} service.`);

/** What users say about one with a volume of its own, and therefore one pod. */
export const storedServiceSpec = (name: string, volume: string) =>
  z
    .object({ storage: storage(volume), ...common(name) })
    .prefault({})
    .describe(`The ${name} service. It has one pod, since its volume is of one.`);
