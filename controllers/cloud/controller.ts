import { cloudSpec } from "../../crds/cloud.ts";
import type { Controller } from "../../operator/controller.ts";
import { podKind } from "../../operator/pods.ts";
import { networkKind } from "../network/fabric.ts";
import { isRefused } from "../refusal.ts";
import { refusedReport } from "../report.ts";
import { claimKind } from "./claim.ts";
import { cloudKind, contextOf, type Means, planCloud } from "./plan.ts";
import { cloudStatus, warningCondition } from "./status.ts";

/** The controller that rolls out control planes. */
export function cloudController(means: Means): Controller {
  return {
    name: "nephos-cloud",
    kind: cloudKind,
    // Secrets of others are read too: what a spec refers to has to wake us when it comes.
    reads: [
      claimKind,
      podKind,
      // So are the records of cells.
      { apiVersion: "v1", kind: "ConfigMap" },
      networkKind,
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Node", cluster: true },
    ],
    owns: [
      { apiVersion: "v1", kind: "ConfigMap" },
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Service" },
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "apps/v1", kind: "StatefulSet" },
      { apiVersion: "batch/v1", kind: "Job" },
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
      { apiVersion: "nephos.dev/v1alpha1", kind: "Registration" },
    ],
    warnings: [warningCondition],
    plan: (cloud, seen) => planCloud(cloud, seen, means),
    status: (cloud, verdicts, seen) =>
      isRefused(cloud, seen, cloudSpec)
        ? refusedReport(cloud, verdicts)
        : cloudStatus(cloud, verdicts, seen, contextOf(cloud, seen, means), means.services),
  };
}
