import { Cache } from "./cache.ts";
import { kubeClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Controller } from "./controller.ts";
import { Desk } from "./desk.ts";
import { recorder } from "./events.ts";
import { campaign, type Lease } from "./lease.ts";
import type { Log } from "./log.ts";
import { type Metrics, processMetrics } from "./metrics.ts";
import type { Certification } from "./secrets.ts";
import type { Transport } from "./transport.ts";

export interface RuntimeOptions {
  readonly transport: Transport;
  readonly controllers: readonly Controller[];
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Unique for each process; names it in the lease and in events. */
  readonly instance: string;
  /** The lease that decides which of several processes works; without one, this process works at once. */
  readonly lease?: { readonly namespace: string; readonly name: string };
  readonly metrics?: Metrics;
  /** Objects of one controller that are worked on at the same time. Default 4. */
  readonly workers?: number;
  /** What makes certificates; ours, where left out. */
  readonly certification?: () => Promise<Certification>;
}

export interface Runtime {
  /** The reason why work could not begin here, or undefined once every watched kind was listed; a warm standby is ready. */
  unready(): string | undefined;
  /** Resolves when the signal has fired, the passes under way are over and the lease was let go; rejects when the lease was lost. */
  readonly stopped: Promise<void>;
}

/** The lease was ours and may be another's: whatever this process still does could be wrong, so it has to end. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Runs controllers over one cache until the signal fires. */
export function startRuntime(options: RuntimeOptions): Runtime {
  const { controllers, namespaces, clock, log, signal, instance } = options;
  const metrics = options.metrics ?? processMetrics();
  const client = kubeClient(counted(options.transport, metrics));
  const cache = new Cache({
    client,
    clock,
    namespaces,
    signal,
    restarted: (kind, reason) => {
      metrics.watchRestarted(kind.kind, reason);
      log.info({ kind: kind.kind, reason }, "watch restarted");
    },
  });
  const say = (message: string): void => log.warn({ reason: message }, "call failed");
  const lease =
    options.lease === undefined
      ? undefined
      : campaign({ ...options.lease, client, clock, identity: instance, signal, say });
  const shared = { client, cache, clock, log, metrics, signal, workers: options.workers ?? 4 };
  const desks = controllers.map((controller) => {
    const events = recorder({ client, clock, controller: controller.name, instance, say, signal });
    return new Desk({
      ...shared,
      certification: options.certification,
      controller,
      recorder: events,
      mayWrite: () => lease?.held() ?? true,
    });
  });
  return {
    unready: () => (cache.synced ? undefined : `not listed yet: ${cache.missing.join(", ")}`),
    stopped: run({ desks, cache, lease, options, metrics }),
  };
}

interface Parts {
  readonly desks: readonly Desk[];
  readonly cache: Cache;
  readonly lease: Lease | undefined;
  readonly options: RuntimeOptions;
  readonly metrics: Metrics;
}

async function run({ desks, cache, lease, options, metrics }: Parts): Promise<void> {
  const { clock, log, signal } = options;
  const ended = clock.sleep(2 ** 31 - 1, signal);
  const lost = (lease?.lost ?? new Promise<void>(() => undefined)).then(() =>
    Promise.reject(new LeaseLost("the lease was lost")),
  );
  await Promise.race([Promise.all([cache.ready(), lease?.acquired]), ended]);
  if (signal.aborted) return;
  metrics.leading(options.lease?.name ?? "none", "yes");
  log.info({}, "working");
  await Promise.race([Promise.all(desks.map((desk) => desk.work())), lost]);
  await lease?.release();
}

function counted(transport: Transport, metrics: Metrics): Transport {
  return {
    call: async (call) => {
      try {
        const answer = await transport.call(call);
        metrics.call(call.method, answer.status);
        return answer;
      } catch (error) {
        metrics.call(call.method, 0);
        throw error;
      }
    },
    lines: (call, signal) => transport.lines(call, signal),
    close: () => transport.close(),
  };
}
