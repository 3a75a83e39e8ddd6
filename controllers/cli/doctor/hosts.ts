import type { Live } from "../../../operator/object.ts";
import { hostOfLabel } from "../../compute/labels.ts";
import type { ClusterFacts } from "./facts.ts";
import { type Finding, unseen } from "./finding.ts";

const about = "hosts";

/** Whether pools find nodes, and their agents a namespace that lets them in. */
export function hostFindings({ pools, nodes, home, namespace }: ClusterFacts): Finding[] {
  if (pools.is === "refused") return [unseen(about, pools)];
  const [pool] = pools.value;
  if (pool === undefined) return [{ about, is: "ok", message: `no ComputePool in namespace ${namespace}` }];
  const level = home.is === "seen" ? home.value?.metadata.labels?.["pod-security.kubernetes.io/enforce"] : undefined;
  return [
    ...levelFindings(level ?? "privileged", pool, namespace),
    ...(nodes.is === "refused" ? [unseen(about, nodes)] : [giving(nodes.value, pool, namespace)]),
  ];
}

/** Host agents are let in by one level only. */
function levelFindings(level: string, pool: Live, namespace: string): Finding[] {
  if (level === "privileged") return [];
  const message = `pod security ${level} of namespace ${namespace} keeps out the agents of ComputePool ${pool.metadata.name}`;
  const advice = `kubectl label --overwrite namespace ${namespace} pod-security.kubernetes.io/enforce=privileged; a policy of ours holds all other pods to restricted`;
  return [{ about, is: "error", message, advice }];
}

function giving(nodes: readonly Live[], pool: Live, namespace: string): Finding {
  const { length } = nodes.filter(({ metadata }) => metadata.labels?.[hostOfLabel] === namespace);
  if (length > 0)
    return { about, is: "ok", message: `${length} of ${nodes.length} nodes given to namespace ${namespace}` };
  return {
    about,
    is: "warning",
    message: `no node is given to namespace ${namespace}, so ComputePool ${pool.metadata.name} has none`,
    advice: `kubectl label node NODE ${hostOfLabel}=${namespace}`,
  };
}
