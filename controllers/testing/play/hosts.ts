import { at, type Kind, type Live, textAt } from "../../../operator/object.ts";
import type { Beginning } from "../../../operator/testing/actors.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Invariant, Stage, Stageable } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf, unobserved } from "../../../operator/verdict.ts";
import { cellKind } from "../../cell/cells.ts";
import { cloudKind } from "../../cloud/plan.ts";
import { computeNodeKind } from "../../compute/hosts.ts";
import { agentsLabel, hostOfLabel, placeOf, poolLabel } from "../../compute/labels.ts";
import { nodeController } from "../../compute/node-controller.ts";
import { poolController } from "../../compute/pool-controller.ts";
import { revisionLabel } from "../../compute/render.ts";
import { clientSecret, southbound } from "../../network/fabric.ts";
import { networkKind } from "../../network/fabric.ts";
import { computePoolKind } from "../../network/users.ts";
import { operatorUser } from "../../services/keystone.ts";
import { serverSecretOf, trustSecret } from "../../services/tls.ts";
import { means } from "../render.ts";
import { namespace } from "../world.ts";
import { besideOf } from "./beside.ts";
import { hostDoor, novaOf } from "./nova.ts";
import { applyAs, drop, type Fields, step } from "./stages.ts";

const [cloud, release] = ["prod", { release: "2026.1" }] as const;
const pool = "standard";
const passwords = ["nova-keystone", "nova-metadata-proxy", "nova-cell1-messaging"];
/** What hosts show others, what they trust, and what all that is asked by and composed of. */
const needed = [clientSecret, trustSecret, serverSecretOf("nova-cell1-screens"), operatorUser.secret, ...passwords];
const names = ["node-1", "node-2", "node-3"] as const;
const nodeRef = (name: string) => ({ apiVersion: "v1", kind: "Node", name }) as const;
const unplaced = { uid: "", resourceVersion: "" } as const;

/** The controllers of hosts by themselves: what they stand on is there. */
export const hostControllers: Stageable = (world, outside) => [
  poolController(means),
  nodeController(hostDoor(world, outside)),
];

/** A cluster with a Cloud and a Network that nobody works on, and three nodes of which two are hosts. */
export function beginHosts(world: World): void {
  applyAs(world, cloudKind, cloud, release);
  applyAs(world, cellKind, "cell1", { cloud: { name: cloud } });
  rolled(world, cloudKind, cloud);
  rolled(world, cellKind, "cell1");
  weave(world, "Kernel");
  const placed = { namespace, ...unplaced };
  const data = { password: "eA==", "ca.crt": "eA==" };
  for (const name of needed)
    world.store.create({ apiVersion: "v1", kind: "Secret", metadata: { name, ...placed }, ...{ data } }, "cluster");
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: southbound.name, ...placed } } as const;
  world.store.create(
    Object.assign(service, { spec: { ports: [{ name: "ovsdb", port: southbound.port }] } }),
    "cluster",
  );
  for (const [index, name] of names.entries()) {
    world.store.create({ ...nodeRef(name), metadata: { name, ...unplaced } }, "cluster");
    const addresses = [{ type: "InternalIP", address: `192.0.2.1${index}` }];
    const status = { addresses, conditions: [{ type: "Ready", status: "True" }] };
    world.store.edit(nodeRef(name), (live) => ({ ...live, status }));
    if (index < 2) give(world, name, namespace);
  }
}

/** Nobody works on it here: that all of its spec is rolled out is said for its controller. */
function rolled(world: World, kind: Kind, name: string): void {
  const status = ({ metadata: { generation = 0 } }: Live) => ({ observedGeneration: generation, steps: [] });
  world.store.edit({ ...kind, namespace, name }, (live) => ({ ...live, status: status(live) }));
}

function weave(world: World, type: string): void {
  applyAs(world, networkKind, "fabric", { cloud: { name: cloud }, datapath: { type } });
}

/** An administrator gives a node to a namespace, or takes it back. */
function give(world: World, name: string, to: string | undefined): void {
  mark(world, name, hostOfLabel, to);
}

const rack = "example.org/rack";

function mark(world: World, name: string, label: string, value: string | undefined): void {
  const { [label]: _, ...others } = labelsOf(world.store.get(nodeRef(name)));
  const labels = value === undefined ? others : { ...others, [label]: value };
  world.store.edit(nodeRef(name), (live) => ({ ...live, metadata: { ...live.metadata, labels } }), "kubectl");
}

