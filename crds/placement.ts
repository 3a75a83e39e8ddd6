import { z } from "zod";
import { rules } from "../operator/schema.ts";
import { labelsOfNodes } from "./config.ts";
import { labelName, labelValue, objectName } from "./names.ts";

const toleration = z
  .object({
    key: z
      .string()
      .max(253)
      .regex(labelName)
      .exactOptional()
      .describe("Name of the taint. Default: every taint; operator is Exists then."),
    operator: z.enum(["Exists", "Equal"]).exactOptional().describe("Whether the taint's value counts. Default Equal."),
    value: z.string().max(63).regex(labelValue).exactOptional().describe("Value of the taint. Default: an empty one."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .exactOptional()
      .describe("What the taint does. Default: all of it."),
    tolerationSeconds: z
      .int()
      .exactOptional()
      .describe("Seconds that a pod stays on a node once it has a NoExecute taint. Default: for ever."),
  })
  .meta(
    rules(
      {
        rule: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
        message: "a toleration without a key is one of every taint; set operator: Exists",
      },
      {
        rule: "!has(self.value) || self.value == '' || !has(self.operator) || self.operator == 'Equal'",
        message: "a toleration with operator: Exists has no value; remove it or set operator: Equal",
      },
      {
        rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        message: "tolerationSeconds means something for effect: NoExecute only; set that or remove it",
      },
    ),
  );

/** What is said of a placement and of its fields, which have their defaults from elsewhere at each place. */
interface Words {
  readonly where: string;
  readonly nodeSelector: string;
  readonly tolerations: string;
  readonly priorityClassName: string;
}

/** Where pods may run. */
export const placement = ({ where, ...words }: Words) =>
  z
    .object({
      nodeSelector: labelsOfNodes("the names in a nodeSelector are names of labels, such as example.org/control-plane")
        .exactOptional()
        .describe(words.nodeSelector),
      tolerations: z.array(toleration).max(16).exactOptional().describe(words.tolerations),
      priorityClassName: z.string().max(253).regex(objectName).exactOptional().describe(words.priorityClassName),
    })
    .optional()
    .describe(where);
