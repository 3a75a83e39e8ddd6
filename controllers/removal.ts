import { type Live, nameFor, refOf } from "../operator/object.ts";
import type { Snapshot, Step } from "../operator/plan.ts";
import { podKind } from "../operator/pods.ts";
import { done, type Verdict } from "../operator/verdict.ts";
import { componentLabels } from "./services/pod.ts";

/** What runs a component of a service. */
export interface Run {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
  readonly service: string;
  readonly component: string;
}

/** The step `<part>/users`: what others use stays, and they are named; those that are going are waited for. */
export function unused(part: string, { kind }: Live, users: readonly Live[]): Step {
  const step = { name: `${part}/users`, after: [], objects: [] };
  const staying = users.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const what = staying.length === 1 ? `uses this ${kind}; delete that` : `use this ${kind}; delete them`;
  if (staying.length > 0)
    return { ...step, held: { is: "blocked", reason: "InUse", message: `${namesOf(staying)} ${what} first` } };
  return users.length === 0 ? step : { ...step, held: { is: "waiting", on: `${namesOf(users)} to be gone` } };
}

function namesOf(objects: readonly Live[]): string {
  return objects.map((object) => nameFor(refOf(object))).join(", ");
}

/** The step `<part>/removal`: a workload goes, and its pods with it, before anything that comes after. */
export function removal(
  part: string,
  after: readonly string[],
  { kind, name, service, component }: Run,
  { metadata: { namespace } }: Live,
): Step {
  const labels = componentLabels(service, component);
  const verdict = (seen: Snapshot): Verdict => {
    const [pod] = seen.list(podKind, { namespace, labels });
    return pod === undefined ? done : { is: "waiting", on: `${nameFor(refOf(pod))} to be gone` };
  };
  return { name: `${part}/removal`, after, objects: [], removes: [{ apiVersion: "apps/v1", kind, name }], verdict };
}