const labelsOf = (live: Live | undefined): Readonly<Record<string, string>> => live?.metadata.labels ?? {};
const placeIn = (world: World, name: string) => placeOf(labelsOf(world.store.get(nodeRef(name)))[agentsLabel]);

/** What the preflight of a node says: nothing is in the way, and KVM does not work. */
export function preflight(pod: Live): Beginning {
  return { exitCode: 0, message: `${textAt(pod, "spec", "nodeName") ?? ""}\nthere is no /dev/kvm` };
}

const isTrue = (live: Live | undefined): boolean =>
  live !== undefined &&
  conditionOf(live, "Ready") !== undefined &&
  at(live, "status", "observedGeneration") === live.metadata.generation;

/** Whether the pool says that it waits for something. */
const says = (world: World, what: string): boolean =>
  JSON.stringify(world.store.get({ ...computePoolKind, namespace, name: pool })?.["status"]).includes(what);

/** Hosts that servers may come to; with a mark, others that Nova or Neutron knows of. */
function inNova(world: World): string[] {
  const services = [...novaOf(world).entries()];
  const agents = new Set(
    besideOf(world)
      .neutron.entries("agents")
      .map(({ host }) => String(host)),
  );
  const able = services.map(([host, { status, up }]) => (status === "enabled" && up ? host : `no servers on ${host}`));
  return [...new Set([...able, ...agents])].sort();
}

/** Whether these nodes and no others are hosts, all of the one revision that there is. */
const hosted =
  (...hosts: readonly string[]) =>
  (world: World): boolean => {
    const subject = world.store.get({ ...computePoolKind, namespace, name: pool });
    const revision = textAt(subject, "status", "revision");
    const told = objectsOf(world, "ComputeNode");
    const sets = objectsOf(world, "DaemonSet").filter((each) => labelsOf(each)["app.kubernetes.io/name"] === "libvirt");
    return (
      isTrue(subject) &&
      names.every((name) => (placeIn(world, name)?.revision === revision) === hosts.includes(name)) &&
      told
        .map(({ metadata }) => metadata.name)
        .sort()
        .join() === hosts.join() &&
      told.every(isTrue) &&
      inNova(world).join() === hosts.join() &&
      sets.every((each) => labelsOf(each)[revisionLabel] === revision)
    );
  };

const agentsOn = (world: World, name: string): Live[] =>
  objectsOf(world, "Pod").filter((each) => isAgent(each) && textAt(each, "spec", "nodeName") === name);
const isAgent = (pod: Live): boolean =>
  poolLabel in labelsOf(pod) && labelsOf(pod)["app.kubernetes.io/name"] !== "preflight";

/** A pool of the hosts that have all of these labels. */
function select(world: World, nodeSelector: Fields): void {
  const chosen = { type: "KubernetesNodes", kubernetesNodes: { nodeSelector } };
  applyAs(world, computePoolKind, pool, { cell: { name: "cell1" }, hosts: chosen });
}

/** Whether the host is not let go, since there is a server on it, and still has its agents. */
const detained =
  (name: string) =>
  (world: World): boolean => {
    const told = world.store.get({ ...computeNodeKind, namespace, name });
    return textAt(told, "status", "reason") === "HostInUse" && agentsOn(world, name).length === 5;
  };

const emptied = (world: World): boolean =>
  world.store.get({ ...computePoolKind, namespace, name: pool }) === undefined &&
  inNova(world).length === 0 &&
  names.every((name) => !(agentsLabel in labelsOf(world.store.get(nodeRef(name))))) &&
  ["DaemonSet", "ComputeNode", "Pod"].every((kind) => objectsOf(world, kind).length === 0);

