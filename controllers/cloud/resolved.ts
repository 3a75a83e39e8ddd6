import { textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { claimsOf } from "../services/workloads.ts";
import { claimKind } from "./claim.ts";
import { databaseClaim } from "./database.ts";
import { messagingClaim } from "./messaging.ts";

/** What became of the fields that the spec leaves open: names, images and volumes as they are used. */
export function resolvedOf(
  context: ServiceContext,
  seen: Snapshot,
  services: readonly ServiceDefinition[],
): Readonly<Record<string, unknown>> {
  const images = ["infra", ...services.map(({ name }) => `${name}:${context.release}`)];
  return {
    region: context.region,
    // Maps, not lists: members of a list that come back later would have another place in it for good.
    images: Object.fromEntries(images.map((name) => [name, context.image(name)])),
    volumes: Object.fromEntries(
      [databaseClaim, messagingClaim, ...claimsOf(services)].flatMap((name) => volumeOf(seen, context.namespace, name)),
    ),
  };
}

/** The class and size of a volume, by its name; nothing while there is none. */
export function volumeOf(
  seen: Snapshot,
  namespace: string,
  name: string,
): [string, Readonly<Record<string, string>>][] {
  const claim = seen.get({ ...claimKind, namespace, name });
  if (claim === undefined) return [];
  const storageClassName = textAt(claim, "spec", "storageClassName");
  const size = textAt(claim, "status", "capacity", "storage");
  const facts = {
    ...(storageClassName === undefined ? {} : { storageClassName }),
    ...(size === undefined ? {} : { size }),
  };
  return [[name, facts]];
}
