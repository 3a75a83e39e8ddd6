import { type CloudSpec, cloudSpec } from "../../crds/cloud.ts";
import { type Live, nameFor } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { elderOf } from "../refusal.ts";
import { cloudKind } from "./plan.ts";

/** The Cloud of that name that something else belongs to, with its spec; what is missing, as a verdict, where it is not the one of its namespace. */
export function owningCloud(
  seen: Snapshot,
  namespace: string,
  name: string,
): { readonly cloud: Live; readonly spec: CloudSpec } | Verdict {
  const cloud = seen.get({ ...cloudKind, namespace, name });
  if (cloud === undefined) return { is: "waiting", on: `Cloud ${name} to exist` };
  const older = elderOf(cloud, seen);
  if (older !== undefined)
    return { is: "waiting", on: `${nameFor({ ...cloudKind, name: older.metadata.name })} to go` };
  const spec = cloudSpec.safeParse(cloud["spec"]).data;
  return spec === undefined ? { is: "waiting", on: `Cloud ${name} to have a spec that can be read` } : { cloud, spec };
}
