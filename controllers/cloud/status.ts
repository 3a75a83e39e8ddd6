import { type Condition, summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { available, reportOf } from "../report.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { publicUrl } from "../services/public.ts";
import { apiWorkloadsOf } from "../services/workloads.ts";
import { oldestRunning, silentAmong } from "../services/running.ts";
import { unknownOptions } from "../services/unknown-options.ts";
import { certificatesValid } from "./expiry.ts";
import { resolvedOf } from "./resolved.ts";

/** The condition that warns of what works, but perhaps not as it was meant. */
export const warningCondition = "UnknownOptions";

const answering = { reason: "EveryApiAnswers", message: "every API has a ready pod" } as const;

/** What a Cloud says about itself: nothing but verdicts and what was observed. */
export function cloudStatus(
  cloud: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  context: ServiceContext,
  services: readonly ServiceDefinition[],
): Readonly<Record<string, unknown>> {
  const observedGeneration = cloud.metadata.generation ?? 0;
  const apis = apiWorkloadsOf(services);
  const conditions = [
    ...summarise(verdicts, observedGeneration),
    available(silentAmong(seen, context.namespace, apis), answering, "ApiWithoutPod", observedGeneration),
    certificatesValid(cloud, seen, observedGeneration),
    ...doubtful(unknownOptions(services, context), context, observedGeneration),
  ];
  const release = oldestRunning(seen, context.namespace, apis);
  const keystone = services.find((service) => service.name === "keystone");
  const url = keystone === undefined ? undefined : publicUrl(keystone, context);
  return {
    ...reportOf(verdicts, conditions, observedGeneration),
    ...(release === undefined ? {} : { release }),
    endpoints: {
      ...(context.publicHost === undefined ? {} : { public: { host: context.publicHost } }),
      ...(url === undefined ? {} : { keystone: url }),
    },
    resolved: resolvedOf(context, seen, services),
  };
}

/** How many doubtful options a condition names; the others it counts. */
const namedOptions = 10;

/** There, and True, only while the user sets options that the release does not know. */
export function doubtful(
  doubts: readonly string[],
  { release }: ServiceContext,
  observedGeneration: number,
): Condition[] {
  if (doubts.length === 0) return [];
  const more = doubts.length - namedOptions;
  const named = `${doubts.slice(0, namedOptions).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const message = `${release} does not know, but gets all the same: ${named}`;
  return [{ type: warningCondition, status: "True", reason: "NotInRelease", message, observedGeneration }];
}
