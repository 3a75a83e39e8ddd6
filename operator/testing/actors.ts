import { digest } from "../digest.ts";
import {
  at,
  controllerOf,
  isRecord,
  type Kind,
  kindKey,
  listAt,
  type Live,
  mapAt,
  numberAt,
  refKey,
  refOf,
  textAt,
} from "../object.ts";
import { conditionOf } from "../verdict.ts";
import type { Change } from "./world/history.ts";
import type { Fields } from "./world/ownership.ts";
import type { World } from "./world/world.ts";

/** How a program ends: well, badly, or so that another try cannot help. */
export type End = "success" | "failure" | "final";

/** How an init container ends: what it was for is done, or it is tried again. */
export interface Beginning {
  readonly exitCode: number;
  readonly message: string;
}

/** How the rest of a cluster takes its time, and what its programs do. */
export interface Cast {
  /** Runs something after a while of the cluster's own choosing. */
  readonly later: (what: () => void) => void;
  /** What a Job's program comes to; undefined while it is still at work. Default: it succeeds. */
  readonly run?: (job: Live, world: World) => End | undefined;
  /** How the init container of a pod ends, and its last words. Default: well, without a word. */
  readonly begin?: (pod: Live, world: World) => Beginning;
  /** Whether an image can be pulled. Default: every image can. */
  readonly pulls?: (image: string) => boolean;
}

const podKind: Kind = { apiVersion: "v1", kind: "Pod" };
const claimKind: Kind = { apiVersion: "v1", kind: "PersistentVolumeClaim" };

/** Plays what runs in every cluster: each change wakes those whom it concerns, and each of them takes one step at a time. */
export function playCluster(world: World, cast: Cast): () => void {
  const waiting = new Set<string>();
  const wake = (live: Live): void => {
    const key = `${refKey(refOf(live))} ${live.metadata.uid}`;
    if (waiting.has(key)) return;
    waiting.add(key);
    cast.later(() => {
      waiting.delete(key);
      const now = world.store.get(refOf(live));
      if (now !== undefined && now.metadata.uid === live.metadata.uid) step(now, world, cast);
    });
  };
  const unheard = world.store.listen((change) => concerned(change, world).forEach(wake));
  world.store.history.all().forEach(wake);
  return unheard;
}

/** The objects for which a change may mean something. */
function concerned({ type, object }: Change, world: World): Live[] {
  const all = world.store.history.all();
  const owner = controllerOf(object)?.uid;
  const owned = type === "DELETED" ? all.filter((each) => ownersOf(each).includes(object.metadata.uid)) : [];
  const family = owner === undefined ? [] : all.filter((each) => each.metadata.uid === owner);
  const users = ["Secret", "ConfigMap", "PersistentVolumeClaim", "Pod"].includes(object.kind)
    ? all.filter(
        (each) =>
          each.kind === "Job" || (each.kind === "Pod" && phaseOf(each) !== "Running") || each.kind === "StatefulSet",
      )
    : [];
  const agents = object.kind === "Node" ? all.filter((each) => ["DaemonSet", "Pod"].includes(each.kind)) : [];
  return [...(type === "DELETED" ? [] : [object]), ...owned, ...family, ...users, ...agents];
}

