import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await setImmediate();
}

/** A clock that stands still until it is moved by hand. */
export class HandClock implements Clock {
  /** How long each sleep was asked to be, in milliseconds, oldest first. */
  readonly slept: number[] = [];
  #now = 1000;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  timestamp(): string {
    return new Date(this.#now).toISOString().replace(/\.\d+Z$/, "Z");
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(milliseconds);
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { due: this.#now + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        resolve();
      });
    });
  }

  /** Moves on, waking who is due in the order of time. */
  async advance(inSeconds: number): Promise<void> {
    const until = this.#now + inSeconds * 1000;
    await settle();
    for (let next = this.#earliest(until); next !== undefined; next = this.#earliest(until)) {
      const { due } = next;
      this.#now = Math.max(this.#now, due);
      const awake = this.#sleepers.filter((each) => each.due <= due);
      this.#sleepers = this.#sleepers.filter((each) => each.due > due);
      for (const { wake } of awake) wake();
      await settle();
    }
    this.#now = until;
  }

  #earliest(until: number): Sleeper | undefined {
    return this.#sleepers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
  }
}
