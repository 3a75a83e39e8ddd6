import { z } from "zod";
import { userConfig } from "./config.ts";
import { placement } from "./placement.ts";
import { resources } from "./resources.ts";

/** What users say about every OpenStack service. A field that only one has stands beside these, described as `Glance only: …`. */
export const commonFields = {
  replicas: z
    .int32()
    .min(1)
    .max(50)
    .default(1)
    .describe("Number of pods of each of its processes, 1 to 50. Default 1."),
  resources: resources("each pod"),
  placement: placement({
    where: "Where pods of the service run, if elsewhere than spec.placement says.",
    nodeSelector: "Labels that a node must have. Default: spec.placement.nodeSelector; {} for any node.",
    tolerations: "Taints that the pods accept. Default: spec.placement.tolerations; [] for none.",
    priorityClassName: "PriorityClass of the pods. Default: spec.placement.priorityClassName.",
  }),
  config: userConfig
    .optional()
    .describe(
      "Options of the service's configuration file, such as keystone.conf: section, option, value. They win over those of spec.config.",
    ),
};
