import { z } from "zod";
import { type Rule, rules } from "../operator/schema.ts";
import { textOrNumber } from "./config.ts";

const cpu = textOrNumber(/^([0-9]+([.][0-9]{1,3})?|[0-9]+m)$/, 16);
const memory = textOrNumber(/^[0-9]+([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$/, 16);

/** A number that is no text has no pattern to keep to. */
const notNegative = (name: string): Rule => ({
  rule: `!has(self.${name}) || !string(self.${name}).startsWith('-')`,
  message: `${name} is an amount; give one that is not below 0`,
});

const withinLimit = (name: string): Rule => ({
  rule: `!has(self.requests) || !has(self.limits) || !has(self.requests.${name}) || !has(self.limits.${name}) || quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
  message: `a pod cannot ask for more ${name} than its limit; raise the limit or lower the request`,
});

const amounts = (what: string) =>
  z
    .object({
      cpu: cpu.exactOptional().describe("Cores, such as 2 or 500m."),
      memory: memory.exactOptional().describe("Bytes, such as 512Mi."),
    })
    .meta(rules(notNegative("cpu"), notNegative("memory")))
    .exactOptional()
    .describe(what);

/** CPU and memory of the pods that `whose` names. */
export const resources = (whose: string) =>
  z
    .object({
      requests: amounts("What a pod asks for. Default: its limit, else what Nephos thinks right."),
      limits: amounts("What a pod gets at most. Default: no limit."),
    })
    .meta(rules(withinLimit("cpu"), withinLimit("memory")))
    .optional()
    .describe(`CPU and memory of ${whose}.`);

/** What a user says about CPU and memory. */
export type Resources = z.output<ReturnType<typeof resources>>;