function ownersOf(object: Live): string[] {
  return (object.metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

function step(live: Live, world: World, cast: Cast): void {
  if (abandoned(live, world)) {
    world.store.remove(refOf(live), live.metadata.uid);
    return;
  }
  if (live.metadata.deletionTimestamp === undefined) steps[kindKey(live)]?.(live, world, cast);
}

/** The garbage collector: none of the owners is there any more. */
function abandoned(live: Live, world: World): boolean {
  const owners = ownersOf(live);
  if (owners.length === 0 || live.metadata.deletionTimestamp !== undefined) return false;
  const alive = new Set(world.store.history.all().map(({ metadata }) => metadata.uid));
  return !owners.some((uid) => alive.has(uid));
}

const steps: Readonly<Record<string, (live: Live, world: World, cast: Cast) => void>> = {
  "apps/v1/Deployment": rollDeployment,
  "apps/v1/StatefulSet": rollStatefulSet,
  "apps/v1/DaemonSet": rollDaemonSet,
  "batch/v1/Job": runJob,
  "v1/Pod": startPod,
  "v1/PersistentVolumeClaim": (live, world) => {
    if (phaseOf(live) !== "Bound") tell(live, world, { phase: "Bound" });
  },
};

/** Adds a pod of the new revision before one of the old goes. */
function rollDeployment(live: Live, world: World): void {
  const revision = revisionOf(live);
  const wanted = numberAt(live, "spec", "replicas") ?? 1;
  const pods = podsOf(live, world);
  const fresh = pods.filter((pod) => pod.metadata.labels?.["pod-template-hash"] === revision);
  const old = pods.filter((pod) => !fresh.includes(pod));
  const ready = fresh.filter(isReady).length;
  const [next] = old;
  if (fresh.length < wanted && pods.length <= wanted)
    makePod(live, world, `${live.metadata.name}-${live.metadata.uid.slice(0, 4)}${revision}-${free(fresh)}`);
  else if (next !== undefined && (ready + old.filter(isReady).length > wanted || !isReady(next))) remove(next, world);
  else if (fresh.length > wanted) remove(fresh.at(-1), world);
  else if (next !== undefined && ready >= wanted) remove(next, world);
  const now = podsOf(live, world);
  const updated = now.filter((pod) => pod.metadata.labels?.["pod-template-hash"] === revision).length;
  tell(live, world, { ...countsOf(live, now), updatedReplicas: updated, ...failureOf(live, wanted - updated) });
}

/** The classes that every cluster has. */
const classes: ReadonlySet<string> = new Set(["system-cluster-critical", "system-node-critical"]);

/** Why the server would not have a workload's pods; undefined where it would. */
function refusalOf(workload: Live): string | undefined {
  const wanted = textAt(workload, "spec", "template", "spec", "priorityClassName") ?? "";
  return wanted === "" || classes.has(wanted) ? undefined : `no PriorityClass with name ${wanted} was found`;
}

/** The condition of a Deployment that lacks pods because the server would not have them. */
function failureOf(workload: Live, missing: number): Fields {
  const message = refusalOf(workload);
  if (message === undefined || missing <= 0) return {};
  return { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }] };
}

function free(pods: readonly Live[]): number {
  const taken = new Set(pods.map((pod) => pod.metadata.name.split("-").at(-1)));
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((index) => !taken.has(String(index))) ?? pods.length;
}

/** Makes each member's claims, then the member; replaces members of an old revision. */
function rollStatefulSet(live: Live, world: World): void {
  const revision = revisionOf(live);
  const wanted = numberAt(live, "spec", "replicas") ?? 1;
  const pods = podsOf(live, world);
  for (let index = 0; index < wanted; index++) {
    const member = pods.find((pod) => pod.metadata.name === `${live.metadata.name}-${index}`);
    // One after the other: what cannot start holds up even its own replacement.
    if (ordered(live) && member !== undefined && !isReady(member)) break;
    placeMember(live, world, member, `${live.metadata.name}-${index}`);
  }
  pods.slice(wanted).forEach((pod) => remove(pod, world));
  const now = podsOf(live, world);
  const updated = now.filter((pod) => pod.metadata.labels?.["pod-template-hash"] === revision).length;
  const current = updated >= wanted ? revision : (textAt(live, "status", "currentRevision") ?? revision);
  const revisions = { currentRevision: current, updateRevision: revision };
  tell(live, world, { ...countsOf(live, now), updatedReplicas: updated, ...revisions });
}

function ordered(live: Live): boolean {
  return textAt(live, "spec", "podManagementPolicy") !== "Parallel";
}

function placeMember(live: Live, world: World, member: Live | undefined, name: string): void {
  const { namespace } = live.metadata;
  for (const template of listAt(live, "spec", "volumeClaimTemplates")) {
    const claim = `${textAt(template, "metadata", "name") ?? ""}-${name}`;
    const there = world.store.get({ ...claimKind, namespace, name: claim });
    if (there === undefined) make(world, claimKind, { name: claim, namespace }, { spec: at(template, "spec") });
  }
  if (member === undefined) makePod(live, world, name);
  else if (member.metadata.labels?.["pod-template-hash"] !== revisionOf(live)) remove(member, world);
}

