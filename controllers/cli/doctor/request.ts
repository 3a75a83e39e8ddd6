import { quantityOf } from "../../../operator/covers.ts";
import { at, isRecord, listAt } from "../../../operator/object.ts";

/** Processors and memory, in cores and bytes. */
export interface Room {
  readonly cpu: number;
  readonly memory: number;
}

/** What the containers of a pod ask for together; its init containers run before, one at a time. */
export function requestOf(podSpec: unknown, resource: keyof Room): number {
  const asked = (containers: readonly unknown[]): number[] =>
    containers.filter(isRecord).map((container) => quantityOf(at(container, "resources", "requests", resource)) ?? 0);
  const together = asked(listAt(podSpec, "containers")).reduce((sum, each) => sum + each, 0);
  return Math.max(together, ...asked(listAt(podSpec, "initContainers")));
}
