import type { Live } from "../../object.ts";
import type { Change } from "./history.ts";
import type { Place } from "./kinds.ts";

/** What a list or a watch is about. */
export interface Scope {
  readonly place: Place;
  readonly selector: string | undefined;
}

/** Whether an object is among what a list or a watch is about. */
export function inScope({ apiVersion, kind, metadata }: Live, { place, selector = "" }: Scope): boolean {
  if (kind !== place.info.kind || apiVersion !== place.info.apiVersion) return false;
  if (place.namespace !== undefined && metadata.namespace !== place.namespace) return false;
  const wanted = selector.split(",").filter((each) => each !== "");
  return wanted.every((each) => {
    const [label = "", value = ""] = each.split("=");
    return metadata.labels?.[label] === value;
  });
}

/** How a change looks to somebody who only sees a scope. */
export function seenIn(change: Change, scope: Scope): Change["type"] | undefined {
  const was = change.before !== undefined && inScope(change.before, scope);
  const is = change.type !== "DELETED" && inScope(change.object, scope);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}