/** A pod on each node that its selector chooses, and on no other; pods of an old revision stay with OnDelete. */
function rollDaemonSet(live: Live, world: World): void {
  const homes = homesOf(at(live, "spec", "template", "spec"), world).map(({ metadata }) => metadata.name);
  const nodeOf = (pod: Live): string => textAt(pod, "spec", "nodeName") ?? "";
  const [here, astray] = partition(podsOf(live, world), (pod) => homes.includes(nodeOf(pod)));
  astray.forEach((pod) => remove(pod, world));
  for (const home of homes.filter((name) => !here.some((pod) => nodeOf(pod) === name)))
    makePod(live, world, `${live.metadata.name}-${home}`, { nodeName: home });
  const now = podsOf(live, world);
  const updated = now.filter((pod) => pod.metadata.labels?.["pod-template-hash"] === revisionOf(live)).length;
  const ready = now.filter(isReady).length;
  const counts = { desiredNumberScheduled: homes.length, updatedNumberScheduled: updated };
  const { generation } = live.metadata;
  tell(live, world, { observedGeneration: generation, ...counts, numberAvailable: ready, numberReady: ready });
}

function partition<T>(all: readonly T[], which: (each: T) => boolean): readonly [T[], T[]] {
  return [all.filter(which), all.filter((each) => !which(each))];
}

function runJob(live: Live, world: World, cast: Cast): void {
  if (conditionOf(live, "Complete") !== undefined || conditionOf(live, "Failed") !== undefined) return;
  if (at(live, "status", "active") === undefined) {
    tell(live, world, { active: 1, startTime: world.store.now() });
    return;
  }
  const pod = at(live, "spec", "template", "spec");
  const started =
    refusalOf(live) === undefined && obstacleOf(pod, world, cast) === undefined && mounts(pod, live, world);
  const end = started ? endOf(live, world, cast) : undefined;
  if (end !== undefined) tell(live, world, { ...end, startTime: at(live, "status", "startTime") });
}

/** The status of a Job that is over; undefined while its program is at work. */
function endOf(live: Live, world: World, { run = () => "success" }: Cast): Fields | undefined {
  const end = run(live, world);
  const since = { status: "True", lastTransitionTime: world.store.now() };
  const reason = end === "final" ? "PodFailurePolicy" : "BackoffLimitExceeded";
  if (end === undefined) return undefined;
  if (end === "success") return { succeeded: 1, conditions: [{ type: "Complete", ...since }] };
  return { failed: 1, conditions: [{ type: "Failed", reason, message: `ended with ${reason}`, ...since }] };
}

/** A pod runs once it has a node, its images and everything that it mounts. */
function startPod(live: Live, world: World, cast: Cast): void {
  if (phaseOf(live) === "Running") return;
  const obstacle = portTaken(live, world) ?? obstacleOf(live["spec"], world, cast);
  if (obstacle !== undefined) tell(live, world, { phase: "Pending", ...obstacle });
  else if (mounts(live["spec"], live, world)) beginPod(live, world, cast);
}

/** What the scheduler says of a pod that wants a port of its node which another has that runs there. */
function portTaken(live: Live, world: World): Fields | undefined {
  const portsOf = (pod: Live): unknown[] =>
    listAt(pod, "spec", "containers").flatMap((each) =>
      listAt(each, "ports").flatMap((port) => at(port, "hostPort") ?? []),
    );
  const wanted = portsOf(live);
  const isThere = (pod: Live): boolean =>
    pod.kind === "Pod" &&
    pod.metadata.uid !== live.metadata.uid &&
    phaseOf(pod) === "Running" &&
    at(pod, "spec", "nodeName") === at(live, "spec", "nodeName");
  const taken =
    wanted.length > 0 &&
    world.store.history.all().some((pod) => isThere(pod) && portsOf(pod).some((each) => wanted.includes(each)));
  const message = "node(s) didn't have free ports for the requested pod ports";
  return taken
    ? { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] }
    : undefined;
}

/** Its init containers first, of which there is one at most; that of a pod which failed is tried again whenever the pod is looked at. */
function beginPod(live: Live, world: World, { begin }: Cast): void {
  const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  const [first] = listAt(live, "spec", "initContainers");
  if (first === undefined || begin === undefined) return tell(live, world, ready);
  const terminated = begin(live, world);
  const name = at(first, "name");
  const waiting = { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated } };
  if (terminated.exitCode === 0)
    tell(live, world, { ...ready, initContainerStatuses: [{ name, state: { terminated } }] });
  else tell(live, world, { phase: "Pending", initContainerStatuses: [{ name, ...waiting }] });
}

/** The nodes with all labels that a pod asks for. */
function homesOf(spec: unknown, world: World): Live[] {
  const labels = Object.entries(mapAt(spec, "nodeSelector"));
  const nodes = world.store.history.all().filter(({ kind }) => kind === "Node");
  return nodes.filter(({ metadata }) => labels.every(([name, value]) => metadata.labels?.[name] === value));
}

