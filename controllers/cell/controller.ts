import { computeCellSpec } from "../../crds/compute-cell.ts";
import type { Controller } from "../../operator/controller.ts";
import { podKind } from "../../operator/pods.ts";
import { claimKind } from "../cloud/claim.ts";
import { cloudKind, type Means } from "../cloud/plan.ts";
import { warningCondition } from "../cloud/status.ts";
import { refusedReport } from "../report.ts";
import { cellKind } from "./cells.ts";
import { cellOf, planCell, planCellDeletion } from "./plan.ts";
import { cellStatus } from "./status.ts";
import { usingKinds } from "./users.ts";

/** The controller that rolls out cells of Nova. */
export function cellController(means: Means): Controller {
  return {
    name: "nephos-compute-cell",
    kind: cellKind,
    // A cell is rendered in its Cloud, whose steps are judged: all that they are judged by is read.
    reads: [
      claimKind,
      podKind,
      cloudKind,
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Node", cluster: true },
      { apiVersion: "nephos.dev/v1alpha1", kind: "Registration" },
      ...usingKinds,
    ],
    owns: [
      { apiVersion: "v1", kind: "ConfigMap" },
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Service" },
      { apiVersion: "apps/v1", kind: "Deployment" },
      { apiVersion: "apps/v1", kind: "StatefulSet" },
      { apiVersion: "batch/v1", kind: "Job" },
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
    ],
    warnings: [warningCondition],
    plan: (cell, seen) => planCell(cell, seen, means),
    planDeletion: (cell, seen) => planCellDeletion(cell, seen),
    status: (cell, verdicts, seen) =>
      computeCellSpec.safeParse(cell["spec"]).success
        ? cellStatus(cell, verdicts, seen, cellOf(cell, seen, means))
        : refusedReport(cell, verdicts),
  };
}
