import { type ComputePoolSpec, computePoolSpec } from "../../crds/compute-pool.ts";
import { type Condition, summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import type { Means } from "../cloud/plan.ts";
import { doubtful } from "../cloud/status.ts";
import { reportOf } from "../report.ts";
import { ownUnknownOptions } from "../services/unknown-options.ts";
import { computeService, settingsContext } from "./host-settings.ts";
import { type Host, hostsOf, unfitnessOf } from "./hosts.ts";
import { type Ground, groundOf } from "./pool-ground.ts";
import { renderRevision } from "./render.ts";

/** The condition that names hosts of which something is wrong. */
export const hostsCondition = "HostsWell";

/** So many of them are named; a status does not grow with the number of hosts. */
const namedHosts = 5;

/** What a ComputePool says about itself and its hosts. */
export function poolStatus(
  pool: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  means: Means,
): Readonly<Record<string, unknown>> {
  const generation = pool.metadata.generation ?? 0;
  const conditions = summarise(verdicts, generation);
  const spec = computePoolSpec.safeParse(pool["spec"]).data;
  if (spec === undefined) return reportOf(verdicts, conditions, generation);
  const hosts = hostsOf(pool, spec, seen);
  const ground = groundOf(pool, spec, seen, means);
  const revision = "is" in ground ? undefined : renderRevision(ground.context).name;
  const told = [...conditions, wellness(hosts, spec, seen, generation), ...doubts(ground, generation)];
  return {
    ...reportOf(verdicts, told, generation),
    ...(revision === undefined ? {} : { revision }),
    hosts: {
      total: hosts.length,
      ready: hosts.filter(({ alive, trouble }) => alive && trouble === undefined).length,
      updated: hosts.filter(({ place }) => place?.revision !== undefined && place.revision === revision).length,
    },
  };
}

/** Options that the release does not know, as a condition where there are some. */
function doubts(ground: Ground | Verdict, generation: number): Condition[] {
  if ("is" in ground) return [];
  const { cell, wishes } = ground.context;
  const context = settingsContext(wishes, cell.context);
  return doubtful(ownUnknownOptions(computeService(cell.service), context), context, generation);
}

function wellness(
  hosts: readonly Host[],
  spec: ComputePoolSpec,
  seen: Snapshot,
  observedGeneration: number,
): Condition {
  const troubles = hosts.flatMap((host) => complaintOf(host, spec, seen) ?? []);
  const more = troubles.length > namedHosts ? [`and ${troubles.length - namedHosts} more`] : [];
  const [status, reason, message] =
    troubles.length === 0
      ? (["True", "HostsWell", `nothing is wrong with any of ${hosts.length} hosts`] as const)
      : (["False", "HostsUnwell", [...troubles.slice(0, namedHosts), ...more].join("; ")] as const);
  return { type: hostsCondition, status, reason, message, observedGeneration };
}

/** What is wrong with a host, in a sentence; what is under way is not. */
function complaintOf(host: Host, { hypervisor }: ComputePoolSpec, seen: Snapshot): string | undefined {
  const { node, alive, place, trouble } = host;
  const { name } = node.metadata;
  if (!alive) return `node ${name} does not answer`;
  const unfit = unfitnessOf(host, hypervisor.type, seen);
  if (unfit !== undefined) return unfit.message;
  return place?.revision !== undefined && trouble !== undefined ? `node ${name}: ${trouble}` : undefined;
}
