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

/** The step `<part>/users`: what others use stays, and they are named. */
export function unused(part: string, { kind }: Live, users: readonly string[]): Step {
  const step = { name: `${part}/users`, after: [], objects: [] };
  if (users.length === 0) return step;
  const what = users.length === 1 ? `uses this ${kind}; delete that` : `use this ${kind}; delete them`;
  return { ...step, held: { is: "blocked", reason: "InUse", message: `${users.join(", ")} ${what} first` } };
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
