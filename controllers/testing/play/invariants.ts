import { canonical } from "../../../operator/digest.ts";
import { at, controllerOf, type Live, listAt, mapAt, nameFor, refOf, textAt } from "../../../operator/object.ts";
import { retainAnnotation } from "../../../operator/plan.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Invariant } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import type { ServiceDefinition } from "../../services/define.ts";
import { rollingWorkloadsOf, workloadsOf } from "../../services/workloads.ts";
import { versionLabel } from "../../services/running.ts";
import { hostIn } from "./keystone.ts";

const isGenerated = ({ kind, metadata }: Live): boolean =>
  kind === "Secret" && metadata.annotations?.[retainAnnotation] === "generated";

/** A value that was made once opens data: it is never made again. Keys of a ring may move on, by one, in a stage that says so. */
const generatedStays: Invariant = ({ type, object, before }, { stage }) => {
  if (type !== "MODIFIED" || before === undefined || !isGenerated(object)) return undefined;
  const [was, is] = [mapAt(before, "data"), mapAt(object, "data")];
  if (canonical(is) === canonical(was) || (stage === "rotate" && movedOn(was, is))) return undefined;
  return `${nameFor(refOf(object))} was rewritten`;
};

type Fields = Readonly<Record<string, unknown>>;

/** Whether what was next is in use, what was in use is kept, and nothing else is new but one. */
function movedOn(was: Fields, is: Fields): boolean {
  const inUse = (keys: Fields): unknown => keys[String(Math.max(...Object.keys(keys).map(Number)))];
  const news = Object.values(is).filter((key) => !Object.values(was).includes(key));
  return inUse(is) === was["0"] && Object.values(is).includes(inUse(was)) && news.length === 1 && is["0"] === news[0];
}

/** The kinds by which services run, and what stands under them. */
const runners: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);
const runnersIn = (world: World): Live[] => [...runners].flatMap((kind) => objectsOf(world, kind));

/** Kinds of which the operator never takes one away while that for which it was made stays as it is. */
const standing: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "Service",
  "PodDisruptionBudget",
  "Registration",
  "PersistentVolumeClaim",
]);

const nothingTaken: Invariant = ({ type, object }, { ours, world }) => {
  if (!ours || type !== "DELETED" || isGoing(controllerOf(object)?.uid, world)) return undefined;
  if (standing.has(object.kind) || object.metadata.annotations?.[retainAnnotation] !== undefined)
    return `${nameFor(refOf(object))} was deleted`;
  return undefined;
};

/** Whether somebody deleted the object of that uid, which is held until what it stands for is taken down. */
function isGoing(uid: string | undefined, world: World): boolean {
  const owner = world.store.history.all().find(({ metadata }) => metadata.uid === uid);
  return owner?.metadata.deletionTimestamp !== undefined;
}

/** The stages in which what Jobs act on is another. */
const otherInputs: ReadonlySet<string> = new Set(["claim replaced", "host changed", "deploy"]);

const jobsFinish: Invariant = ({ type, object }, { ours, stage }) => {
  const unfinished = conditionOf(object, "Complete") === undefined && conditionOf(object, "Failed") === undefined;
  return ours && type === "DELETED" && object.kind === "Job" && unfinished && !otherInputs.has(stage)
    ? `${nameFor(refOf(object))} was deleted before it was done`
    : undefined;
};

/** The stages that change the pods of services; one changes all others too. */
const servicesChange: ReadonlySet<string> = new Set(["configure", "shrink", "release", "host changed"]);
const everythingChanges = /^(image upgrade|rotate|mutated \d+|returned \d+)$/;

/** The pods of a workload, but for what they were told of cells when they started: that is another when there are more. */
function templateOf(live: Live | undefined): unknown {
  const template = mapAt(live, "spec", "template");
  const { "nephos.dev/cells": _, ...annotations } = mapAt(template, "metadata", "annotations");
  return { ...template, metadata: { ...mapAt(template, "metadata"), annotations } };
}

/** What changes in a stage besides services. */
const movedBeside: Readonly<Record<string, string>> = {
  "host changed": "memcached-server",
  "cell changed": "nova-cell1-",
};

function podsStay(workloads: ReadonlySet<string>): Invariant {
  return ({ type, object, before }, { stage }) => {
    if (type !== "MODIFIED" || !runners.has(object.kind)) return undefined;
    if (canonical(templateOf(object)) === canonical(templateOf(before))) return undefined;
    const moved = object.metadata.name.startsWith(movedBeside[stage] ?? "nothing");
    const may =
      moved || everythingChanges.test(stage) || (servicesChange.has(stage) && workloads.has(object.metadata.name));
    return may ? undefined : `the pods of ${nameFor(refOf(object))} were changed`;
  };
}

