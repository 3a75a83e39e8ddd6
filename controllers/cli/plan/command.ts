import { parseArgs } from "node:util";
import type { Client } from "../../../operator/client.ts";
import type { Controller } from "../../../operator/controller.ts";
import type { Plan } from "../../../operator/plan.ts";
import { planners } from "../planners.ts";
import { seenIn } from "../looks.ts";
import { environmentOf, operatorsIn, watches } from "../operators.ts";
import {
  clusterHelp,
  clusterOptions,
  type Cluster,
  type Command,
  Misuse,
  type Surroundings,
  withCluster,
} from "../surroundings.ts";
import { clusterPlan, type Planner } from "./cluster-plan.ts";
import { readingOf, type Wish } from "./documents.ts";
import { imaginedWith, node, planIn, type Planned, withWaits } from "./imagined.ts";
import { renderDiff } from "./render-diff.ts";
import { renderPlan } from "./render.ts";
import { subjectOf } from "./subject.ts";

const help = `Shows what a manifest leads to: every step in its order and every object, without a cluster; with --diff
what would change in one. Of Secrets it shows how their values come about, never a value.

Usage: kubectl nephos plan -f FILE [--diff]

  -f, --file FILE        YAML with one or more documents; - is standard input
      --diff             compares with the cluster: + create, ~ change, ± delete and make anew, - remove, ! refused
${clusterHelp}

The documents of a file are seen together: a Cloud with its Network, its cells and pools. Without --diff no cluster is asked, and images are named as NEPHOS_REGISTRY and NEPHOS_IMAGES say (the operator's variables);
with it, as the operator in the cluster has them. The rules of the CRD that compare several fields are the API server's
alone: kubectl apply --dry-run=server asks it.

Exit code: 0 nothing to change, 1 differences (with --diff), 2 the manifest cannot be taken, or something went wrong.
`;

/** What a manifest leads to. */
export const plan: Command = {
  name: "plan",
  summary: "the steps and objects that a manifest leads to, or what it would change in the cluster",
  help,
  run,
};

const refused = 2;

/** Nobody's cluster has a time. */
const imaginedMinute = 0;

