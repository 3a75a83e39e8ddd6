import { cloudSpec } from "../../crds/cloud.ts";
import { type NetworkSpec, networkSpec } from "../../crds/network.ts";
import type { Live, Ref } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { secretRef } from "../../operator/recipe.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { cloudKind, type Means } from "../cloud/plan.ts";
import { southboundOf } from "../network/chassis.ts";
import { clientSecret, southbound } from "../network/fabric.ts";
import { networkKind } from "../network/plan.ts";
import { eldestOf } from "../refusal.ts";
import { trustSecret } from "../services/tls.ts";
import type { HostContext } from "./host-context.ts";

/** What the hosts of a pool stand on. */
export interface Ground {
  readonly context: HostContext;
  readonly network: NetworkSpec;
  /** Where hosts find the southbound database. */
  readonly remote: string;
  /** The objects whose content counts. */
  readonly basis: readonly Ref[];
}

/** The Cloud and the Network that the hosts of a pool are to serve; what is missing, as a verdict, where there is something. */
export function groundOf(pool: Live, seen: Snapshot, { images }: Pick<Means, "images">): Ground | Verdict {
  const { name, namespace = "" } = pool.metadata;
  const network = eldestOf(networkKind, seen, namespace);
  const wishes = networkSpec.safeParse(network?.["spec"]).data;
  if (network === undefined || wishes === undefined) return { is: "waiting", on: "a Network in this namespace" };
  const cloudRef = { ...cloudKind, namespace, name: wishes.cloud.name };
  const spec = cloudSpec.safeParse(seen.get(cloudRef)?.["spec"]).data;
  if (spec === undefined) return { is: "waiting", on: `Cloud ${wishes.cloud.name} to exist` };
  const serviceRef = { apiVersion: "v1", kind: "Service", namespace, name: southbound.name };
  const remote = southboundOf(seen, namespace);
  if (remote === undefined) return { is: "waiting", on: `Service ${southbound.name} to have an address` };
  const missing = [clientSecret, trustSecret].find((each) => seen.get(secretRef(namespace, each)) === undefined);
  if (missing !== undefined) return { is: "waiting", on: `Secret ${missing} to exist` };
  return {
    context: {
      namespace,
      pool: name,
      release: spec.release,
      cloud: spec,
      datapath: wishes.datapath.type,
      image: (each) => images(each, spec.images),
    },
    network: wishes,
    remote,
    // By an old view of one of these hosts would go back to what they had.
    basis: [cloudRef, { ...networkKind, namespace, name: network.metadata.name }, serviceRef],
  };
}
