import { randomBytes } from "node:crypto";
import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { type Live, type Manifest, nameFor, refOf } from "./object.ts";
import { messageOf } from "./outcome.ts";
import type { Verdict } from "./verdict.ts";

/** Something that happened to an object, worth a line in `kubectl describe`. */
export interface Happening {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
}

/** Reports transitions, never passes. */
export interface Recorder {
  record(subject: Live, happening: Happening): Promise<void>;
}

const noteLength = 1024;

/** Writes events.k8s.io events; one that fails is only told to `say`: no pass may end over it. */
export function recorder(
  client: Client,
  clock: Clock,
  controller: string,
  instance: string,
  say: (message: string) => void,
): Recorder {
  return {
    record: async (subject, { type, reason, note }) => {
      const { namespace = "default", name, uid, resourceVersion } = subject.metadata;
      const { apiVersion, kind } = subject;
      const metadata = { namespace, name: `${name}.${randomBytes(8).toString("hex")}` };
      const fields = {
        type,
        reason,
        note: note.slice(0, noteLength),
        action: "Reconcile",
        eventTime: clock.timestamp().replace("Z", ".000000Z"),
        regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
        reportingController: `nephos.dev/${controller}`,
        reportingInstance: instance,
      };
      const event: Manifest = Object.assign({ apiVersion: "events.k8s.io/v1", kind: "Event", metadata }, fields);
      await client
        .create(event, controller)
        .catch((error: unknown) => say(`event for ${nameFor(refOf(subject))}: ${messageOf(error)}`));
    },
  };
}

/** What changed between two passes over an object, in the order of its steps. Nothing, where there was no pass before. */
export function happenings(
  before: ReadonlyMap<string, Verdict> | undefined,
  after: ReadonlyMap<string, Verdict>,
): Happening[] {
  if (before === undefined) return [];
  const changed = [...after].filter(([step, verdict]) => before.get(step)?.is !== verdict.is);
  return changed.flatMap(([step, verdict]) => happeningOf(step, verdict) ?? []);
}

function happeningOf(step: string, verdict: Verdict): Happening | undefined {
  if (verdict.is === "done") return { type: "Normal", reason: "StepDone", note: `${step} is done` };
  if (verdict.is === "degraded") return { type: "Warning", reason: "StepDegraded", note: `${step}: ${verdict.on}` };
  if (verdict.is === "blocked") return { type: "Warning", reason: verdict.reason, note: `${step}: ${verdict.message}` };
  return undefined;
}
