import type { Cache, Watched } from "./cache.ts";
import type { Client } from "./client.ts";
import { type Clock, jittered } from "./clock.ts";
import { unreported } from "./conditions.ts";
import type { Controller, Edge } from "./controller.ts";
import { ownerLabel } from "./dress.ts";
import { type Pass, reconcile } from "./engine.ts";
import { expiriesOf } from "./expiry.ts";
import { happenings, type Recorder, warningsOf } from "./events.ts";
import { type Kube, liveKube } from "./kube.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type Live, type Ref, refOf } from "./object.ts";
import { messageOf, type Outcome, outcomeOf, Stale } from "./outcome.ts";
import { identity, type Snapshot } from "./plan.ts";
import { Queue } from "./queue.ts";
import { secretRef } from "./recipe.ts";
import { type Certification, readSecretValue, SecretFiller } from "./secrets.ts";
import type { Verdict } from "./verdict.ts";

export interface DeskOptions {
  readonly controller: Controller;
  readonly client: Client;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly workers: number;
  /** Whether this process may write: it holds the lease, by its own clock. */
  readonly mayWrite: () => boolean;
  /** What makes certificates; ours, where left out. */
  readonly certification?: (() => Promise<Certification>) | undefined;
}

const guardInSeconds = 10;
const edgeDeadlineInSeconds = 30;
const resyncInSeconds = 600;

/** What is known of an object between its passes; nothing of it is needed after a restart. */
interface Memory {
  /** What the last pass wrote; the next one waits until the watches have seen it. */
  readonly written: Live[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Whether the last pass left the status to this one; never twice in a row. */
  readonly deferred: boolean;
}

/** One controller at work: its queue and its passes. */
export class Desk {
  readonly #options: DeskOptions;
  readonly #queue: Queue;
  readonly #secrets: SecretFiller;
  readonly #memory = new Map<string, Memory>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#queue = new Queue(options.clock);
    this.#secrets = new SecretFiller(options.client, options.controller.name, options.certification);
    this.#listen();
  }

  /** Works until the signal fires; passes under way are finished. */
  async work(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#worker()));
  }

  #listen(): void {
    const { controller, cache } = this.#options;
    cache.watch(controller.kind, (subject) => this.#add(keyOf(subject), "change"));
    for (const kind of ownedKinds(controller)) cache.watch(kind, (object) => this.#ownedChanged(object));
    for (const kind of controller.reads) cache.watch(kind, (object) => this.#readChanged(object));
  }

  #add(key: string, lane: "change" | "resync"): void {
    this.#queue.add(key, lane);
    this.#options.metrics.queueDepth(this.#options.controller.name, this.#queue.depth);
  }

  #ownedChanged(object: Live): void {
    const [kind, name] = (object.metadata.labels?.[identity.owner] ?? "").split(/\.(.*)/s);
    if (kind === this.#options.controller.kind.kind && name !== undefined) {
      this.#add(`${object.metadata.namespace ?? ""}/${name}`, "resync");
    }
  }

