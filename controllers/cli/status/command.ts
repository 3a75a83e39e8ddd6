import { parseArgs } from "node:util";
import type { Client } from "../../../operator/client.ts";
import { kinds } from "../../../crds/index.ts";
import { messageOf, UnknownKind } from "../../../operator/outcome.ts";
import { listOf } from "../looks.ts";
import { paintOf } from "../paint.ts";
import { clusterHelp, clusterOptions, type Command, Misuse, type Surroundings, withCluster } from "../surroundings.ts";
import { type Report, reportOf } from "./report.ts";
import { newsOf, renderTree } from "./tree.ts";

const help = `Shows the Clouds of a namespace as trees: state, release, reason, and each step with what it waits for; then what
belongs to them: cells, pools and their hosts, networks, and what Keystone should know (Registrations).

Usage: kubectl nephos status [NAME] [--watch]

  NAME                   only the Cloud of that name, with what belongs to it
  -A, --all-namespaces   of all namespaces
  -w, --watch            goes on until interrupted: drawn anew on a terminal, else a line for each change
  -o, --output FORMAT    json: everything as one document
${clusterHelp}

Exit code: 0, or 1 where there is no such Cloud or the cluster cannot be asked.
`;

/** What Clouds say of themselves. */
export const status: Command = {
  name: "status",
  summary: "a tree of every Cloud: its steps, their states and reasons",
  help,
  run,
};

interface Question {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const everyMilliseconds = 2000;

async function run(args: readonly string[], at: Surroundings): Promise<number> {
  const options = {
    ...clusterOptions,
    "all-namespaces": { type: "boolean", short: "A" },
    watch: { type: "boolean", short: "w" },
    output: { type: "string", short: "o" },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [name, ...more] = positionals;
  if (more.length > 0) throw new Misuse("one name at most; leave it out to see all Clouds");
  if (values.output !== undefined && values.output !== "json") throw new Misuse("the only output besides text is json");
  if (values.output === "json" && values.watch === true)
    throw new Misuse("--watch writes no json; leave one of them out");
  return withCluster(at, values, async ({ client, namespace: ofContext }) => {
    const namespace = values["all-namespaces"] === true ? undefined : (values.namespace ?? ofContext ?? "default");
    const ask = (): Promise<Report[]> => answer(client, { namespace, name });
    if (values.watch === true) return watch(ask, at);
    const reports = await ask();
    at.out(
      values.output === "json" ? `${JSON.stringify({ items: reports }, undefined, 2)}\n` : tree(reports, namespace, at),
    );
    return 0;
  });
}

function tree(reports: readonly Report[], namespace: string | undefined, at: Surroundings): string {
  const where = namespace === undefined ? "in this cluster" : `in namespace ${namespace}`;
  return reports.length === 0
    ? `there is no Cloud ${where}\n`
    : renderTree(reports, at.now(), paintOf(at.terminal, at.env));
}

/** Our objects, the Clouds first. A cluster without our kinds has none. */
async function answer(client: Client, { namespace, name }: Question): Promise<Report[]> {
  const lists = kinds.map(async ({ group, version, kind }) => {
    try {
      return await listOf(client, { apiVersion: `${group}/${version}`, kind }, namespace);
    } catch (error) {
      if (!(error instanceof UnknownKind)) throw error;
      // An operator of before may not know all kinds of today.
      if (kind !== "Cloud") return [];
      const advice = "Nephos is not installed; kubectl nephos doctor tells what is missing";
      throw new Error(`${error.message}: ${advice}`, { cause: error });
    }
  });
  const objects = (await Promise.all(lists)).flat();
  const cloud = objects.find((each) => each.kind === "Cloud" && each.metadata.name === name);
  if (name === undefined) return objects.map(reportOf);
  if (cloud === undefined)
    throw new Error(`there is no Cloud ${name}${namespace === undefined ? "" : ` in namespace ${namespace}`}`);
  // There is one Cloud in a namespace: all else there is its.
  const own = objects.filter(
    ({ kind, metadata }) => kind !== "Cloud" && metadata.namespace === cloud.metadata.namespace,
  );
  return [cloud, ...own].map(reportOf);
}

const home = "\u001B[H\u001B[2J";

/** Asks again and again until interrupted; an answer that fails to come after the first is told, and asked for again. */
async function watch(ask: () => Promise<Report[]>, at: Surroundings): Promise<number> {
  let before: readonly Report[] = [];
  for (let round = 0; !at.signal.aborted; round++) {
    const reports = await ask().catch((error: unknown) => {
      if (round === 0) throw error;
      at.say(messageOf(error));
      return before;
    });
    if (at.terminal) at.out(`${home}${renderTree(reports, at.now(), paintOf(true, at.env))}`);
    else for (const line of newsOf(before, reports, new Date(at.now()).toISOString())) at.out(`${line}\n`);
    before = reports;
    await at.sleep(everyMilliseconds).catch(() => undefined);
  }
  return 0;
}
