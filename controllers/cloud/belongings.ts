import type { Snapshot } from "../../operator/plan.ts";
import { conditionOf } from "../../operator/verdict.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { generatedSecrets } from "../services/config.ts";
import { componentLabels } from "../services/pod.ts";
import { passwordSecret } from "../services/secret.ts";
import { messagingSecret } from "../services/traits/messaging.ts";
import { incarnationOf } from "./claim.ts";
import { databaseClaim, databaseSecrets } from "./database.ts";
import { brokerIncarnation, externalIncarnation } from "./external.ts";
import { messagingClaim, messagingSecrets } from "./messaging.ts";
import type { Belonging, Data } from "./record.ts";

/** Every generated Secret of a cloud, with the data that would be closed for good without it. */
export function belongingsOf(
  services: readonly ServiceDefinition[],
  context: ServiceContext,
  seen: Snapshot,
): Belonging[] {
  const { database, messaging } = context.spec;
  const data =
    database.external === undefined
      ? onVolume(databaseClaim, context, seen)
      : outside("in the database", externalIncarnation(database.external), "database", context, seen);
  return [
    ...(database.external === undefined ? [{ secrets: databaseSecrets, data }] : []),
    ...messagingBelongings(messaging.external, context, seen),
    ...services.map((service) => ({ secrets: generatedSecrets(service, context), data })),
  ];
}

function messagingBelongings(
  external: ServiceContext["spec"]["messaging"]["external"],
  context: ServiceContext,
  seen: Snapshot,
): Belonging[] {
  if (external === undefined) return [{ secrets: messagingSecrets, data: onVolume(messagingClaim, context, seen) }];
  if (external.access.administrator === undefined) return [];
  const data = outside("at the broker", brokerIncarnation(external), "messaging", context, seen);
  return [{ secrets: [passwordSecret(messagingSecret)], data }];
}

function onVolume(claim: string, { namespace }: ServiceContext, seen: Snapshot): Data {
  const uid = incarnationOf(seen, namespace, claim);
  const incarnation = uid === "none" ? undefined : uid;
  return { where: `on PersistentVolumeClaim ${claim}`, incarnation, there: incarnation !== undefined, movable: false };
}

/** What somebody else runs counts as holding data from when it was reached, wherever it moves. */
function outside(
  where: string,
  incarnation: string,
  server: string,
  { namespace }: ServiceContext,
  seen: Snapshot,
): Data {
  const labels = componentLabels(server, "check");
  const there = seen
    .list({ apiVersion: "batch/v1", kind: "Job" }, { namespace, labels })
    .some((job) => conditionOf(job, "Complete") !== undefined);
  return { where: `${where} ${incarnation}`, incarnation, there, movable: true };
}
