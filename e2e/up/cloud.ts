import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type Condition } from "../../operator/conditions.ts";
import { listAt, numberAt, textAt } from "../../operator/object.ts";
import { PartFailed } from "../lab/failure.ts";
import { kubectlJson, type Target } from "../lab/kubectl.ts";
import { stillMissing } from "../lab/patience.ts";
import { linesOf } from "./look.ts";

type Log = (line: string) => void;

/** A Cloud by name. */
export interface CloudRef {
  readonly namespace: string;
  readonly name: string;
}

/** The Cloud that a manifest file describes, and the release it asks for; throws where the file cannot be read. */
export function cloudIn(file: string): CloudRef & { readonly release: string } {
  const manifest: unknown = parse(readFileSync(file, "utf8"));
  return {
    namespace: textAt(manifest, "metadata", "namespace") ?? "default",
    name: textAt(manifest, "metadata", "name") ?? "",
    release: textAt(manifest, "spec", "release") ?? "",
  };
}

const patienceInSeconds = 600;

/**
 * Applies a Cloud, and what it needs before it, and tells each step as it comes, until the Cloud is Ready for what was applied. Rejects with PartFailed, and the
 * last lines of operator, pods and events, when the Cloud is Stalled or not Ready in time.
 */
export async function rollOut(target: Target, file: string, needed: readonly string[], log: Log): Promise<void> {
  const apply = (each: string): Promise<unknown> =>
    kubectlJson(target, ["apply", "--server-side", "--field-manager=nephos-up", "-f", each]);
  await Promise.all(needed.map(apply));
  const applied = await apply(file);
  const generation = numberAt(applied, "metadata", "generation") ?? 0;
  const cloud = cloudIn(file);
  const said = new Map<string, string>();
  const missing = await stillMissing(patienceInSeconds, async () => {
    const live = await kubectlJson(target, ["get", "cloud", cloud.name, "-n", cloud.namespace]);
    tellSteps(live, said, log);
    const ready = conditionIn(live, "Ready");
    if (ready?.status === "True" && ready.observedGeneration >= generation) return undefined;
    const stalled = conditionIn(live, "Stalled");
    if (stalled !== undefined) throw await failure(target, cloud, stalled.message);
    return ready?.message ?? "no status";
  });
  if (missing !== undefined) throw await failure(target, cloud, `not ready after ${patienceInSeconds} s: ${missing}`);
}

function tellSteps(cloud: unknown, said: Map<string, string>, log: Log): void {
  const steps = listAt(cloud, "status", "steps");
  for (const step of steps) {
    const [name, state] = [textAt(step, "name") ?? "", textAt(step, "state") ?? ""];
    if (said.get(name) === state) continue;
    said.set(name, state);
    const message = textAt(step, "message");
    log(
      `${textAt(cloud, "status", "progress") ?? ""} ${name}: ${state.toLowerCase()}${message === undefined ? "" : ` (${message})`}`,
    );
  }
}

/** The failure with the last lines of what did not come up. */
async function failure(target: Target, { namespace, name }: CloudRef, problem: string): Promise<PartFailed> {
  const operator = await linesOf(target, ["logs", "-n", "nephos-system", "deployment/nephos", "--tail=10"]);
  const pods = await linesOf(target, ["get", "pods", "-n", namespace]);
  const events = await linesOf(target, [
    "get",
    "events",
    "-n",
    namespace,
    "--field-selector=type=Warning",
    "--sort-by=.lastTimestamp",
  ]);
  const hint = `eval "$(make env)"; kubectl -n ${namespace} describe cloud ${name}; kubectl -n ${namespace} get pods`;
  return new PartFailed(`cloud ${name}`, problem, [...operator, ...pods, ...events.slice(-10)], hint);
}

/** The condition of a type; undefined where there is none. */
export function conditionIn(live: unknown, type: string): Condition | undefined {
  const found = listAt(live, "status", "conditions").find((entry) => textAt(entry, "type") === type);
  if (found === undefined) return undefined;
  const status = textAt(found, "status") === "True" ? "True" : "False";
  const observedGeneration = numberAt(found, "observedGeneration") ?? 0;
  return {
    type,
    status,
    reason: textAt(found, "reason") ?? "",
    message: textAt(found, "message") ?? "",
    observedGeneration,
  };
}
