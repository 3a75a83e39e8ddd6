import { Cache, type Watched } from "./cache.ts";
import { type Client, kubeClient } from "./client.ts";
import { type Clock, jittered } from "./clock.ts";
import type { Controller, Edge } from "./controller.ts";
import { type Pass, reconcile } from "./engine.ts";
import { liveKube } from "./kube.ts";
import type { Log } from "./log.ts";
import { type Live, type Ref, refOf } from "./object.ts";
import { messageOf, type Outcome, outcomeOf } from "./outcome.ts";
import { identity } from "./plan.ts";
import { Queue } from "./queue.ts";
import { readSecretValue, SecretFiller } from "./secrets.ts";
import type { Transport } from "./transport.ts";

export interface RuntimeOptions {
  readonly transport: Transport;
  readonly controllers: readonly Controller[];
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Runtime {
  /** The reason why work has not begun, or undefined once every watched kind was listed. */
  unready(): string | undefined;
  /** Resolves when the signal has fired and the passes under way are over. */
  readonly stopped: Promise<void>;
}

const workersPerController = 4;
const guardInSeconds = 10;
const edgeDeadlineInSeconds = 30;
const resyncInSeconds = 600;

/** Runs controllers over one cache until the signal fires. */
export function startRuntime(options: RuntimeOptions): Runtime {
  const { transport, controllers, namespaces, clock, log, signal } = options;
  const client = kubeClient(transport);
  const cache = new Cache({
    client,
    clock,
    namespaces,
    signal,
    restarted: (kind, reason) => log.debug({ kind: kind.kind, reason }, "watch restarted"),
  });
  const desks = controllers.map((controller) => new Desk({ ...options, controller, client, cache }));
  const work = async (): Promise<void> => {
    await Promise.race([cache.ready(), clock.sleep(2 ** 31 - 1, signal)]);
    await Promise.all(desks.map((desk) => desk.work()));
  };
  return {
    unready: () => (cache.synced ? undefined : `not listed yet: ${cache.missing.join(", ")}`),
    stopped: work(),
  };
}

interface DeskOptions extends RuntimeOptions {
  readonly controller: Controller;
  readonly client: Client;
  readonly cache: Cache;
}

/** One controller at work: its queue, its own writes, its passes. */
class Desk {
  readonly #options: DeskOptions;
  readonly #queue: Queue;
  readonly #secrets: SecretFiller;
  /** What the last pass on an object wrote; the next one waits until the watches have seen it. */
  readonly #written = new Map<string, Live[]>();
  readonly #said = new Map<string, string>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#queue = new Queue(options.clock);
    this.#secrets = new SecretFiller(options.client, options.controller.name);
    this.#listen();
  }

  async work(): Promise<void> {
    await Promise.all(Array.from({ length: workersPerController }, () => this.#worker()));
  }

  #listen(): void {
    const { controller, cache } = this.#options;
    cache.watch(controller.kind, (subject) => this.#queue.add(keyOf(subject)));
    for (const kind of controller.owns) cache.watch(kind, (object) => this.#ownedChanged(object));
    for (const kind of controller.reads) cache.watch(kind, (object) => this.#readChanged(object));
  }

  #ownedChanged(object: Live): void {
    const [kind, name] = (object.metadata.labels?.[identity.owner] ?? "").split(/\.(.*)/s);
    if (kind === this.#options.controller.kind.kind && name !== undefined) {
      this.#queue.add(`${object.metadata.namespace ?? ""}/${name}`, "resync");
    }
  }

  #readChanged(object: Live): void {
    for (const subject of this.#options.cache.all(this.#options.controller.kind)) {
      const { namespace } = object.metadata;
      if (namespace === undefined || namespace === subject.metadata.namespace)
        this.#queue.add(keyOf(subject), "resync");
    }
  }

  async #worker(): Promise<void> {
    const { signal } = this.#options;
    for (let key = await this.#queue.take(signal); key !== undefined; key = await this.#queue.take(signal)) {
      const outcome = await this.#pass(key).catch((error: unknown): Outcome => {
        this.#options.log.warn({ object: key, reason: messageOf(error) }, "pass failed");
        return outcomeOf([error]);
      });
      this.#settle(key, outcome);
      this.#queue.release(key);
    }
  }

  #settle(key: string, outcome: Outcome): void {
    if (outcome.next === "backoff") {
      this.#queue.addAfterFailure(key);
      return;
    }
    this.#queue.settled(key);
    const { pollInSeconds = resyncInSeconds } = this.#options.controller;
    const seconds = outcome.next === "again" ? outcome.inSeconds : jittered(pollInSeconds);
    this.#queue.add(key, "resync", seconds);
  }

  async #pass(key: string): Promise<Outcome> {
    const { controller, cache } = this.#options;
    await this.#ownWritesSeen(key);
    const ref = refFrom(controller.kind, key);
    const seen = cache.snapshot([controller.kind, ...controller.owns, ...controller.reads], ref.namespace);
    const subject = seen.get(ref);
    if (subject === undefined || subject.metadata.deletionTimestamp !== undefined) return { next: "rest" };
    const facts = await controller.observe?.(subject, seen, this.#edge(ref.namespace ?? ""));
    const wrote: Live[] = [];
    this.#written.set(key, wrote);
    const kube = liveKube({
      client: this.#options.client,
      clock: this.#options.clock,
      manager: controller.name,
      secrets: this.#secrets,
      versionOf: (name) =>
        seen.get({ apiVersion: "v1", kind: "Secret", namespace: ref.namespace, name })?.metadata.resourceVersion ?? "",
      wrote: (object) => wrote.push(object),
      act: async (action) => {
        await controller.act?.(action, subject, this.#edge(ref.namespace ?? ""));
        this.#options.log.info({ object: key, action: action.name }, "acted");
      },
    });
    const pass = await reconcile({ controller, subject, seen, facts, kube, now: Date.now() });
    this.#say(key, pass);
    return pass.outcome;
  }

  async #ownWritesSeen(key: string): Promise<void> {
    const { cache, clock } = this.#options;
    const written = this.#written.get(key) ?? [];
    if (written.length === 0) return;
    const all = Promise.all(written.map((object) => cache.reached(refOf(object), object.metadata.resourceVersion)));
    const timer = new AbortController();
    await Promise.race([all, clock.sleep(guardInSeconds * 1000, timer.signal)]);
    timer.abort();
    this.#written.delete(key);
  }

  #edge(namespace: string): Edge {
    const { client } = this.#options;
    return {
      secret: (source) => readSecretValue(client, namespace, source),
      signal: AbortSignal.timeout(edgeDeadlineInSeconds * 1000),
    };
  }

  /** One log line per step whose verdict changed. */
  #say(key: string, pass: Pass): void {
    for (const [step, verdict] of pass.verdicts) {
      const text = JSON.stringify(verdict);
      if (this.#said.get(`${key} ${step}`) === text) continue;
      this.#said.set(`${key} ${step}`, text);
      this.#options.log.info({ object: key, step, ...verdict }, "step");
    }
  }
}

function keyOf(subject: Live): string {
  return `${subject.metadata.namespace ?? ""}/${subject.metadata.name}`;
}

function refFrom(kind: Watched, key: string): Ref {
  const [namespace, name] = key.split("/");
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    namespace: namespace === "" ? undefined : namespace,
    name: name ?? "",
  };
}
