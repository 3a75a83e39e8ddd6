import { at, isRecord, listAt, type Live, numberAt, textAt } from "../../../operator/object.ts";
import { messageOf } from "../../../operator/outcome.ts";
import type { Transport } from "../../../operator/transport.ts";
import type { Entry } from "./archive.ts";

/** Logs that were had, and those that were not, with the reason. */
export interface Logs {
  readonly entries: readonly Entry[];
  readonly missing: readonly string[];
}

const lastLines = "1000";
const patienceInMilliseconds = 30_000;

interface Stretch {
  readonly container: string;
  /** Of the container that ran before this one. */
  readonly previous: boolean;
}

/** The last lines of every container of a pod, and of the one before where it was restarted. */
export async function logsOf(transport: Transport, pod: Live): Promise<Logs> {
  const found = await Promise.all(stretchesOf(pod).map((stretch) => logOf(transport, pod, stretch)));
  return { entries: found.flatMap(({ entries }) => entries), missing: found.flatMap(({ missing }) => missing) };
}

function stretchesOf(pod: Live): Stretch[] {
  return ["initContainerStatuses", "containerStatuses"]
    .flatMap((field) => listAt(pod, "status", field))
    .flatMap((status): Stretch[] => {
      const container = textAt(status, "name") ?? "";
      const begun = !isRecord(at(status, "state", "waiting"));
      const before = (numberAt(status, "restartCount") ?? 0) > 0;
      return [...(begun ? [{ container, previous: false }] : []), ...(before ? [{ container, previous: true }] : [])];
    });
}

async function logOf(transport: Transport, { metadata }: Live, { container, previous }: Stretch): Promise<Logs> {
  const { namespace = "", name } = metadata;
  const place = `${namespace}/${name}/${container}${previous ? ".previous" : ""}`;
  const query = { container, tailLines: lastLines, timestamps: "true", ...(previous ? { previous: "true" } : {}) };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  const lines: string[] = [];
  try {
    const signal = AbortSignal.timeout(patienceInMilliseconds);
    for await (const line of transport.lines({ method: "GET", path, query }, signal)) lines.push(line);
  } catch (error) {
    return { entries: [], missing: [`log of ${place}: ${messageOf(error)}`] };
  }
  const refusal = refusalIn(lines);
  if (refusal !== undefined) return { entries: [], missing: [`log of ${place}: ${refusal}`] };
  return { entries: [{ path: `logs/${place}.log`, text: `${lines.join("\n")}\n` }], missing: [] };
}

/** The transport gives a refusal as the one line that a refused watch has. */
function refusalIn(lines: readonly string[]): string | undefined {
  const [line = ""] = lines;
  if (lines.length !== 1 || !line.startsWith('{"type":"ERROR"')) return undefined;
  const status: unknown = JSON.parse(line);
  return textAt(status, "object", "message") ?? "refused";
}
