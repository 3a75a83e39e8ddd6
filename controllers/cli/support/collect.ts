import { stringify } from "yaml";
import type { Watched } from "../../../operator/cache.ts";
import { kindKey, type Live, mapAt, textAt } from "../../../operator/object.ts";
import { identity } from "../../../operator/plan.ts";
import { podKind } from "../../../operator/pods.ts";
import { listed } from "../../../operator/watch.ts";
import { listOf, look, seenIn } from "../looks.ts";
import { operatorsIn, podsOfOperator } from "../operators.ts";
import { planners } from "../planners.ts";
import type { Cluster } from "../surroundings.ts";
import type { Entry } from "./archive.ts";
import { logsOf } from "./logs.ts";
import { eventEntries } from "./events.ts";
import { censored, type Sensitive, sensitiveFields, sensitiveIn } from "./redact.ts";

/** What was collected, still with whatever stands in it, and what has to be taken out. */
export interface Collection {
  readonly entries: readonly Entry[];
  readonly sensitive: readonly Sensitive[];
  /** What could not be had, and why. */
  readonly missing: readonly string[];
}

const secretKind: Watched = { apiVersion: "v1", kind: "Secret" };
const eventKind: Watched = { apiVersion: "events.k8s.io/v1", kind: "Event" };

/** Everything of a namespace and of the operator that helps to understand a cloud. Secrets by name, key and size. */
export async function collect(cluster: Cluster, namespace: string): Promise<Collection> {
  const { client } = cluster;
  const missing: string[] = [];
  const list = async <T>(what: string, asked: Promise<T[]>): Promise<readonly T[]> => {
    const found = await look<readonly T[]>(asked, []);
    if (found.is === "refused") missing.push(`${what}: ${found.reason}`);
    return seenIn(found);
  };
  const operators = seenIn(await operatorsIn(client));
  const homes = [...new Set(operators.flatMap(({ metadata }) => metadata.namespace ?? []))];
  const operatorPods = (await Promise.all(operators.map((each) => podsOfOperator(client, each)))).flatMap((found) => [
    ...seenIn(found),
  ]);
  const lists = await Promise.all(
    [...kinds(), eventKind].map((kind) => list(kind.kind, listOf(client, kind, namespace))),
  );
  const far = await Promise.all(homes.map((home) => list(`Event in ${home}`, listOf(client, eventKind, home))));
  // With their values: they are compared with everything, and go no further than this process.
  const secrets = (
    await Promise.all(
      [...new Set([namespace, ...homes])].map((each) => list(`Secret in ${each}`, rawSecrets(cluster, each))),
    )
  ).flat();
  const objects = [...lists.flat().filter(ours), ...far.flat(), ...operators, ...operatorPods].map(withoutNoise);
  const pods = objects.filter((object) => object.kind === "Pod");
  const logs = await Promise.all(pods.map((pod) => logsOf(cluster.transport, pod)));
  return {
    entries: [
      ...objects.filter(({ kind }) => kind !== eventKind.kind).map(entryOf),
      ...eventEntries(objects.filter(({ kind }) => kind === eventKind.kind)),
      secretsEntry(secrets),
      ...logs.flatMap((found) => found.entries),
    ],
    sensitive: [
      ...secrets.flatMap(sensitiveIn),
      ...objects.flatMap((object) => sensitiveFields(object, `${object.kind} ${object.metadata.name}`)),
    ],
    missing: [...missing.sort(), ...logs.flatMap((found) => found.missing)],
  };
}

async function rawSecrets({ client }: Cluster, namespace: string): Promise<Live[]> {
  return (await listed(client, secretKind, { namespace }, (secret) => secret)).items;
}

/** What the controllers look at, but for Secrets. */
function kinds(): Watched[] {
  const all = planners({}).flatMap(({ kind, reads, owns }) => [kind, ...reads, ...owns]);
  return [...new Map([...all, podKind].map((kind) => [kindKey(kind), kind])).values()].filter(
    ({ kind }) => kind !== secretKind.kind,
  );
}

/** Configuration of others is none of our business; pods, volumes, nodes and events say how it goes. */
function ours(object: Live): boolean {
  const free = ["Pod", "PersistentVolumeClaim", "Node", "Event"].includes(object.kind);
  return (
    free || object.apiVersion.startsWith("nephos.dev/") || object.metadata.labels?.[identity.managedBy] === "nephos"
  );
}

/** A node's list of images is long and says nothing about a cloud. */
function withoutNoise(object: Live): Live {
  if (object.kind !== "Node") return object;
  const { images: _images, ...status } = mapAt(object, "status");
  return { ...object, status };
}

function entryOf(object: Live): Entry {
  const { namespace = "cluster", name } = object.metadata;
  return { path: `objects/${namespace}/${object.kind}/${name}.yaml`, text: yaml(censored(object)) };
}

function secretsEntry(secrets: readonly Live[]): Entry {
  const shown = secrets.map((secret) => ({
    namespace: secret.metadata.namespace,
    name: secret.metadata.name,
    type: textAt(secret, "type"),
    labels: secret.metadata.labels ?? {},
    keys: Object.entries(mapAt(secret, "data")).map(([key, value]) => ({
      key,
      bytes: Buffer.from(String(value), "base64").length,
    })),
  }));
  return { path: "secrets.yaml", text: yaml(shown) };
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
