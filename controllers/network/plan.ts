import { networkSpec } from "../../crds/network.ts";
import type { Live } from "../../operator/object.ts";
import type { Plan, Snapshot, Step } from "../../operator/plan.ts";
import { secretRef } from "../../operator/recipe.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { owningCloud } from "../cloud/owner.ts";
import { cloudKind, type Means } from "../cloud/plan.ts";
import { contradiction, elderOf, unreadable } from "../refusal.ts";
import { removal, type Run, unused } from "../removal.ts";
import { workloadRefs } from "../services/running.ts";
import { authoritySecret, certificateFor, trustSecret } from "../services/tls.ts";
import { databaseSteps } from "./databases.ts";
import { clientSecret, type Database, type Fabric, northbound, southbound } from "./fabric.ts";
import { northdSteps } from "./northd.ts";
import { usersOf, workloadsOn } from "./users.ts";

/** What the operator brings along for a fabric, and what works on it. */
export type FabricMeans = Pick<Means, "images" | "services">;

/** What the parts are rendered from; what is missing, as a verdict, where they cannot be. Throws for a spec that the schema refuses. */
export function fabricOf(network: Live, seen: Snapshot, { images }: FabricMeans): Fabric | Verdict {
  const spec = networkSpec.parse(network["spec"]);
  const namespace = network.metadata.namespace ?? "";
  const owner = owningCloud(seen, namespace, spec.cloud.name);
  if ("is" in owner) return owner;
  const { spec: cloud } = owner;
  return {
    namespace,
    minute: seen.minute,
    authority: seen.get(secretRef(namespace, authoritySecret))?.metadata.uid ?? "none",
    spec,
    cloud,
    image: (name) => images(name, cloud.images),
  };
}

/** The steps from a Network's spec to a fabric that works; one blocked step where it cannot be rolled out at all. */
export function planNetwork(network: Live, seen: Snapshot, means: FabricMeans): Plan {
  const older = elderOf(network, seen);
  if (older !== undefined) return { steps: [refusal(older)] };
  const unread = networkSpec.safeParse(network["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable("network/spec", unread)] };
  const fabric = fabricOf(network, seen, means);
  if ("is" in fabric) return { steps: [{ name: "network/cloud", after: [], objects: [], held: fabric }] };
  const { namespace, spec } = fabric;
  return {
    steps: [
      authorityStep(fabric),
      {
        name: "client/certificate",
        after: ["network/authority"],
        objects: [certificateFor(clientSecret, [clientSecret], fabric, "client")],
      },
      ...databaseSteps("northbound", northbound, fabric),
      ...databaseSteps("southbound", southbound, fabric),
      ...northdSteps(fabric),
    ],
    // Certificates are of one authority, and pods are placed as the Cloud says: an old view of either would bring the old ones back.
    basis: [{ ...cloudKind, namespace, name: spec.cloud.name }, secretRef(namespace, authoritySecret)],
  };
}

/** Nothing is made before the Cloud has what signs and what is trusted. */
function authorityStep({ namespace, spec }: Fabric): Step {
  const verdict = (seen: Snapshot): Verdict => {
    const missing = [authoritySecret, trustSecret].find((name) => seen.get(secretRef(namespace, name)) === undefined);
    return missing === undefined
      ? done
      : { is: "waiting", on: `Secret ${missing}, which Cloud ${spec.cloud.name} makes` };
  };
  return { name: "network/authority", after: [], objects: [], verdict };
}

function refusal(older: Live): Step {
  const message = `Network ${older.metadata.name} is already in this namespace; a Cloud has one, delete this one`;
  return contradiction("network/namespace", "NamespaceTaken", message);
}

/** What has to happen before a Network may go: nothing uses it any more; then northd, and after it the databases, whose volumes stay. */
export function planNetworkDeletion(network: Live, seen: Snapshot, { services }: FabricMeans): Plan {
  if (elderOf(network, seen) !== undefined) return { steps: [] };
  const { namespace = "" } = network.metadata;
  const workloads = workloadsOn(services);
  return {
    steps: [
      unused("network", network, usersOf(network, seen, workloads)),
      removal(
        "northd",
        ["network/users"],
        { kind: "Deployment", name: "ovn-northd", service: "ovn", component: "northd" },
        network,
      ),
      removal("southbound", ["northd/removal"], databaseSet(southbound), network),
      removal("northbound", ["southbound/removal"], databaseSet(northbound), network),
    ],
    // By an old view nothing would work on it yet.
    basis: workloads.flatMap((name) => workloadRefs(seen, namespace, name)),
  };
}

function databaseSet({ name }: Database): Run {
  return { kind: "StatefulSet", name, service: name, component: "server" };
}
