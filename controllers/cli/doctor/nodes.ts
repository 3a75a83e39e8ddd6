import { quantityOf } from "../../../operator/covers.ts";
import { at, listAt, type Live, mapAt, textAt } from "../../../operator/object.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { seenIn } from "../looks.ts";
import { needsOf } from "./needs.ts";
import type { ClusterFacts } from "./facts.ts";
import { type Finding, unseen } from "./finding.ts";
import { requestOf, type Room } from "./request.ts";

const about = "nodes";

/** Nodes for the pods of a Cloud: ready, chosen by its placement, not tainted against it, with room. */
export function nodeFindings(facts: ClusterFacts): Finding[] {
  const { nodes } = facts;
  if (nodes.is === "refused") return [unseen(about, nodes)];
  const [cloud] = seenIn(facts.clouds);
  const ready = nodes.value.filter(serving);
  const chosen = ready.filter((node) => selected(node, cloud));
  const open = chosen.filter((node) => obstaclesOn(node, cloud).length === 0);
  const count = `${ready.length} of ${nodes.value.length} ready and schedulable`;
  if (ready.length === 0) return [{ about, is: "error", message: count, advice: "kubectl describe nodes" }];
  if (chosen.length === 0) {
    const message = "none has the labels of spec.placement.nodeSelector";
    return [{ about, is: "error", message, advice: "label nodes, or correct the Cloud" }];
  }
  if (open.length === 0) {
    const taints = [...new Set(chosen.flatMap((node) => obstaclesOn(node, cloud)))].join(", ");
    const advice = "tolerate a taint in spec.placement.tolerations, or take it off";
    return [{ about, is: "error", message: `all that could serve are tainted: ${taints}`, advice }];
  }
  const message = `${count}, ${open.length} open to the pods of a Cloud`;
  return [{ about, is: "ok", message }, ...pressureOn(open), ...roomFindings(facts, cloud, open)];
}

/** What runs already has its room: only asked before. */
function roomFindings(
  { pods, ownPods, namespace }: ClusterFacts,
  cloud: Live | undefined,
  open: readonly Live[],
): Finding[] {
  if (pods.is === "refused") return [unseen("room", pods)];
  if (seenIn(ownPods).length > 0) return [];
  return [
    roomFor(
      cloud,
      namespace,
      open.map((node) => roomOn(node, pods.value)),
    ),
  ];
}

function serving(node: Live): boolean {
  return conditionOf(node, "Ready") !== undefined && at(node, "spec", "unschedulable") !== true;
}

function selected(node: Live, cloud: Live | undefined): boolean {
  return Object.entries(mapAt(cloud, "spec", "placement", "nodeSelector")).every(
    ([label, value]) => node.metadata.labels?.[label] === value,
  );
}

/** Taints that keep the pods of a cloud away, as `key=value:effect`. */
function obstaclesOn(node: Live, cloud: Live | undefined): string[] {
  const tolerations = listAt(cloud, "spec", "placement", "tolerations");
  return listAt(node, "spec", "taints")
    .filter((taint) => textAt(taint, "effect") !== "PreferNoSchedule")
    .filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
    .map(
      (taint) =>
        `${textAt(taint, "key") ?? ""}${textAt(taint, "value") === undefined ? "" : `=${textAt(taint, "value") ?? ""}`}:${textAt(taint, "effect") ?? ""}`,
    );
}

function tolerates(toleration: unknown, taint: unknown): boolean {
  const [key, effect] = [textAt(toleration, "key"), textAt(toleration, "effect")];
  if (effect !== undefined && effect !== textAt(taint, "effect")) return false;
  if (textAt(toleration, "operator") === "Exists") return key === undefined || key === textAt(taint, "key");
  return key === textAt(taint, "key") && (textAt(toleration, "value") ?? "") === (textAt(taint, "value") ?? "");
}

const pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"] as const;

function pressureOn(nodes: readonly Live[]): Finding[] {
  return nodes.flatMap((node) =>
    pressures
      .filter((type) => conditionOf(node, type) !== undefined)
      .map((type): Finding => ({
        about: "nodes",
        is: "warning",
        message: `${node.metadata.name} has ${type}`,
        advice: `kubectl describe node ${node.metadata.name}`,
      })),
  );
}

/** What a node has left after what its pods ask for. */
export function roomOn(node: Live, pods: readonly Live[]): Room {
  const living = pods.filter(
    (pod) =>
      textAt(pod, "spec", "nodeName") === node.metadata.name &&
      !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase") ?? ""),
  );
  const left = (resource: keyof Room): number =>
    living.reduce(
      (rest, pod) => rest - requestOf(at(pod, "spec"), resource),
      quantityOf(at(node, "status", "allocatable", resource)) ?? 0,
    );
  return { cpu: left("cpu"), memory: left("memory") };
}

function roomFor(cloud: Live | undefined, namespace: string, rooms: readonly Room[]): Finding {
  const needs = needsOf(cloud, namespace);
  const sum = (resource: keyof Room): number => rooms.reduce((all, room) => all + Math.max(0, room[resource]), 0);
  const [cpu, memory] = [sum("cpu"), sum("memory")];
  const message = `${inWords({ cpu, memory })} left; the servers of a Cloud ask for ${inWords(needs)}`;
  return cpu >= needs.cpu && memory >= needs.memory
    ? { about: "room", is: "ok", message }
    : { about: "room", is: "error", message, advice: "add a node, or make room on those that are there" };
}

function inWords({ cpu, memory }: Room): string {
  return `${cpu.toFixed(1)} cores and ${(memory / 2 ** 30).toFixed(1)} GiB`;
}
