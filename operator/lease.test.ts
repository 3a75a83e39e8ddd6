import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { campaign, type Lease, leaseTimes } from "./lease.ts";
import { isLive, type Live, type Manifest, textAt } from "./object.ts";
import { ApiError } from "./outcome.ts";

/** Time that moves only when told to; everybody who sleeps is woken in the order of their time. */
class HandClock implements Clock {
  #now = 0;
  #sleepers: { readonly due: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  timestamp(): string {
    return new Date(this.#now).toISOString().replace(/\.\d+Z$/, "Z");
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener("abort", () => resolve());
      this.#sleepers.push({ due: this.#now + milliseconds, wake: resolve });
    });
  }

  async advance(seconds: number): Promise<void> {
    const end = this.#now + seconds * 1000;
    for (;;) {
      await settled();
      const next = this.#sleepers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
    }
    this.#now = end;
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/** The one Lease of an API server, with optimistic concurrency, and a line that can be cut. */
class LeaseServer {
  lease: Live | undefined;
  #version = 0;
  /** Answers of these candidates are lost after the write, or their calls before it. */
  readonly deaf = new Set<string>();
  readonly cut = new Set<string>();

  clientOf(identity: string): Client {
    const refuse = (): never => {
      throw new Error("no answer");
    };
    const write = async (manifest: Manifest): Promise<Live> => {
      if (this.cut.has(identity)) refuse();
      const known = textAt(manifest, "metadata", "resourceVersion");
      if (known !== this.lease?.metadata.resourceVersion) throw new ApiError(409, "Conflict", "somebody was quicker");
      this.#version += 1;
      const metadata = { ...manifest.metadata, uid: "lease", resourceVersion: String(this.#version) };
      const live = { ...manifest, metadata };
      if (!isLive(live)) throw new Error("not an object");
      this.lease = live;
      if (this.deaf.has(identity)) refuse();
      return live;
    };
    const unused = refuse;
    return {
      create: write,
      apply: write,
      get: async () => {
        if (this.cut.has(identity)) refuse();
        if (this.lease === undefined) throw new ApiError(404, "NotFound", "no lease");
        return this.lease;
      },
      remove: unused,
      amend: unused,
      list: unused,
      watch: unused,
      raw: unused,
    };
  }
}

interface Candidate {
  readonly lease: Lease;
  readonly stop: AbortController;
  acquired: boolean;
  lost: boolean;
}

function candidate(server: LeaseServer, clock: Clock, identity: string): Candidate {
  const stop = new AbortController();
  const lease = campaign({
    client: server.clientOf(identity),
    clock,
    namespace: "system",
    name: "operator",
    identity,
    signal: stop.signal,
    say: () => undefined,
  });
  const one: Candidate = { lease, stop, acquired: false, lost: false };
  void lease.acquired.then(() => (one.acquired = true));
  void lease.lost.then(() => (one.lost = true));
  return one;
}

function setting() {
  const [clock, server] = [new HandClock(), new LeaseServer()];
  return { clock, server, join: (identity: string) => candidate(server, clock, identity) };
}

test("one of two gets the lease at once, the other waits as long as the first renews", async () => {
  const { clock, join } = setting();
  const [a, b] = [join("a"), join("b")];
  await clock.advance(120);
  expect([a.lease.held(), b.lease.held()].filter(Boolean)).toHaveLength(1);
  expect([a.lost, b.lost]).toEqual([false, false]);
});

test("a clean end hands over within one retry", async () => {
  const { clock, join } = setting();
  const a = join("a");
  await clock.advance(1);
  const b = join("b");
  await clock.advance(5);
  a.stop.abort();
  await a.lease.release();
  await clock.advance(leaseTimes.retryInSeconds * 1.2 + 0.1);
  expect([a.lease.held(), b.lease.held()]).toEqual([false, true]);
});

test("a crash costs the lease's duration and one retry, no more", async () => {
  const { clock, server, join } = setting();
  const a = join("a");
  await clock.advance(5);
  const b = join("b");
  await clock.advance(5);
  server.cut.add("a");
  await clock.advance(leaseTimes.durationInSeconds + 2 * leaseTimes.retryInSeconds * 1.2 + 0.1);
  expect([a.lease.held(), b.lease.held()]).toEqual([false, true]);
});

test("a leader without an answer gives up before another can have the lease", async () => {
  const { clock, server, join } = setting();
  const a = join("a");
  await clock.advance(5);
  const b = join("b");
  await clock.advance(5);
  server.cut.add("a");
  for (let second = 0; second < 40; second += 1) {
    await clock.advance(1);
    expect(a.lease.held() && b.lease.held()).toBe(false);
    expect({ b: b.acquired, aGaveUp: a.lost || !b.acquired }).toMatchObject({ aGaveUp: true });
  }
  expect(b.acquired).toBe(true);
});

test("a renewal whose answer is lost does not cost the lease", async () => {
  const { clock, server, join } = setting();
  const a = join("a");
  await clock.advance(5);
  server.deaf.add("a");
  await clock.advance(3);
  server.deaf.delete("a");
  await clock.advance(60);
  expect([a.lease.held(), a.lost]).toEqual([true, false]);
});

test("a process that slept through its lease knows so when it wakes, before it writes", async () => {
  const { clock, server, join } = setting();
  const a = join("a");
  await clock.advance(5);
  server.cut.add("a");
  expect(a.lease.held()).toBe(true);
  await clock.advance(leaseTimes.durationInSeconds + 0.1);
  expect(a.lease.held()).toBe(false);
});
