import type { Controller, Edge } from "../../operator/controller.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { podKind } from "../../operator/pods.ts";
import { cloudKind } from "../cloud/plan.ts";
import { computePoolKind } from "../network/users.ts";
import { unreachableBy } from "../openstack/unreachable.ts";
import { type HostDoor, httpHostDoor } from "./host-door.ts";
import { hostCall, type HostFacts, noFacts, observeHost, observeLeaving, performHostCall } from "./host-facts.ts";
import { computeNodeKind, daemonSetKind, nodeKind } from "./hosts.ts";
import { poolManager } from "./labels.ts";
import { askedCloud } from "./leaving.ts";
import { planNode, planNodeDeletion, questionOf } from "./node-plan.ts";
import { nodeStatus } from "./node-status.ts";

/** The controller that tells of one host how it is, lets servers come to it, and sees it out. */
export function nodeController(door: HostDoor = httpHostDoor()): Controller<HostFacts> {
  return {
    name: "nephos-compute-node",
    kind: computeNodeKind,
    // What it says to Nova and Neutron it says with a Secret that it reads when it does; nothing is planned by that.
    reads: [podKind, nodeKind, daemonSetKind, computePoolKind, cloudKind],
    owns: [],
    marks: [nodeKind],
    marksAs: poolManager,
    pollInSeconds: 30,
    pollUndoneInSeconds: 5,
    plan: (node, seen, facts) => planNode(node, seen, facts),
    planDeletion: (node, seen, facts) => planNodeDeletion(node, seen, facts),
    status: (node, verdicts, seen, facts) => nodeStatus(node, verdicts, seen, facts),
    observe: (node, seen, edge) => observe(node, seen, edge, door),
    act: async (action, { metadata: { namespace = "" } }, edge) =>
      performHostCall(hostCall.parse(action.input), await door(namespace, edge)),
  };
}

async function observe(node: Live, seen: Snapshot, edge: Edge, door: HostDoor): Promise<HostFacts> {
  const question = questionOf(node, seen);
  if (question === undefined) return noFacts;
  if (askedCloud(node, seen) === undefined) return { ...noFacts, unreachable: "a Cloud in this namespace" };
  try {
    const apis = await door(node.metadata.namespace ?? "", edge);
    return await (question.leaves ? observeLeaving(question.host, apis) : observeHost(question, apis));
  } catch (error) {
    return { ...noFacts, unreachable: unreachableBy(error) };
  }
}
