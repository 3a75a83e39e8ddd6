import { canonical } from "../../digest.ts";
import { at, kindKey, type Live, listAt, mapAt, numberAt, textAt } from "../../object.ts";
import type { Answer } from "../../transport.ts";

/** A refusal as the API server words it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** The answer that a refusal leads to. */
export function answerOf({ status, reason, message }: Refusal): Answer {
  return { status, retryAfterInSeconds: undefined, body: statusOf(status, reason, message) };
}

/** A Status object, as refusals carry it. */
export function statusOf(code: number, reason: string, message: string): Readonly<Record<string, unknown>> {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

export const notFound = (what: string): Refusal => new Refusal(404, "NotFound", `${what} not found`);
export const conflict = (message: string): Refusal => new Refusal(409, "Conflict", message);
export const invalid = (message: string): Refusal => new Refusal(422, "Invalid", message);

/** Parts of a spec that never change; of a StatefulSet all but these. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/Deployment": ["selector"],
  "apps/v1/DaemonSet": ["selector"],
  "batch/v1/Job": ["selector", "template", "completions", "completionMode"],
};
const changeable: ReadonlySet<string> = new Set([
  ...["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"],
  ...["persistentVolumeClaimRetentionPolicy", "minReadySeconds"],
]);

/** Refuses what the server would: a second controller, a change of what cannot change. */
export function check(object: Live, before: Live | undefined): void {
  const controllers = listAt(object, "metadata", "ownerReferences").filter((owner) => at(owner, "controller") === true);
  if (controllers.length > 1) throw invalid("Only one reference can have Controller set to true");
  if (object.kind === "Service") checkPorts(object);
  if (before === undefined) return;
  const fields =
    kindKey(object) === "apps/v1/StatefulSet"
      ? Object.keys({ ...mapAt(before, "spec"), ...mapAt(object, "spec") }).filter((field) => !changeable.has(field))
      : (immutable[kindKey(object)] ?? []);
  const changed = fields.find((field) => canonical(at(object, "spec", field)) !== canonical(at(before, "spec", field)));
  if (changed !== undefined)
    throw invalid(`${object.kind} ${object.metadata.name}: spec.${changed}: field is immutable`);
  if (object.kind === "Secret" && textAt(object, "type") !== textAt(before, "type"))
    throw invalid("type: field is immutable");
}

/** What a cluster hands out unless it was set up otherwise. */
const nodePorts = { least: 30_000, most: 32_767 } as const;

function checkPorts(service: Live): void {
  const ports = listAt(service, "spec", "ports").map((port) => numberAt(port, "nodePort"));
  const index = ports.findIndex((port) => port !== undefined && (port < nodePorts.least || port > nodePorts.most));
  if (index >= 0)
    throw invalid(
      `Service "${service.metadata.name}" is invalid: spec.ports[${index}].nodePort: Invalid value: ${ports[index]}: provided port is not in the valid range. The range of valid ports is ${nodePorts.least}-${nodePorts.most}`,
    );
}
