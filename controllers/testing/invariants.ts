import { canonical } from "../../operator/digest.ts";
import { at, type Live, mapAt, nameFor, refOf } from "../../operator/object.ts";
import { retainAnnotation } from "../../operator/plan.ts";
import { objectsOf, type Invariant } from "../../operator/testing/play.ts";
import { conditionOf } from "../../operator/verdict.ts";

const isGenerated = ({ kind, metadata }: Live): boolean =>
  kind === "Secret" && metadata.annotations?.[retainAnnotation] === "generated";

/** A value that was made once opens data: it is never made again. */
const generatedStays: Invariant = ({ type, object, before }) =>
  type === "MODIFIED" &&
  before !== undefined &&
  isGenerated(object) &&
  canonical(object["data"]) !== canonical(before["data"])
    ? `${nameFor(refOf(object))} was rewritten`
    : undefined;

/** Kinds of which the operator never takes one away while its Cloud stays as it is. */
const standing: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "Service",
  "PodDisruptionBudget",
  "Registration",
  "PersistentVolumeClaim",
]);

const nothingTaken: Invariant = ({ type, object }, { ours }) => {
  if (!ours || type !== "DELETED") return undefined;
  if (standing.has(object.kind) || object.metadata.annotations?.[retainAnnotation] !== undefined)
    return `${nameFor(refOf(object))} was deleted`;
  return undefined;
};

/** The stages in which what Jobs act on is another. */
const otherInputs: ReadonlySet<string> = new Set(["claim replaced", "deploy"]);

const jobsFinish: Invariant = ({ type, object }, { ours, stage }) => {
  const unfinished = conditionOf(object, "Complete") === undefined && conditionOf(object, "Failed") === undefined;
  return ours && type === "DELETED" && object.kind === "Job" && unfinished && !otherInputs.has(stage)
    ? `${nameFor(refOf(object))} was deleted before it was done`
    : undefined;
};

/** The stages that change pods, and the workloads whose pods they change. */
const templateChanges: Readonly<Record<string, readonly string[]>> = {
  configure: ["keystone-api"],
  shrink: ["keystone-api"],
  "image upgrade": ["keystone-api", "mariadb", "memcached-server", "rabbitmq"],
};

const podsStay: Invariant = ({ type, object, before }, { stage }) => {
  if (type !== "MODIFIED" || !["Deployment", "StatefulSet"].includes(object.kind)) return undefined;
  if (canonical(at(object, "spec", "template")) === canonical(at(before, "spec", "template"))) return undefined;
  return templateChanges[stage]?.includes(object.metadata.name) === true
    ? undefined
    : `the pods of ${nameFor(refOf(object))} were changed`;
};

/** What somebody else undid comes back; nothing else does. */
const undone: ReadonlySet<string> = new Set(["vandals", "edited"]);

/** A workload never returns to what it was before within one stage: who does that acts for a spec that is past. */
function neverBack(): Invariant {
  const were = new Map<string, string[]>();
  return ({ type, object, before }, { stage, ours }) => {
    if (!ours || type !== "MODIFIED" || undone.has(stage)) return undefined;
    if (!["Deployment", "StatefulSet", "Registration"].includes(object.kind)) return undefined;
    const [was, is] = [canonical(before?.["spec"]), canonical(object["spec"])];
    if (was === is) return undefined;
    const key = `${stage} ${object.kind} ${object.metadata.name}`;
    const past = [...(were.get(key) ?? []), was];
    were.set(key, past);
    return past.includes(is) ? `${nameFor(refOf(object))} went back to what it was` : undefined;
  };
}

/** What must be complete before something may be there for the first time. */
const gates: readonly (readonly [string, RegExp, string])[] = [
  ["Deployment", /^keystone-api$/, "keystone-expand-"],
  ["Job", /^keystone-expand-/, "keystone-database-"],
  ["Job", /^keystone-bootstrap-/, "keystone-expand-"],
  ["Registration", /^keystone$/, "keystone-bootstrap-"],
];

const inOrder: Invariant = ({ type, object }, { world, stage }) => {
  // Who deletes a Job and what came after it at once sees the latter come back first: the work was done.
  if (type !== "ADDED" || stage === "vandals") return undefined;
  const gate = gates.find(([kind, name]) => kind === object.kind && name.test(object.metadata.name));
  if (gate === undefined) return undefined;
  const jobs = objectsOf(world, "Job").filter(({ metadata }) => metadata.name.startsWith(gate[2]));
  const complete = jobs.some((job) => conditionOf(job, "Complete") !== undefined);
  return complete ? undefined : `${nameFor(refOf(object))} was made before ${gate[2]}… was complete`;
};

/** Stages in which nobody can expect an answer. */
const dark: ReadonlySet<string> = new Set(["deploy", "delete", "again", "vandals", "claim replaced"]);

const apiStays: Invariant = ({ type, object }, { stage, world }) => {
  if (
    dark.has(stage) ||
    object.kind !== "Pod" ||
    type !== "DELETED" ||
    !object.metadata.name.startsWith("keystone-api-")
  )
    return undefined;
  const left = objectsOf(world, "Pod").filter(
    (pod) => pod.metadata.name.startsWith("keystone-api-") && conditionOf(pod, "Ready") !== undefined,
  );
  return left.length > 0 ? undefined : "no pod of keystone-api is left";
};

/** No value of a Secret is anywhere but in a Secret. */
function secretsStaySecret(): Invariant {
  const values = new Set<string>();
  return ({ object }) => {
    if (object.kind === "Secret") {
      if (!isGenerated(object)) return undefined;
      for (const value of Object.values(mapAt(object, "data"))) {
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

/** What holds at every version, whatever fails. */
export const cloudInvariants = (): readonly Invariant[] => [
  neverBack(),
  ...[generatedStays, nothingTaken, jobsFinish, podsStay, inOrder, apiStays, ownedOnce, ownedAtAll],
  secretsStaySecret(),
];
