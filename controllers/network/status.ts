import { type Condition, summarise } from "../../operator/conditions.ts";
import { type Live, numberAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { certificatesValid } from "../cloud/expiry.ts";
import { volumeOf } from "../cloud/resolved.ts";
import { reportOf } from "../report.ts";
import { claimOf, type Fabric, northbound, remoteOf, southbound } from "./fabric.ts";

/** Bytes of a tunnelled packet that are not the server's: IPv4 20, UDP 8, Geneve 8 with 8 of options, Ethernet 14. */
const overheadInBytes = 58;

const workloads = [
  ["StatefulSet", northbound.name],
  ["StatefulSet", southbound.name],
  ["Deployment", "ovn-northd"],
] as const;

/** What a Network says about itself; of one whose Cloud is missing, no more than that and whether it works all the same. */
export function networkStatus(
  network: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  fabric: Fabric | Verdict,
): Readonly<Record<string, unknown>> {
  const generation = network.metadata.generation ?? 0;
  const conditions = summarise(verdicts, generation);
  const available = availability(network, seen, generation);
  if ("is" in fabric) return reportOf(verdicts, [...conditions, available], generation);
  const { namespace, spec, image } = fabric;
  return {
    ...reportOf(verdicts, [...conditions, available, certificatesValid(network, seen, generation)], generation),
    databases: { northbound: remoteOf(northbound, namespace), southbound: remoteOf(southbound, namespace) },
    resolved: {
      serverMtu: spec.mtu - overheadInBytes,
      images: { ovn: image("ovn") },
      volumes: Object.fromEntries(
        [northbound, southbound].flatMap((database) => volumeOf(seen, namespace, claimOf(database))),
      ),
    },
  };
}

/** True while both databases and northd have a ready pod; stays so during a rollout. */
function availability({ metadata: { namespace } }: Live, seen: Snapshot, observedGeneration: number): Condition {
  const silent = workloads.flatMap(([kind, name]) => {
    const live = seen.get({ apiVersion: "apps/v1", kind, namespace, name });
    return (numberAt(live, "status", "readyReplicas") ?? 0) > 0 ? [] : [name];
  });
  const [status, reason, message] =
    silent.length === 0
      ? (["True", "FabricAnswers", "both databases and northd have a ready pod"] as const)
      : (["False", "PartWithoutPod", `no ready pod: ${silent.join(", ")}`] as const);
  return { type: "Available", status, reason, message, observedGeneration };
}
