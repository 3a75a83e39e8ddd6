import { z } from "zod";
import { listMap } from "../operator/schema.ts";

const stepState = z.object({
  name: z.string().describe("Name of the step, part/phase, such as keystone/api."),
  state: z
    .enum(["Done", "Degraded", "Waiting", "Blocked"])
    .describe(
      "Done; Degraded: was done, unwell now; Waiting: for what the message says; Blocked: trying again soon will not help, the message says what will.",
    ),
  message: z.string().optional().describe("What it waits for, or what to do."),
});

/** The steps of a rollout, as a status tells of them. */
export const steps = listMap(stepState, "name").optional().describe("Every step of the rollout and what it waits for.");

/** What became of the volumes that a spec asks for. */
export const volumes = z
  .record(
    z.string(),
    z.object({
      storageClassName: z.string().optional().describe("The StorageClass that it got."),
      size: z.string().optional().describe("What it holds, such as 10Gi."),
    }),
  )
  .optional()
  .describe("The volumes that data lives on, by names of their PersistentVolumeClaims.");
