import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import { mapAt, type Manifest, textAt } from "../../operator/object.ts";
import { retainAnnotation, type Snapshot, type Step } from "../../operator/plan.ts";
import { type SecretRecipe, secretRef } from "../../operator/recipe.ts";
import type { Verdict } from "../../operator/verdict.ts";
import type { ServiceContext } from "../services/define.ts";

/** Generated Secrets and the data that they belong to. */
export interface Belonging {
  readonly secrets: readonly SecretRecipe[];
  readonly data: Data;
}

/** Data that generated Secrets open. */
export interface Data {
  /** Where it is, for people. */
  readonly where: string;
  /** Which data it is; undefined where nobody can tell yet. */
  readonly incarnation: string | undefined;
  /** Whether there may be something that a Secret opens. */
  readonly there: boolean;
  /** Whether what was recorded under another incarnation may be this data all the same: what others keep, they may move. */
  readonly movable: boolean;
}

const cloudRecord = "nephos-record";

/** The release that data is of, and the one that it is on its way to where its schema may have been touched for that. */
export interface Installed {
  readonly release: string;
  readonly next?: string;
}

/**
 * What stands beside the retained data and outlives the Cloud: the release that the data is of, and for every generated Secret
 * the incarnation of the data that it belongs to. It names the new release when all steps of `after` are done, and until then that
 * the data is on its way there.
 */
export function recordStep(
  context: ServiceContext,
  belongings: readonly Belonging[],
  seen: Snapshot,
  after: readonly string[],
): Step {
  const { namespace, release } = context;
  const before = installed(seen, namespace)?.release ?? release;
  const secrets = entriesOf(belongings, seen, namespace, cloudRecord);
  return {
    name: "cloud/record",
    after,
    objects: [record(cloudRecord, { release }, secrets)],
    meanwhile: [record(cloudRecord, before === release ? { release } : { release: before, next: release }, secrets)],
  };
}

/**
 * What stands beside the data of a part of a cloud that is an object of its own: which of its generated Secrets open what, and facts, which
 * are kept while they are undefined.
 */
export function partRecord(
  name: string,
  belongings: readonly Belonging[],
  facts: Readonly<Record<string, string | undefined>>,
  seen: Snapshot,
  namespace: string,
): IConfigMap & Manifest {
  const before = recorded(seen, namespace, name);
  const known = Object.entries(facts).flatMap(([key, fact]): [string, string][] => {
    const value = fact ?? before[key];
    return typeof value === "string" ? [[key, value]] : [];
  });
  return record(name, {}, [...known, ...entriesOf(belongings, seen, namespace, name)]);
}

function entriesOf(
  belongings: readonly Belonging[],
  seen: Snapshot,
  namespace: string,
  name: string,
): [string, string][] {
  const before = recorded(seen, namespace, name);
  return belongings.flatMap((belonging) => entriesFor(belonging, seen, namespace, before));
}

function entriesFor(
  { secrets, data }: Belonging,
  seen: Snapshot,
  namespace: string,
  before: Readonly<Record<string, unknown>>,
): [string, string][] {
  const { incarnation } = data;
  if (incarnation === undefined) return [];
  return secrets
    .map(({ metadata }) => metadata.name)
    .filter(
      (name) => opens(before[keyOf(name)], data) || (data.there && seen.get(secretRef(namespace, name)) !== undefined),
    )
    .map((name) => [keyOf(name), incarnation]);
}

function record(
  name: string,
  release: Installed | Readonly<Record<string, never>>,
  secrets: readonly (readonly [string, string])[],
): IConfigMap & Manifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, annotations: { [retainAnnotation]: "record" } },
    data: { ...release, ...Object.fromEntries(secrets) },
  };
}

/** What the retained data is of; undefined where there is none yet. */
export function installed(seen: Snapshot, namespace: string): Installed | undefined {
  const data = recorded(seen, namespace);
  const [release, next] = [textAt(data, "release"), textAt(data, "next")];
  return release === undefined ? undefined : { release, ...(next === undefined ? {} : { next }) };
}

/** Why nothing of a step may be written: a Secret of existing data is gone, and a new one would not open it. */
export function heldByLoss(
  belongings: readonly Belonging[],
  seen: Snapshot,
  namespace: string,
  of = cloudRecord,
): (step: Step) => Step {
  const before = recorded(seen, namespace, of);
  const lost = new Map<string, string>();
  for (const { secrets, data } of belongings) {
    for (const { metadata } of secrets) {
      const there = seen.get(secretRef(namespace, metadata.name)) !== undefined;
      if (opens(before[keyOf(metadata.name)], data) && !there) lost.set(metadata.name, data.where);
    }
  }
  return (step) => {
    const name = step.objects.map((object) => object.metadata.name).find((each) => lost.has(each));
    return name === undefined ? step : { ...step, held: lossOf(name, lost.get(name) ?? "") };
  };
}

/** Whether what was recorded for a Secret says that it opens this data. */
function opens(recordedFor: unknown, { incarnation, movable }: Data): boolean {
  if (typeof recordedFor !== "string" || incarnation === undefined) return false;
  return recordedFor === incarnation || (movable && isPlace(recordedFor));
}

/** Told from the uid of a volume by its port. */
function isPlace(incarnation: string): boolean {
  return incarnation.includes(":");
}

function lossOf(secret: string, where: string): Verdict {
  const message = `Secret ${secret} is missing while its data exists ${where}; restore the Secret from a backup, nothing is generated anew over existing data`;
  return { is: "blocked", reason: "SecretMissing", message };
}

function recorded(seen: Snapshot, namespace: string, name = cloudRecord): Readonly<Record<string, unknown>> {
  return mapAt(seen.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name }), "data");
}

function keyOf(secret: string): string {
  return `secret.${secret}`;
}