/** What keeps a pod from starting, as its status has it; undefined where nothing does. */
function obstacleOf(spec: unknown, world: World, { pulls = () => true }: Cast): Fields | undefined {
  const nodes = world.store.history.all().filter(({ kind }) => kind === "Node");
  if (Object.keys(mapAt(spec, "nodeSelector")).length > 0 && homesOf(spec, world).length === 0) {
    const message = `0/${nodes.length} nodes are available: ${nodes.length} node(s) didn't match Pod's node affinity/selector.`;
    return { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] };
  }
  const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
  const missing = [...listAt(spec, "initContainers"), ...listAt(spec, "containers")].filter(
    (container) => !pulls(textAt(container, "image") ?? ""),
  );
  const statuses = missing.map((container) => ({
    name: at(container, "name"),
    image: at(container, "image"),
    state: { waiting },
  }));
  return statuses.length === 0 ? undefined : { containerStatuses: statuses };
}

/** Whether every Secret, ConfigMap and bound claim that a pod names is there. */
function mounts(spec: unknown, { metadata: { namespace } }: Live, world: World): boolean {
  return listAt(spec, "volumes").every((volume) => {
    const secret = textAt(volume, "secret", "secretName");
    const map = textAt(volume, "configMap", "name");
    const claim = textAt(volume, "persistentVolumeClaim", "claimName");
    return (
      (secret === undefined ||
        world.store.get({ apiVersion: "v1", kind: "Secret", namespace, name: secret }) !== undefined) &&
      (map === undefined ||
        world.store.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: map }) !== undefined) &&
      (claim === undefined || phaseOf(world.store.get({ ...claimKind, namespace, name: claim })) === "Bound")
    );
  });
}

/** The pods that an object controls. */
export function podsOf(live: Live, world: World): Live[] {
  return world.store.history
    .all()
    .filter((each) => each.kind === "Pod" && controllerOf(each)?.uid === live.metadata.uid);
}

/** Whether a pod takes requests. */
export function isReady(pod: Live): boolean {
  return conditionOf(pod, "Ready") !== undefined && pod.metadata.deletionTimestamp === undefined;
}

function countsOf(live: Live, pods: readonly Live[]): Fields {
  const ready = pods.filter(isReady).length;
  const { generation } = live.metadata;
  return { observedGeneration: generation, replicas: pods.length, readyReplicas: ready, availableReplicas: ready };
}

function revisionOf(live: Live): string {
  return digest(at(live, "spec", "template"), 8);
}

function makePod(live: Live, world: World, name: string, more: Fields = {}): void {
  if (refusalOf(live) !== undefined) return;
  const { apiVersion, kind, metadata } = live;
  const claims = listAt(live, "spec", "volumeClaimTemplates").map((template) => {
    const volume = textAt(template, "metadata", "name") ?? "";
    return { name: volume, persistentVolumeClaim: { claimName: `${volume}-${name}` } };
  });
  const template = mapAt(live, "spec", "template");
  const spec = mapAt(template, "spec");
  make(
    world,
    podKind,
    {
      name,
      namespace: metadata.namespace,
      labels: { ...mapAt(template, "metadata", "labels"), "pod-template-hash": revisionOf(live) },
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }],
    },
    { spec: { ...spec, ...more, volumes: [...listAt(spec, "volumes"), ...claims] } },
  );
}

function make(world: World, kind: Kind, metadata: Fields, fields: Fields): void {
  const [name, namespace] = [textAt(metadata, "name") ?? "", textAt(metadata, "namespace")];
  // A pod of a deleted owner may still have the name: once it is gone, its going wakes whoever waits.
  if (world.store.get({ ...kind, namespace, name }) === undefined)
    world.store.create(
      { ...kind, ...fields, metadata: { ...metadata, name, uid: "", resourceVersion: "" } },
      "cluster",
    );
}

function remove(live: Live | undefined, world: World): void {
  if (live !== undefined) world.store.remove(refOf(live), live.metadata.uid);
}

function phaseOf(live: Live | undefined): string | undefined {
  return textAt(live, "status", "phase");
}

/** The status as a controller of the cluster writes it; nothing where it says so already. */
function tell(live: Live, world: World, status: Fields): void {
  const now = world.store.get(refOf(live));
  if (isRecord(now)) world.store.edit(refOf(live), (each) => ({ ...each, status }));
}