async function run(args: readonly string[], at: Surroundings): Promise<number> {
  const options = { ...clusterOptions, file: { type: "string", short: "f" }, diff: { type: "boolean" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.file === undefined || values.file === "")
    throw new Misuse("which manifest? Say -f FILE, or -f - for standard input");
  const { wishes, refusals, notes } = readingOf(await at.read(values.file));
  for (const line of [...notes, ...refusals]) at.say(line);
  if (refusals.length > 0) return refused;
  if (wishes.length === 0) throw new Misuse(`${values.file} has no document of nephos.dev; a Cloud is one`);
  const codes =
    values.diff === true
      ? await withCluster(at, values, (cluster) => compareAll(wishes, values.namespace, cluster, at))
      : showAll(wishes, values.namespace, at);
  return Math.max(...codes);
}

/** A wish in its namespace, with who plans it: nobody, where that takes more than Kubernetes. */
interface Placed {
  readonly wish: Wish;
  readonly namespace: string;
  readonly controller: Controller | undefined;
}

/** The others of the file that are planned in the same namespace. */
function besides(own: Placed, all: readonly Placed[]): (Placed & Planner)[] {
  return all.filter((each) => each !== own && each.namespace === own.namespace).filter(isPlanned);
}

function isPlanned(placed: Placed): placed is Placed & Planner {
  return placed.controller !== undefined;
}

function showAll(wishes: readonly Wish[], asked: string | undefined, at: Surroundings): number[] {
  const placed = wishes.map((wish): Placed => ({
    ...{ wish, controller: controllerOf(wish, at.env) },
    namespace: namespaceOf(wish, asked, undefined),
  }));
  return placed.map((own) => (isPlanned(own) ? show(own, besides(own, placed), at) : unplanned(own.wish, at)));
}

/** A wish as it is once everything is there that the file leads to. */
function show(own: Placed & Planner, others: readonly (Placed & Planner)[], at: Surroundings): number {
  const planned = [own, ...others].map(plannedOf);
  const objects = imaginedWith([node], planned, imaginedMinute);
  const whole = planIn(objects, plannedOf(own), imaginedMinute);
  at.out(renderPlan(titleOf(own.wish), own.namespace, withWaits(whole, objects, plannedOf(own), imaginedMinute)));
  return contradicts(whole) ? refused : 0;
}

function plannedOf({ wish, namespace, controller }: Placed & Planner): Planned {
  return { controller, subject: subjectOf(wish, namespace) };
}

async function compareAll(
  wishes: readonly Wish[],
  asked: string | undefined,
  cluster: Cluster,
  at: Surroundings,
): Promise<number[]> {
  const environments = new Map<string, Promise<NodeJS.ProcessEnv>>();
  const environmentIn = (namespace: string): Promise<NodeJS.ProcessEnv> => {
    const known = environments.get(namespace) ?? operatorEnvironment(cluster.client, namespace, at);
    environments.set(namespace, known);
    return known;
  };
  const placed = await inTurn(wishes, async (wish): Promise<Placed> => {
    const namespace = namespaceOf(wish, asked, cluster.namespace);
    return { wish, namespace, controller: controllerOf(wish, await environmentIn(namespace)) };
  });
  return inTurn(placed, async (own) =>
    isPlanned(own) ? compare(own, besides(own, placed), cluster.client, at) : unplanned(own.wish, at),
  );
}

/** One after the other: their output must not mix. */
async function inTurn<T, R>(members: readonly T[], what: (member: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const member of members) results.push(await what(member));
  return results;
}

async function compare(
  own: Placed & Planner,
  others: readonly (Placed & Planner)[],
  client: Client,
  at: Surroundings,
): Promise<number> {
  const { wish, namespace } = own;
  const found = await clusterPlan(client, namespace, own, others, Math.floor(at.now() / 60_000));
  at.out(renderDiff({ title: titleOf(wish), namespace, plan: found.plan, own: found.own }, found.differences));
  for (const line of found.frozen) at.say(`${wish.title}: ${line}`);
  if (found.frozen.length > 0 || contradicts(found.plan)) return refused;
  return found.own?.length === 0 && found.differences.every(({ what }) => what === "keep") ? 0 : 1;
}

/** The variables of the operator that would carry it out: they say where images come from. */
async function operatorEnvironment(client: Client, namespace: string, at: Surroundings): Promise<NodeJS.ProcessEnv> {
  const operators = seenIn(await operatorsIn(client));
  const operator = operators.find((each) => watches(each, namespace)) ?? operators[0];
  if (operator !== undefined) return environmentOf(operator);
  at.say("no operator is to be seen in the cluster: images are named as its defaults say");
  return at.env;
}

function namespaceOf(wish: Wish, asked: string | undefined, ofContext: string | undefined): string {
  if (asked !== undefined && wish.namespace !== undefined && asked !== wish.namespace)
    throw new Misuse(
      `${wish.title} is for namespace ${wish.namespace}, not ${asked}; leave out --namespace or correct the manifest`,
    );
  return wish.namespace ?? asked ?? ofContext ?? "default";
}

/** The controller of a kind, as far as its plans can be made from Kubernetes alone. */
function controllerOf(wish: Wish, env: NodeJS.ProcessEnv): Controller | undefined {
  return planners(env).find(({ kind }) => kind.kind === wish.definition.kind);
}

function unplanned(wish: Wish, at: Surroundings): number {
  at.say(
    `${wish.title}: is planned from what OpenStack itself says, which this program does not ask; only the document was looked at`,
  );
  return 0;
}

function titleOf({ definition, name }: Wish): string {
  return `${definition.kind} ${name}`;
}

function contradicts({ steps }: Plan): boolean {
  return steps.some(({ held }) => held?.is === "blocked" && held.contradiction === true);
}
