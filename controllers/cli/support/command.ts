import { parseArgs } from "node:util";
import { kinds } from "../../../crds/index.ts";
import { examine, renderFindings } from "../doctor/command.ts";
import { listOf, look, seenIn } from "../looks.ts";
import { plain } from "../paint.ts";
import { reportOf } from "../status/report.ts";
import { renderTree } from "../status/tree.ts";
import {
  clusterHelp,
  clusterOptions,
  type Cluster,
  type Command,
  type Surroundings,
  withCluster,
} from "../surroundings.ts";
import { archiveOf, type Entry } from "./archive.ts";
import { collect } from "./collect.ts";
import { redactor } from "./redact.ts";

const help = `Packs what helps to understand a cloud into one file, for a report: our objects, the pods and volumes of the namespace,
events, logs (the last 1000 lines of each container), the operator's too, nodes, versions, status, doctor. Of Secrets it holds names, keys and sizes; values of
the Secrets that you may read are looked for in all of it and taken out, as is what looks like a password or a token.
Read it before you send it: what you may not read, it cannot look for.

Usage: kubectl nephos support [-o FILE]

  -o, --output FILE      default: nephos-support-NAMESPACE-TIME.tar.gz
${clusterHelp}

Exit code: 0, or 1 where the cluster cannot be asked.
`;

/** A redacted bundle for a report. */
export const support: Command = {
  name: "support",
  summary: "a file for a report, without secrets",
  help,
  run: async (args, at) => {
    const options = { ...clusterOptions, output: { type: "string", short: "o" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return withCluster(at, values, (cluster) =>
      pack(cluster, values.namespace ?? cluster.namespace ?? "default", values.output, at),
    );
  },
};

async function pack(
  cluster: Cluster,
  namespace: string,
  output: string | undefined,
  at: Surroundings,
): Promise<number> {
  const now = new Date(at.now());
  const { entries, sensitive, missing } = await collect(cluster, namespace);
  const redact = redactor(sensitive);
  const all = [...entries, ...(await overview(cluster, namespace, missing, at))];
  const folder = `nephos-support-${namespace}-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
  const file = output ?? `${folder}.tar.gz`;
  // Paths too: a pod may be called anything.
  const clean = all.map(({ path, text }) => ({ path: redact(path), text: redact(text) }));
  const content = await archiveOf(folder, clean, now);
  await at.write(file, content);
  for (const line of missing) at.say(`left out: ${line}`);
  at.out(`${file}: ${clean.length} files, ${(content.length / 1024).toFixed(0)} KiB. Read it before you send it.\n`);
  return 0;
}

async function overview(
  cluster: Cluster,
  namespace: string,
  missing: readonly string[],
  at: Surroundings,
): Promise<Entry[]> {
  const lists = await Promise.all(
    kinds.map(({ group, version, kind }) =>
      look(listOf(cluster.client, { apiVersion: `${group}/${version}`, kind }, namespace), []),
    ),
  );
  const reports = lists.flatMap((found) => [...seenIn(found)]).map(reportOf);
  const versions = {
    "kubectl-nephos": at.version,
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
    kubernetes: await cluster.client.raw({ method: "GET", path: "/version" }).catch(String),
  };
  return [
    { path: "versions.json", text: `${JSON.stringify(versions, undefined, 2)}\n` },
    { path: "status.txt", text: renderTree(reports, at.now(), plain) },
    { path: "doctor.txt", text: renderFindings(await examine(cluster, namespace), plain) },
    { path: "left-out.txt", text: missing.map((line) => `${line}\n`).join("") },
  ];
}
