import { parseArgs } from "node:util";
import { ApiError, messageOf } from "../../../operator/outcome.ts";
import { type Paint, paintOf } from "../paint.ts";
import { clusterHelp, clusterOptions, type Cluster, type Command, Misuse, withCluster } from "../surroundings.ts";
import { factsOf } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./findings.ts";

const help = `Says what a cluster has and lacks for Nephos: version, CRDs, operator, namespace, your rights, storage, nodes, pods.
Each line is ok, a warning or an error, the last two with what to do.

Usage: kubectl nephos doctor

  -o, --output FORMAT    json: the findings as one document
${clusterHelp}

It reads, and asks the API server what you may do; the API server keeps nothing of that.
Exit code: 0 without errors, 1 with errors or where the cluster cannot be reached.
`;

/** What a cluster has and lacks for us. */
export const doctor: Command = {
  name: "doctor",
  summary: "what this cluster has and lacks for Nephos, and what to do",
  help,
  run: async (args, at) => {
    const options = { ...clusterOptions, output: { type: "string", short: "o" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    if (values.output !== undefined && values.output !== "json")
      throw new Misuse("the only output besides text is json");
    const findings = await withCluster(at, values, (cluster) => examine(cluster, values.namespace));
    at.out(
      values.output === "json"
        ? `${JSON.stringify({ findings }, undefined, 2)}\n`
        : renderFindings(findings, paintOf(at.terminal, at.env)),
    );
    return findings.some((finding) => finding.is === "error") ? 1 : 0;
  },
};

/** All findings; that the cluster does not answer is one too. */
export async function examine(
  { client, namespace: ofContext }: Cluster,
  asked: string | undefined,
): Promise<Finding[]> {
  try {
    return findingsOf(await factsOf(client, asked ?? ofContext ?? "default"));
  } catch (error) {
    const unknown = error instanceof ApiError && error.status === 401;
    const advice = unknown
      ? "log in again, or take another --context"
      : "see whether kubectl version works with this context";
    return [{ about: "API server", is: "error", message: messageOf(error), advice }];
  }
}

const marks = { ok: ["✓", "good"], warning: ["!", "under way"], error: ["✗", "bad"] } as const;

/** Findings as lines; advice below what it is for. */
export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, is, message, advice }) => {
    const [mark, weight] = marks[is];
    const below = advice === undefined ? [] : [`${" ".repeat(width + 4)}→ ${advice}`];
    return [`${paint(weight, mark)} ${about.padEnd(width)}  ${message}`, ...below];
  });
  const counted = (is: "error" | "warning"): string => {
    const count = findings.filter((finding) => finding.is === is).length;
    return `${count} ${is}${count === 1 ? "" : "s"}`;
  };
  return `${[...lines, `${counted("error")}, ${counted("warning")}`].join("\n")}\n`;
}