/** What somebody else undid comes back; nothing else does. */
const undone: ReadonlySet<string> = new Set(["vandals", "edited"]);

/** A workload never returns to what it was before within one stage: who does that acts for a spec that is past. */
function neverBack(): Invariant {
  const were = new Map<string, string[]>();
  return ({ type, object, before }, { stage, ours }) => {
    if (!ours || type !== "MODIFIED" || undone.has(stage)) return undefined;
    if (!(runners.has(object.kind) || object.kind === "Registration")) return undefined;
    const [was, is] = [canonical(before?.["spec"]), canonical(object["spec"])];
    if (was === is) return undefined;
    const key = `${stage} ${object.kind} ${object.metadata.name}`;
    const past = [...(were.get(key) ?? []), was];
    were.set(key, past);
    return past.includes(is) ? `${nameFor(refOf(object))} went back to what it was` : undefined;
  };
}

const jobsNamed = (world: World, prefix: string): Live[] =>
  objectsOf(world, "Job").filter(({ metadata }) => metadata.name.startsWith(prefix));
const isComplete = (job: Live): boolean => conditionOf(job, "Complete") !== undefined;

/** What must be complete before something of a service may be there for the first time. */
function gatesOf({ name, setup }: ServiceDefinition): (readonly [kind: string, prefix: string, gate: string])[] {
  return [
    ["Deployment", `${name}-`, `${name}-expand-`],
    ["StatefulSet", `${name}-`, `${name}-expand-`],
    ["Job", `${name}-expand-`, `${name}-database-`],
    ...setup.map((each) => ["Job", `${name}-${each.name}-`, `${name}-expand-`] as const),
    ...setup.map((each) => ["Registration", name, `${name}-${each.name}-`] as const),
  ];
}

/** Whether somebody else made the databases, and their accounts. */
function databasesAreGiven(world: World): boolean {
  return objectsOf(world, "Cloud").some(
    (cloud) => textAt(cloud, "spec", "database", "external", "access", "type") === "Accounts",
  );
}

function inOrder(services: readonly ServiceDefinition[]): Invariant {
  const gates = services.flatMap(gatesOf);
  return ({ type, object }, { world, stage }) => {
    // Who deletes a Job and what came after it at once sees the latter come back first: the work was done.
    if (type !== "ADDED" || stage === "vandals") return undefined;
    const closed = gates
      .filter(([kind, prefix]) => kind === object.kind && object.metadata.name.startsWith(prefix))
      .filter(([, , gate]) => !gate.endsWith("-database-") || !databasesAreGiven(world))
      .find(([, , gate]) => !jobsNamed(world, gate).some(isComplete));
    return closed === undefined ? undefined : `${nameFor(refOf(object))} was made before ${closed[2]}… was complete`;
  };
}

const imagesOf = (owner: Live): string[] =>
  listAt(owner, "spec", "template", "spec", "containers").map((each) => textAt(each, "image") ?? "");
const isOf = (release: string, owner: Live): boolean => imagesOf(owner).some((image) => image.endsWith(`:${release}`));
const releaseOf = (live: Live | undefined): string | undefined => live?.metadata.labels?.[versionLabel];

/** A workload goes to a release when all schemas are ready for it, after the services it stands on, and never back. */
function releasesInOrder(services: readonly ServiceDefinition[]): Invariant {
  const expandsLeft = (world: World, release: string): string | undefined =>
    services.find(
      ({ name, upgrade }) =>
        jobsNamed(world, `${name}-expand-`).filter((job) => isOf(release, job) && isComplete(job)).length <
        upgrade.before.length,
    )?.name;
  const behind = (world: World, release: string, names: readonly string[]): string | undefined =>
    runnersIn(world).find(
      (live) =>
        names.some((name) => live.metadata.name.startsWith(`${name}-`)) &&
        (releaseOf(live) !== release || !replaced(live)),
    )?.metadata.name;
  const tooEarly = (object: Live, is: string, world: World): string | undefined => {
    const service = services.find(({ name }) => object.metadata.name.startsWith(`${name}-`));
    const late = expandsLeft(world, is);
    const first = behind(world, is, service?.after ?? []);
    if (late !== undefined) return `before the schema of ${late} was ready`;
    return first === undefined ? undefined : `before ${first} had`;
  };
  return ({ type, object, before }, { world }) => {
    const [was, is] = [releaseOf(before), releaseOf(object)];
    if (!runners.has(object.kind) || type !== "MODIFIED" || was === undefined || was === is) return undefined;
    if (is === undefined || is < was) return `${nameFor(refOf(object))} went from ${was} back to ${String(is)}`;
    const early = tooEarly(object, is, world);
    return early === undefined ? undefined : `${nameFor(refOf(object))} went to ${is} ${early}`;
  };
}

