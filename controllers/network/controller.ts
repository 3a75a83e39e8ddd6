import { networkSpec } from "../../crds/network.ts";
import type { Controller } from "../../operator/controller.ts";
import { podKind } from "../../operator/pods.ts";
import { claimKind } from "../cloud/claim.ts";
import { cloudKind } from "../cloud/plan.ts";
import { isRefused } from "../refusal.ts";
import { refusedReport } from "../report.ts";
import { networkKind } from "./fabric.ts";
import { fabricOf, type FabricMeans, planNetwork, planNetworkDeletion } from "./plan.ts";
import { networkStatus } from "./status.ts";
import { usingKinds } from "./users.ts";

/** The controller that rolls out the fabric of a cloud. */
export function networkController(means: FabricMeans): Controller {
  return {
    name: "nephos-network",
    kind: networkKind,
    // The authority is a Secret of the Cloud's: it has to wake us when it comes.
    reads: [
      claimKind,
      podKind,
      cloudKind,
      { apiVersion: "v1", kind: "Secret" },
      // Those of services on the fabric: when the last is gone, a Network that waits for it may go.
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "apps/v1", kind: "StatefulSet" },
      ...usingKinds,
    ],
    owns: [
      { apiVersion: "v1", kind: "ConfigMap" },
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Service" },
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "apps/v1", kind: "StatefulSet" },
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
    ],
    plan: (network, seen) => planNetwork(network, seen, means),
    planDeletion: (network, seen) => planNetworkDeletion(network, seen, means),
    status: (network, verdicts, seen) =>
      isRefused(network, seen, networkSpec)
        ? refusedReport(network, verdicts)
        : networkStatus(network, verdicts, seen, fabricOf(network, seen, means)),
  };
}
