import { z } from "zod";
import { rules } from "../operator/schema.ts";
import { objectName } from "./names.ts";

/** What a user reads who wants another volume for the same data. */
export const volumeStays = "a volume keeps its size and class; make a new Cloud for another one";

/** The volume of a server with one member. */
export const storage = (what: string) =>
  z
    .object({
      size: z
        .string()
        .max(32)
        .regex(/^[1-9][0-9]*(Mi|Gi|Ti)$/)
        .default("10Gi")
        .describe(
          "Size of the volume, a quantity such as 10Gi. Volumes are kept when the Cloud is deleted. Default 10Gi.",
        ),
      storageClassName: z
        .string()
        .max(253)
        .regex(objectName)
        .optional()
        .describe(
          "StorageClass of the volume. Default: the cluster's default class. Taken up when the volume is made.",
        ),
    })
    .describe(what)
    .meta(rules({ rule: "self == oldSelf", message: volumeStays }));

/** A volume that a user says nothing about. */
export const storageByDefault: z.output<ReturnType<typeof storage>> = storage("").parse({});