  #readChanged(object: Live): void {
    const { namespace } = object.metadata;
    for (const subject of this.#options.cache.all(this.#options.controller.kind)) {
      if (namespace === undefined || namespace === subject.metadata.namespace) this.#add(keyOf(subject), "resync");
    }
  }

  async #worker(): Promise<void> {
    const { signal, log, controller, metrics } = this.#options;
    for (let key = await this.#queue.take(signal); key !== undefined; key = await this.#queue.take(signal)) {
      const began = performance.now();
      const outcome = await this.#pass(key).catch((error: unknown): Outcome => {
        log.warn({ controller: controller.name, object: key, reason: messageOf(error) }, "pass failed");
        return outcomeOf([error]);
      });
      metrics.pass(controller.name, outcome.next, (performance.now() - began) / 1000);
      this.#settle(key, outcome);
      this.#queue.release(key);
    }
  }

  #settle(key: string, outcome: Outcome): void {
    const { name } = this.#options.controller;
    if (outcome.next === "backoff") {
      this.#queue.addAfterFailure(key);
      return;
    }
    this.#queue.settled(key);
    if (outcome.next === "forget") {
      this.#memory.delete(key);
      this.#options.metrics.steps(name, key, undefined);
      this.#options.metrics.certificates(name, key, undefined);
    } else {
      this.#queue.add(key, "resync", outcome.next === "again" ? outcome.inSeconds : jittered(this.#restOf(key)));
    }
  }

  /** Seconds until an object is looked at again when nothing happens. */
  #restOf(key: string): number {
    const { pollInSeconds = resyncInSeconds, pollUndoneInSeconds = pollInSeconds } = this.#options.controller;
    const verdicts = [...(this.#memory.get(key)?.verdicts.values() ?? [])];
    return verdicts.every(({ is }) => is === "done") ? pollInSeconds : pollUndoneInSeconds;
  }

  async #pass(key: string): Promise<Outcome> {
    const { controller, cache, clock } = this.#options;
    await this.#ownWritesSeen(key);
    const ref = refFrom(controller.kind, key);
    const minute = Math.floor(Date.parse(clock.timestamp()) / 60_000);
    const seen = cache.snapshot(
      [controller.kind, ...ownedKinds(controller), ...controller.reads],
      ref.namespace,
      minute,
    );
    try {
      const subject = seen.get(ref);
      return subject === undefined ? { next: "forget" } : await this.#passOver(key, subject, seen);
    } finally {
      seen.release();
    }
  }

  async #passOver(key: string, subject: Live, seen: Snapshot): Promise<Outcome> {
    const { controller, clock, metrics } = this.#options;
    // What is going needs no look at the world outside, unless its going is planned.
    if (subject.metadata.deletionTimestamp !== undefined && controller.planDeletion === undefined)
      return { next: "rest" };
    const facts = await controller.observe?.(subject, seen, this.#edge(subject));
    const last = this.#memory.get(key);
    const before = last?.verdicts;
    const written: Live[] = [];
    this.#memory.set(key, { written, verdicts: before ?? new Map(), deferred: false });
    let deferred = false;
    const mayDeferStatus = (): boolean => (deferred = written.length > 0 && last?.deferred !== true);
    const kube = this.#kube(subject, seen, written);
    const pass = await reconcile({
      controller,
      subject,
      seen,
      facts,
      kube,
      mayDeferStatus,
      now: Date.parse(clock.timestamp()),
    });
    this.#memory.set(key, { written, verdicts: pass.verdicts, deferred });
    this.#report(key, subject, before, pass);
    metrics.certificates(controller.name, key, ownsSecrets(controller) ? expiriesOf(seen, subject) : []);
    return pass.outcome;
  }

  #kube(subject: Live, seen: Snapshot, written: Live[]): Kube {
    const { controller, client, clock, log, metrics } = this.#options;
    const { namespace } = subject.metadata;
    const kube = liveKube({
      client,
      clock,
      manager: controller.name,
      marksAs: controller.marksAs,
      secrets: this.#secrets,
      versionOf: (name) => seen.get(secretRef(namespace, name))?.metadata.resourceVersion ?? "",
      wrote: (object, verb) => {
        metrics.write(controller.name, verb, object.kind);
        if (verb !== "delete") written.push(object);
      },
      act: async (action) => {
        await controller.act?.(action, subject, this.#edge(subject));
        metrics.write(controller.name, "act", subject.kind);
        log.info({ object: ownerLabel(subject), namespace, action: action.name }, "acted");
      },
    });
    return leased(kube, this.#options.mayWrite);
  }

  async #ownWritesSeen(key: string): Promise<void> {
    const { cache, clock } = this.#options;
    const unseen = (object: Live): boolean => !cache.knows(refOf(object), object.metadata.resourceVersion);
    const written = (this.#memory.get(key)?.written ?? []).filter(unseen);
    // As a rule the watch was quicker than the pass that it woke: no need for a timer.
    if (written.length === 0) return;
    const waiting = new Set(written);
    const all = written.map((object) =>
      cache.reached(refOf(object), object.metadata.resourceVersion).then(() => waiting.delete(object)),
    );
    const timer = new AbortController();
    await Promise.race([Promise.all(all), clock.sleep(guardInSeconds * 1000, timer.signal)]);
    timer.abort();
    // What our own write led to should long be here: the watch has lost its way.
    for (const object of waiting) cache.relist(refOf(object));
    if (waiting.size > 0) throw new Stale("the watch has not brought our own writes yet");
  }

  #edge(subject: Live): Edge {
    const { client } = this.#options;
    return {
      secret: (source) => readSecretValue(client, subject.metadata.namespace ?? "", source),
      signal: AbortSignal.timeout(edgeDeadlineInSeconds * 1000),
    };
  }

  /** One log line and one event per step that changed; the first pass of a process only learns how things are. */
  #report(key: string, subject: Live, before: ReadonlyMap<string, Verdict> | undefined, pass: Pass): void {
    const { controller, log, metrics, recorder } = this.#options;
    metrics.steps(controller.name, key, pass.verdicts);
    for (const [step, verdict] of pass.verdicts) {
      if (JSON.stringify(before?.get(step)) === JSON.stringify(verdict)) continue;
      log.info({ object: ownerLabel(subject), namespace: subject.metadata.namespace, step, ...verdict }, "step");
    }
    const known = before ?? (unreported(subject) ? new Map<string, Verdict>() : undefined);
    const warnings = warningsOf(controller.warnings ?? [], subject, pass.status);
    for (const happening of [...happenings(known, pass.verdicts), ...warnings])
      void recorder.record(subject, happening);
  }
}

/** Refuses every write, first to last, once another process may be writing. */
function leased(kube: Kube, mayWrite: () => boolean): Kube {
  const checked = async (write: () => Promise<void>): Promise<void> => {
    if (!mayWrite()) throw new Stale("the lease is not ours any more");
    await write();
  };
  return {
    confirm: (ref, known) => kube.confirm(ref, known),
    apply: (wanted, live) => checked(() => kube.apply(wanted, live)),
    stamp: (live, digest) => checked(() => kube.stamp(live, digest)),
    mark: (live, label, value) => checked(() => kube.mark(live, label, value)),
    remove: (live) => checked(() => kube.remove(live)),
    finalize: (live, finalizers) => checked(() => kube.finalize(live, finalizers)),
    setStatus: (subject, status) => checked(() => kube.setStatus(subject, status)),
    act: (action) => checked(() => kube.act(action)),
  };
}

function ownedKinds({ owns, formerlyOwned = [] }: Controller): readonly Watched[] {
  return [...owns, ...formerlyOwned];
}

function ownsSecrets({ owns }: Controller): boolean {
  return owns.some(({ kind }) => kind === "Secret");
}

function keyOf(subject: Live): string {
  return `${subject.metadata.namespace ?? ""}/${subject.metadata.name}`;
}

function refFrom(kind: Watched, key: string): Ref {
  const [namespace, name] = key.split("/");
  const { apiVersion } = kind;
  return { apiVersion, kind: kind.kind, namespace: namespace === "" ? undefined : namespace, name: name ?? "" };
}
