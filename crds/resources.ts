import { z } from "zod";
import { textOrNumber } from "./config.ts";

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

/** CPU and memory of the pods that `whose` names. */
export const resources = (whose: string) =>
  z
    .object({
      requests: amounts("What a pod asks for. Default: its limit, else what Nephos thinks right."),
      limits: amounts("What a pod gets at most. Default: no limit."),
    })
    .optional()
    .describe(`CPU and memory of ${whose}.`);

/** What a user says about CPU and memory. */
export type Resources = z.output<ReturnType<typeof resources>>;
