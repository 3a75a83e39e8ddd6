import { randomBytes } from "node:crypto";
import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { listAt, type Live, type Manifest, nameFor, refOf, textAt } from "./object.ts";
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

export interface RecorderOptions {
  readonly client: Pick<Client, "create">;
  readonly clock: Clock;
  readonly controller: string;
  readonly instance: string;
  /** Hears of an event that could not be written. */
  readonly say: (message: string) => void;
  /** What waits when it fires is left out. */
  readonly signal: AbortSignal;
}

const noteLength = 1024;

/**
 * One by one, with a pause in between, and no more than so many that wait: where hundreds of objects come at once, as after a
 * start, telling of the work must not hold it up. What is left out is in the log all the same.
 */
const pace = { pauseInSeconds: 0.1, waiting: 1000 } as const;

/** Writes events.k8s.io events; one that fails is only told to `say`: no pass may end over it. */
export function recorder(options: RecorderOptions): Recorder {
  const { client, clock, controller, say, signal } = options;
  let waiting = 0;
  let turn = Promise.resolve();
  const send = async (event: Manifest, subject: Live): Promise<void> => {
    waiting--;
    if (signal.aborted) return;
    await client
      .create(event, controller)
      .catch((error: unknown) => say(`event for ${nameFor(refOf(subject))}: ${messageOf(error)}`));
  };
  return {
    record: (subject, happening) => {
      if (waiting >= pace.waiting) return Promise.resolve();
      waiting++;
      const event = eventOf(subject, happening, options);
      const sent = turn.then(() => send(event, subject));
      turn = sent.then(() => clock.sleep(pace.pauseInSeconds * 1000, signal));
      return sent;
    },
  };
}

function eventOf(subject: Live, { type, reason, note }: Happening, options: RecorderOptions): Manifest {
  const { namespace = "default", name, uid, resourceVersion } = subject.metadata;
  const { apiVersion, kind } = subject;
  const metadata = { namespace, name: `${name}.${randomBytes(8).toString("hex")}` };
  const fields = {
    type,
    reason,
    note: note.slice(0, noteLength),
    action: "Reconcile",
    eventTime: options.clock.timestamp().replace("Z", ".000000Z"),
    regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
    reportingController: `nephos.dev/${options.controller}`,
    reportingInstance: options.instance,
  };
  return Object.assign({ apiVersion: "events.k8s.io/v1", kind: "Event", metadata }, fields);
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

/** Conditions of these types that came with a status, or say something else now. */
export function warningsOf(types: readonly string[], before: Live, status: unknown): Happening[] {
  const told = new Map(
    listAt(before, "status", "conditions").map((each) => [textAt(each, "type"), textAt(each, "message")]),
  );
  return listAt(status, "conditions").flatMap((condition) => {
    const [type = "", note = ""] = [textAt(condition, "type"), textAt(condition, "message")];
    const news = types.includes(type) && textAt(condition, "status") === "True" && told.get(type) !== note;
    return news ? [{ type: "Warning" as const, reason: type, note }] : [];
  });
}

function happeningOf(step: string, verdict: Verdict): Happening | undefined {
  if (verdict.is === "done") return { type: "Normal", reason: "StepDone", note: `${step} is done` };
  if (verdict.is === "degraded") return { type: "Warning", reason: "StepDegraded", note: `${step}: ${verdict.on}` };
  if (verdict.is === "blocked") return { type: "Warning", reason: verdict.reason, note: `${step}: ${verdict.message}` };
  return undefined;
}
