import type { Clock } from "./clock.ts";

/** How soon a key is looked at: a user's change overtakes what merely comes round again. */
export type Lane = "change" | "resync";

interface Waiter {
  readonly lane: Lane;
  readonly due: number;
}

const backoffInSeconds = { first: 0.05, last: 60 } as const;

/**
 * Keys that want a pass. Each waits at most once and is never worked on twice at a time; a key added meanwhile comes again
 * afterwards. The earliest wish and the better lane win.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #wanted = new Map<string, Waiter>();
  readonly #working = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Workers that wait for something to do. */
  readonly #idle = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys waiting now or for later. */
  get depth(): number {
    return this.#wanted.size;
  }

  add(key: string, lane: Lane = "change", inSeconds = 0): void {
    const due = this.#clock.now() + inSeconds * 1000;
    const known = this.#wanted.get(key);
    const better = known?.lane === "change" ? "change" : lane;
    this.#wanted.set(key, { lane: better, due: Math.min(due, known?.due ?? due) });
    this.#wake();
  }

  /** Comes back later and later until `settled` is called. */
  addAfterFailure(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.add(key, "resync", Math.min(backoffInSeconds.first * 2 ** failures, backoffInSeconds.last));
  }

  settled(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key that is due; waits for one. Undefined once the signal fires. */
  async take(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const key = this.#next();
      if (key !== undefined) {
        this.#wanted.delete(key);
        this.#working.add(key);
        return key;
      }
      await this.#change(signal);
    }
    return undefined;
  }

  /** The pass on a key is over. */
  release(key: string): void {
    this.#working.delete(key);
    this.#wake();
  }

  #next(): string | undefined {
    const now = this.#clock.now();
    const due = [...this.#wanted].filter(([key, waiter]) => waiter.due <= now && !this.#working.has(key));
    return (due.find(([, waiter]) => waiter.lane === "change") ?? due[0])?.[0];
  }

  async #change(signal: AbortSignal): Promise<void> {
    const idle = [...this.#wanted].filter(([key]) => !this.#working.has(key)).map(([, waiter]) => waiter.due);
    const untilDue = Math.min(60_000, ...idle.map((due) => Math.max(1, due - this.#clock.now())));
    const timer = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    await Promise.race([promise, this.#clock.sleep(untilDue, AbortSignal.any([signal, timer.signal]))]);
    this.#idle.delete(resolve);
    timer.abort();
  }

  #wake(): void {
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }
}
