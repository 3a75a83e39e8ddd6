import { computeCellSpec } from "../../crds/compute-cell.ts";
import { type NetworkSpec, networkSpec } from "../../crds/network.ts";
import type { ComputePoolSpec } from "../../crds/compute-pool.ts";
import type { Live, Ref } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { secretRef } from "../../operator/recipe.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { cellKind } from "../cell/cells.ts";
import { type Cell, cellOf } from "../cell/plan.ts";
import { screenName } from "../cell/screens.ts";
import { cloudKind, configTrouble, type Means } from "../cloud/plan.ts";
import { southboundOf } from "../network/chassis.ts";
import { clientSecret, networkKind, southbound } from "../network/fabric.ts";
import { eldestOf } from "../refusal.ts";
import { serverSecretOf, trustSecret } from "../services/tls.ts";
import type { HostContext } from "./host-context.ts";
import { computeService, settingsContext } from "./host-settings.ts";
import type { Footing } from "./rest.ts";

/** What the hosts of a pool stand on. */
export interface Ground {
  readonly context: HostContext;
  readonly network: NetworkSpec;
  readonly footing: Footing;
  /** The objects whose content counts. */
  readonly basis: readonly Ref[];
  /** Secrets whose values do, by name: known when the hosts' agents have been rendered. */
  readonly secrets: ReadonlySet<string>;
}

/** The cell and the Network that the hosts of a pool are to serve; what is missing, as a verdict, where there is something. */
export function groundOf(pool: Live, spec: ComputePoolSpec, seen: Snapshot, means: Means): Ground | Verdict {
  const { name, namespace = "" } = pool.metadata;
  const secrets = new Set<string>();
  const cell = cellNamed(spec, namespace, seen, (live) =>
    cellOf(live, seen, means, (secret) => void secrets.add(secret)),
  );
  if ("is" in cell) return cell;
  const { service, context } = cell;
  const network = eldestOf(networkKind, seen, namespace);
  const wishes = networkSpec.safeParse(network?.["spec"]).data;
  if (network === undefined || wishes === undefined) return { is: "waiting", on: "a Network in this namespace" };
  const serviceRef = { apiVersion: "v1", kind: "Service", namespace, name: southbound.name };
  const remote = southboundOf(seen, namespace);
  if (remote === undefined) return { is: "waiting", on: `Service ${southbound.name} to have an address` };
  const needed = [clientSecret, trustSecret, serverSecretOf(screenName(service.name))];
  const missing = needed.find((each) => seen.get(secretRef(namespace, each)) === undefined);
  if (missing !== undefined) return { is: "waiting", on: `Secret ${missing} to exist` };
  return {
    context: {
      namespace,
      pool: name,
      cell: { service, context },
      datapath: wishes.datapath.type,
      wishes: spec,
      remote,
    },
    network: wishes,
    footing: { cloud: cell.cloud, cell: cell.live, network },
    secrets,
    // By an old view of one of these hosts would go back to what they had.
    basis: [
      { ...cellKind, namespace, name: spec.cell.name },
      { ...cloudKind, namespace, name: cell.cloud.metadata.name },
      { ...networkKind, namespace, name: network.metadata.name },
      serviceRef,
    ],
  };
}

/** The cell that a pool names, where the pool's settings can be written for it. */
function cellNamed(
  spec: ComputePoolSpec,
  namespace: string,
  seen: Snapshot,
  found: (live: Live) => Cell | Verdict,
): (Cell & { readonly live: Live }) | Verdict {
  const { name } = spec.cell;
  const live = seen.get({ ...cellKind, namespace, name });
  if (live === undefined || !computeCellSpec.safeParse(live["spec"]).success)
    return { is: "waiting", on: `ComputeCell ${name} to exist` };
  const cell = found(live);
  if ("is" in cell) return cell;
  return configTrouble(computeService(cell.service), settingsContext(spec, cell.context)) ?? { ...cell, live };
}
