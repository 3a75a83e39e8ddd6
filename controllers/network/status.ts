import { summarise } from "../../operator/conditions.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { certificatesValid } from "../cloud/expiry.ts";
import { volumeOf } from "../cloud/resolved.ts";
import { available, reportOf } from "../report.ts";
import { silentAmong } from "../services/running.ts";
import { claimOf, type Fabric, northbound, remoteOf, southbound } from "./fabric.ts";

/** Bytes of a tunnelled packet that are not the server's: IPv4 20, UDP 8, Geneve 8 with 8 of options, Ethernet 14. */
const overheadInBytes = 58;

const workloads = [northbound.name, southbound.name, "ovn-northd"];
const answering = { reason: "FabricAnswers", message: "both databases and northd have a ready pod" } as const;

/** What a Network says about itself; of one whose Cloud is missing, no more than that and whether it works all the same. */
export function networkStatus(
  network: Live,
  verdicts: ReadonlyMap<string, Verdict>,
  seen: Snapshot,
  fabric: Fabric | Verdict,
): Readonly<Record<string, unknown>> {
  const generation = network.metadata.generation ?? 0;
  const conditions = summarise(verdicts, generation);
  const silent = silentAmong(seen, network.metadata.namespace ?? "", workloads);
  const availability = available(silent, answering, "PartWithoutPod", generation);
  if ("is" in fabric) return reportOf(verdicts, [...conditions, availability], generation);
  const { namespace, spec, image } = fabric;
  return {
    ...reportOf(verdicts, [...conditions, availability, certificatesValid(network, seen, generation)], generation),
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