/** The pods of a service go to another database when its schema is ready there. */
const databasesReady: Invariant = ({ type, object, before }, { world }) => {
  if (type !== "MODIFIED" || !runners.has(object.kind)) return undefined;
  const podOf = (live: Live | undefined): unknown => at(live, "spec", "template", "spec");
  const host = hostIn(world, podOf(object));
  if (host === undefined || host === hostIn(world, podOf(before))) return undefined;
  const service = object.metadata.name.split("-")[0] ?? "";
  const ready = jobsNamed(world, `${service}-expand-`).some(
    (job) => isComplete(job) && hostIn(world, podOf(job)) === host,
  );
  return ready ? undefined : `${nameFor(refOf(object))} went to ${host} before its schema was ready there`;
};

/** Whether every replica is of what is wanted now. */
function replaced(live: Live): boolean {
  const status = mapAt(live, "status");
  return status["updatedReplicas"] === status["replicas"];
}

/** What only the new release can read comes when nothing of the old one is left. */
const contractsLast: Invariant = ({ type, object }, { world }) => {
  const [release] = imagesOf(object).map((image) => image.split(":").at(-1) ?? "");
  if (type !== "ADDED" || object.kind !== "Job" || release === undefined) return undefined;
  if (object.metadata.labels?.["app.kubernetes.io/component"] !== "contract") return undefined;
  const old = runnersIn(world).find((live) => ![undefined, release].includes(releaseOf(live)));
  const pod = objectsOf(world, "Pod").find((each) =>
    listAt(each, "spec", "containers").some(
      (container) =>
        /:2\d{3}\.\d$/.test(textAt(container, "image") ?? "") &&
        !(textAt(container, "image") ?? "").endsWith(`:${release}`),
    ),
  );
  const left = old ?? pod;
  return left === undefined
    ? undefined
    : `${nameFor(refOf(object))} was made while ${nameFor(refOf(left))} is of another release`;
};

/** Stages in which nobody can expect an answer. */
const dark: ReadonlySet<string> = new Set(["deploy", "delete", "again", "vandals", "claim replaced"]);

function apisStay(workloads: ReadonlySet<string>): Invariant {
  return ({ type, object }, { stage, world }) => {
    if (dark.has(stage) || object.kind !== "Pod" || type !== "DELETED") return undefined;
    const workload = [...workloads].find((name) => object.metadata.name.startsWith(`${name}-`));
    if (workload === undefined) return undefined;
    const left = objectsOf(world, "Pod").filter(
      (pod) => pod.metadata.name.startsWith(`${workload}-`) && conditionOf(pod, "Ready") !== undefined,
    );
    return left.length > 0 ? undefined : `no pod of ${workload} is left`;
  };
}

/** No value of a Secret is anywhere but in a Secret. */
function secretsStaySecret(): Invariant {
  const values = new Set<string>();
  return ({ object }) => {
    if (object.kind === "Secret") {
      const { "tls.crt": _public, ...data } = mapAt(object, "data");
      if (!isGenerated(object) && !("tls.key" in data)) return undefined;
      for (const value of Object.values(data)) {
        values.add(String(value));
        values.add(Buffer.from(String(value), "base64").toString("utf8"));
      }
      return undefined;
    }
    const text = JSON.stringify(object);
    return [...values].some((value) => value.length >= 8 && text.includes(value))
      ? `${nameFor(refOf(object))} holds the value of a Secret`
      : undefined;
  };
}

const ownedOnce: Invariant = ({ object }) => {
  const owners = (object.metadata.ownerReferences ?? []).filter(({ controller }) => controller === true);
  return owners.length > 1 ? `${nameFor(refOf(object))} has ${owners.length} controllers` : undefined;
};

/** Everything that the operator makes and does not keep for good goes with its Cloud. */
const ownedAtAll: Invariant = ({ type, object }, { ours }) =>
  ours &&
  type === "ADDED" &&
  object.metadata.annotations?.[retainAnnotation] === undefined &&
  (object.metadata.ownerReferences ?? []).length === 0
    ? `${nameFor(refOf(object))} has no owner`
    : undefined;

/** What holds at every version, whatever fails, for a Cloud of these services. */
export function cloudInvariants(services: readonly ServiceDefinition[]): readonly Invariant[] {
  const workloads = new Set(workloadsOf(services));
  const rolling = new Set(rollingWorkloadsOf(services));
  return [
    ...[neverBack(), secretsStaySecret()],
    ...[inOrder(services), releasesInOrder(services), contractsLast, podsStay(workloads), apisStay(rolling)],
    ...[generatedStays, nothingTaken, jobsFinish, ownedOnce, ownedAtAll, databasesReady],
  ];
}
