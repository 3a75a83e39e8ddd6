import type { Controller } from "../../operator/controller.ts";
import { podKind } from "../../operator/pods.ts";
import { computePoolKind } from "../network/users.ts";
import { daemonSetKind, nodeKind } from "./hosts.ts";
import { nodeStatus, planNode } from "./node-plan.ts";
import { computeNodeKind } from "./pool-plan.ts";

/** The controller that tells of one host how it is. */
export function nodeController(): Controller {
  return {
    name: "nephos-compute-node",
    kind: computeNodeKind,
    reads: [podKind, nodeKind, daemonSetKind, computePoolKind],
    owns: [],
    plan: (node, seen) => planNode(node, seen),
    status: (node, verdicts, seen) => nodeStatus(node, verdicts, seen),
  };
}
