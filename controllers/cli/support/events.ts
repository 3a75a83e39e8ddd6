import { type Live, numberAt, textAt } from "../../../operator/object.ts";
import type { Entry } from "./archive.ts";

/** The events of each namespace as one text, the oldest first. */
export function eventEntries(events: readonly Live[]): Entry[] {
  const byNamespace = Map.groupBy(events, ({ metadata }) => metadata.namespace ?? "");
  return [...byNamespace].map(([namespace, members]) => ({
    path: `events/${namespace}.txt`,
    text: members
      .map(lineOf)
      .sort()
      .map((line) => `${line}\n`)
      .join(""),
  }));
}

function lineOf(event: Live): string {
  const count = numberAt(event, "series", "count") ?? numberAt(event, "deprecatedCount") ?? 1;
  const about = `${textAt(event, "regarding", "kind") ?? ""} ${textAt(event, "regarding", "name") ?? ""}`;
  const words = [timeOf(event), textAt(event, "type"), textAt(event, "reason"), about].join("  ");
  const note = (textAt(event, "note") ?? "").replaceAll("\n", " ");
  return `${words}: ${note}${count > 1 ? ` (${count} times)` : ""}`;
}

/** When it was last seen; components of Kubernetes still fill in the older fields. */
function timeOf(event: Live): string {
  return (
    textAt(event, "series", "lastObservedTime") ??
    textAt(event, "deprecatedLastTimestamp") ??
    textAt(event, "eventTime") ??
    event.metadata.creationTimestamp ??
    ""
  );
}