/** What happens to the hosts of a pool. */
export const hosts = {
  deploy: step(
    "deploy",
    (world) => applyAs(world, computePoolKind, pool, { cell: { name: "cell1" } }),
    hosted("node-1", "node-2"),
  ),
  stay: step(
    "stay",
    (world) => applyAs(world, cloudKind, cloud, { ...release, images: { pullSecrets: [{ name: "another" }] } }),
    (world) => says(world, `Cloud ${cloud} to be taken up`),
  ),
  follow: step("follow", (world) => rolled(world, cloudKind, cloud), hosted("node-1", "node-2")),
  change: step("move", (world) => weave(world, "UserSpace"), hosted("node-1", "node-2")),
  join: step("join", (world) => give(world, "node-3", namespace), hosted("node-1", "node-2", "node-3")),
  occupy: step(
    "occupied",
    (world) => {
      novaOf(world).puts("node-2", { servers: ["web"] });
      for (const name of ["node-1", "node-3"]) mark(world, name, rack, "a");
      select(world, { [rack]: "a" });
    },
    detained("node-2"),
  ),
  vacate: step("vacated", (world) => novaOf(world).puts("node-2", {}), hosted("node-1", "node-3")),
  back: step("back", (world) => select(world, {}), hosted("node-1", "node-2", "node-3")),
  leave: step("leave", (world) => give(world, "node-2", undefined), hosted("node-1", "node-3")),
  delete: step("delete", (world) => drop(world, computePoolKind.apiVersion, computePoolKind.kind, pool), emptied),
} as const satisfies Readonly<Record<string, Stage>>;

/** While hosts are moved, agents are missing on one of them at most. */
const oneAtATime: Invariant = ({ object }, { world, stage }) => {
  if (object.kind !== "Pod" || stage !== "move") return undefined;
  const busy = names.slice(0, 2).filter((name) => {
    const running = agentsOn(world, name).filter((pod) => conditionOf(pod, "Ready") !== undefined);
    return !["openvswitch", "libvirt"].every((agent) =>
      running.some((pod) => labelsOf(pod)["app.kubernetes.io/name"] === agent),
    );
  });
  return busy.length > 1 ? `${busy.join(" and ")} are without agents at the same time` : undefined;
};

/** Hosts that have agents come after their Cloud. */
const last: Invariant = ({ object, before }, { world, ours }) => {
  if (object.kind !== "Node" || before === undefined || !ours) return undefined;
  const [was, is] = [before, object].map((live) => labelsOf(live)[agentsLabel]);
  const above = world.store.get({ ...cloudKind, namespace, name: cloud });
  if (was === undefined || is === undefined || was === is || above === undefined) return undefined;
  return unobserved(above) ? `${object.metadata.name} was moved before its Cloud was rolled out` : undefined;
};

/** Of two revisions of an agent never both run on a host. */
const oneRevision: Invariant = ({ object }, { world }) => {
  if (object.kind !== "Pod" || !isAgent(object)) return undefined;
  const node = textAt(object, "spec", "nodeName") ?? "";
  const same = agentsOn(world, node).filter(
    (pod) =>
      textAt(pod, "status", "phase") === "Running" &&
      labelsOf(pod)["app.kubernetes.io/name"] === labelsOf(object)["app.kubernetes.io/name"],
  );
  return same.length > 1 ? `${same.map(({ metadata }) => metadata.name).join(" and ")} run on ${node}` : undefined;
};

/** Of a node the operator writes its own label and nothing else. */
const ownLabelOnly: Invariant = ({ type, object, before }, { ours }) => {
  if (object.kind !== "Node" || !ours) return undefined;
  if (type !== "MODIFIED" || before === undefined) return `${object.metadata.name} was made or deleted`;
  const others = (live: Live): string => {
    const { [agentsLabel]: _, ...labels } = labelsOf(live);
    return JSON.stringify([Object.entries(labels).map(String).sort(), live["spec"], live["status"]]);
  };
  return others(object) === others(before) ? undefined : `more of ${object.metadata.name} was changed than our label`;
};

/** As long as there are servers on a host, its agents stay, unless its node is taken away. */
const inhabited: Invariant = ({ object, before }, { world }) => {
  if (object.kind !== "Node" || before === undefined || !(hostOfLabel in labelsOf(object))) return undefined;
  const lost = agentsLabel in labelsOf(before) && !(agentsLabel in labelsOf(object));
  const busy = besideOf(world).nova.inhabited(object.metadata.name);
  return lost && busy ? `${object.metadata.name} lost its agents under its servers` : undefined;
};

/** What holds of hosts at every version. */
export const hostInvariants: readonly Invariant[] = [oneAtATime, last, oneRevision, ownLabelOnly, inhabited];
