import type { Controller } from "../../operator/controller.ts";
import { podKind } from "../../operator/pods.ts";
import { cellKind } from "../cell/cells.ts";
import { claimKind } from "../cloud/claim.ts";
import { cloudKind, type Means } from "../cloud/plan.ts";
import { warningCondition } from "../cloud/status.ts";
import { networkKind } from "../network/fabric.ts";
import { computePoolKind } from "../network/users.ts";
import { nodeKind } from "./hosts.ts";
import { poolManager } from "./labels.ts";
import { ownedKinds, planPool, planPoolDeletion } from "./pool-plan.ts";
import { hostsCondition, poolStatus } from "./pool-status.ts";
import { restKinds } from "./rest.ts";

/** The controller that gives hosts their agents, and moves them from one revision to the next. */
export function poolController(means: Means): Controller {
  return {
    name: poolManager,
    kind: computePoolKind,
    reads: [
      podKind,
      nodeKind,
      claimKind,
      cellKind,
      cloudKind,
      networkKind,
      { apiVersion: "v1", kind: "Secret" },
      { apiVersion: "v1", kind: "Service" },
      ...restKinds,
    ],
    owns: ownedKinds,
    marks: [nodeKind],
    warnings: [hostsCondition, warningCondition],
    plan: (pool, seen) => planPool(pool, seen, means),
    planDeletion: (pool, seen) => planPoolDeletion(pool, seen),
    status: (pool, verdicts, seen) => poolStatus(pool, verdicts, seen, means),
  };
}
