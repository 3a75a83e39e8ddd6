import { z } from "zod";
import { rules } from "../operator/schema.ts";
import { objectName } from "./names.ts";

/** What a user reads who changes the volume of a running object. */
export function volumeStays(kind: string): string {
  return `a volume keeps its size and class; make a new ${kind} for another one`;
}

const wish = ({ size, of }: { readonly size: string; readonly of: string }) =>
  z
    .object({
      size: z
        .string()
        .max(32)
        .regex(/^[1-9][0-9]*(Mi|Gi|Ti)$/)
        .default(size)
        .describe(
          `Size of the volume, a quantity such as ${size}. Volumes are kept when the ${of} is deleted. Default ${size}.`,
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
    .meta(rules({ rule: "self == oldSelf", message: volumeStays(of) }));

/** A volume to ask for, of this size unless the user says otherwise; it stays as it was made. */
export const volume = (
  of: { readonly size: string; readonly of: string },
  what = "The volume that holds the data.",
): z.ZodPrefault<ReturnType<typeof wish>> => wish(of).prefault({}).describe(what);
