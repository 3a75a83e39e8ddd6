import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { type Live, type Manifest, numberAt, textAt } from "./object.ts";
import { ApiError, isNotFound, messageOf } from "./outcome.ts";

/** Where the lease is, and who we are in it. */
export interface LeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** Unique for each process. */
  readonly identity: string;
  readonly signal: AbortSignal;
  /** Hears of trouble on the way. */
  readonly say: (message: string) => void;
}

/** The right to write, held by one process at a time. */
export interface Lease {
  /** Resolves when the lease is ours; never where the signal fires before. */
  readonly acquired: Promise<void>;
  /** Resolves when it was ours and may be another's: the process has to end at once. */
  readonly lost: Promise<void>;
  /** Whether nobody else can hold it at this moment, by our own monotonic clock. */
  held(): boolean;
  /** Lets go, so that the next one need not wait; to be called when nothing is being written any more. */
  release(): Promise<void>;
}

/** As in client-go: a crash costs the duration and one retry, a clean end one retry. */
export const leaseTimes = { durationInSeconds: 15, renewDeadlineInSeconds: 10, retryInSeconds: 2 } as const;

const { durationInSeconds, renewDeadlineInSeconds, retryInSeconds } = leaseTimes;

/** Runs for the lease until the signal fires. */
export function campaign(options: LeaseOptions): Lease {
  const candidate = new Candidate(options);
  const acquired = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<void>();
  void (async () => {
    if (!(await candidate.win())) return;
    acquired.resolve();
    if (!(await candidate.keep())) lost.resolve();
  })();
  return {
    acquired: acquired.promise,
    lost: lost.promise,
    held: () => candidate.held(),
    release: () => candidate.release(),
  };
}

class Candidate {
  readonly #options: LeaseOptions;
  /** The holder's last sign of life: what it wrote, and when we saw it first. Wall clocks of others are never trusted. */
  #seen: { readonly mark: string; readonly at: number; readonly durationInSeconds: number };
  /** When the request of our last successful renewal was sent. */
  #renewedAt: number | undefined;
  #version = "";

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#seen = { mark: "", at: 0, durationInSeconds };
  }

  held(): boolean {
    const { clock } = this.#options;
    return this.#renewedAt !== undefined && clock.now() - this.#renewedAt < durationInSeconds * 1000;
  }

  /** True once the lease is ours, false when the signal fired before. */
  async win(): Promise<boolean> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      if (await this.#attempt(() => this.#take())) return true;
      await clock.sleep(retryInSeconds * 1000 * (1 + Math.random() * 0.2), signal);
    }
    return false;
  }

  /** Renews until the signal fires (true) or the deadline passes without a success (false). */
  async keep(): Promise<boolean> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(retryInSeconds * 1000, signal);
      if (signal.aborted) break;
      await this.#attempt(() => this.#renewOnce());
      if (clock.now() - (this.#renewedAt ?? 0) > renewDeadlineInSeconds * 1000) return false;
    }
    return true;
  }

  async release(): Promise<void> {
    if (this.#renewedAt === undefined) return;
    this.#renewedAt = undefined;
    await this.#attempt(async () => {
      await this.#write("", 1);
      return true;
    });
  }

  async #attempt(what: () => Promise<boolean>): Promise<boolean> {
    try {
      return await what();
    } catch (error) {
      this.#options.say(messageOf(error));
      return false;
    }
  }

  async #take(): Promise<boolean> {
    const live = await this.#read();
    if (live !== undefined && !this.#free(live)) return false;
    this.#version = live?.metadata.resourceVersion ?? "";
    return this.#renew();
  }

  /** Free is: let go, or without a sign of life for as long as it was taken for, watched by our own clock. */
  #free(live: Live): boolean {
    const { clock } = this.#options;
    const holder = textAt(live, "spec", "holderIdentity") ?? "";
    const mark = `${holder} ${textAt(live, "spec", "renewTime") ?? ""} ${live.metadata.resourceVersion}`;
    const duration = numberAt(live, "spec", "leaseDurationSeconds") ?? durationInSeconds;
    if (mark !== this.#seen.mark) this.#seen = { mark, at: clock.now(), durationInSeconds: duration };
    return holder === "" || clock.now() - this.#seen.at > this.#seen.durationInSeconds * 1000;
  }

  /** A renewal whose answer was lost left a newer version behind: still ours, so go on from there. */
  async #renewOnce(): Promise<boolean> {
    try {
      return await this.#renew();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const live = await this.#read();
      if (live === undefined || textAt(live, "spec", "holderIdentity") !== this.#options.identity) throw error;
      this.#version = live.metadata.resourceVersion;
      return this.#renew();
    }
  }

  async #renew(): Promise<boolean> {
    const sent = this.#options.clock.now();
    await this.#write(this.#options.identity, durationInSeconds);
    this.#renewedAt = sent;
    return true;
  }

  /** Writes only over the version that we know: of two candidates one gets a conflict. */
  async #write(holderIdentity: string, leaseDurationSeconds: number): Promise<void> {
    const { client, identity, clock } = this.#options;
    const { namespace, name } = this.#options;
    const renewTime = clock.timestamp().replace("Z", ".000000Z");
    const spec = { holderIdentity, leaseDurationSeconds, renewTime };
    const metadata = { namespace, name, ...(this.#version === "" ? {} : { resourceVersion: this.#version }) };
    const manifest: Manifest = Object.assign(
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata },
      { spec },
    );
    const written =
      this.#version === ""
        ? await client.create(manifest, identity)
        : await client.apply(manifest, identity, { force: true });
    this.#version = written.metadata.resourceVersion;
  }

  async #read(): Promise<Live | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.get({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
