import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly due: number;
  readonly order: number;
  readonly wake: () => void;
}

const epoch = Date.parse("2026-01-01T00:00:00Z");

/** Time that passes only when everything that can go on without it has gone on; sleepers wake in the order of time, then of asking. */
export class VirtualClock implements Clock {
  #now: number;
  #skipped: number;
  #asked = 0;
  #sleepers: Sleeper[] = [];

  /** Begins at zero, or at the time of another clock; nobody sleeps on it yet. */
  constructor(from?: VirtualClock) {
    this.#now = from === undefined ? 0 : from.#now;
    this.#skipped = from === undefined ? 0 : from.#skipped;
  }

  now(): number {
    return this.#now;
  }

  timestamp(): string {
    return new Date(epoch + Math.floor(this.#now + this.#skipped)).toISOString().replace(/\.\d+Z$/, "Z");
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.after(milliseconds, resolve);
      signal?.addEventListener(
        "abort",
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Moves the wall clock on, as after a long sleep of the machine; nobody wakes of it. */
  leap(milliseconds: number): void {
    this.#skipped += milliseconds;
  }

  /** Runs something later; the answer takes it back. */
  after(milliseconds: number, wake: () => void): () => void {
    const sleeper = { due: this.#now + Math.max(0, milliseconds), order: (this.#asked += 1), wake };
    const index = this.#sleepers.findLastIndex((each) => each.due <= sleeper.due);
    this.#sleepers.splice(index + 1, 0, sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
    };
  }

  /** Lets time pass until something holds or the time is up; true where it held. */
  async until(holds: () => boolean, milliseconds: number): Promise<boolean> {
    const end = this.#now + milliseconds;
    await setImmediate();
    while (!holds()) {
      const [next] = this.#sleepers;
      if (next === undefined || next.due > end) {
        this.#now = end;
        return false;
      }
      this.#sleepers.shift();
      this.#now = Math.max(this.#now, next.due);
      next.wake();
      await setImmediate();
    }
    return true;
  }
}
