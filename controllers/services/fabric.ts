import type { Snapshot, Step } from "../../operator/plan.ts";
import { conditionOf, done, type Verdict } from "../../operator/verdict.ts";
import { networkKind } from "../network/fabric.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { workloadsOf } from "./workloads.ts";

/** Waits for the cloud's Network, for a service that works on it; no step for others. */
export function fabricSteps(service: ServiceDefinition, context: ServiceContext): Step[] {
  if (service.fabric === undefined) return [];
  return [{ name: `${service.name}/fabric`, after: [], objects: [], verdict: (seen) => judge(service, context, seen) }];
}

function judge(service: ServiceDefinition, context: ServiceContext, seen: Snapshot): Verdict {
  const { namespace, network, cloud } = context;
  if (network === undefined)
    return { is: "waiting", on: `a Network of Cloud ${cloud} in this namespace, with addresses of its databases` };
  const live = seen.get({ ...networkKind, namespace, name: network.name });
  const runs = workloadsOf([service]).some((workload) => context.running(workload) !== undefined);
  // One that is going goes on as long as something works on it: nothing new may begin to.
  if (!runs && live?.metadata.deletionTimestamp !== undefined)
    return { is: "waiting", on: `Network ${network.name}, which is being deleted, to be made again` };
  if (live !== undefined && conditionOf(live, "Available") !== undefined) return done;
  const on = `Network ${network.name} to be available`;
  return { is: runs ? "degraded" : "waiting", on };
}
