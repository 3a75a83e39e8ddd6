import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";

/** How soon a key is looked at: a user's change overtakes what merely comes round again. */
export type Lane = "change" | "resync";

interface Wish {
  readonly lane: Lane;
  readonly due: number;
}

interface Alarm {
  readonly due: number;
  readonly cancel: () => void;
}

/** How long what failed waits: first, and at most. */
export const backoffInSeconds = { first: 0.05, last: 60 } as const;

/**
 * Keys that want a pass. Each waits at most once and is never worked on twice at a time; a key added meanwhile comes again
 * afterwards. The earliest wish and the better lane win. Adding and taking cost the same however many keys wait.
 */
export class Queue {
  readonly #clock: Clock;
  /** What is wanted of each key; of one that is being worked on, what comes afterwards. */
  readonly #wanted = new Map<string, Wish>();
  readonly #working = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Keys that are due and that nobody works on, in the order in which they came. */
  readonly #ready: Readonly<Record<Lane, Set<string>>> = { change: new Set(), resync: new Set() };
  /** Keys that will be due; one whose wish has changed since stays until it comes up, and is dropped then. */
  #later = new Heap();
  /** Workers that wait for something to do. */
  readonly #idle = new Set<() => void>();
  /** Set while somebody waits and something is due later. */
  #alarm: Alarm | undefined;

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
    const wish = { lane: known?.lane === "change" ? known.lane : lane, due: Math.min(due, known?.due ?? due) };
    this.#wanted.set(key, wish);
    if (!this.#working.has(key)) this.#place(key, wish);
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
        this.#wakeOne();
        return key;
      }
      await this.#change(signal);
    }
    // Who was woken and leaves hands the call on; the last one leaves no timer behind.
    this.#wakeOne();
    if (this.#idle.size === 0) this.#disarm();
    return undefined;
  }

  /** The pass on a key is over. */
  release(key: string): void {
    this.#working.delete(key);
    const wish = this.#wanted.get(key);
    if (wish !== undefined) this.#place(key, wish);
  }

  #place(key: string, wish: Wish): void {
    if (wish.due > this.#clock.now()) {
      this.#later.push(wish.due, key);
      if (this.#later.size > 2 * this.#wanted.size + 64) this.#tidy();
      if (this.#idle.size > 0) this.#arm();
      return;
    }
    this.#ready[wish.lane].add(key);
    if (wish.lane === "change") this.#ready.resync.delete(key);
    this.#wakeOne();
  }

  #next(): string | undefined {
    this.#bringUp();
    for (const lane of [this.#ready.change, this.#ready.resync]) {
      for (const key of lane) {
        lane.delete(key);
        return key;
      }
    }
    return undefined;
  }

  /** Moves what has fallen due into its lane. */
  #bringUp(): void {
    const now = this.#clock.now();
    for (let top = this.#later.first; top !== undefined && top.due <= now; top = this.#later.first) {
      this.#later.pop();
      const wish = this.#wanted.get(top.key);
      if (wish?.due === top.due && !this.#working.has(top.key)) this.#ready[wish.lane].add(top.key);
    }
  }

  /** Drops what the heap holds of wishes that have changed. */
  #tidy(): void {
    this.#later = new Heap();
    const now = this.#clock.now();
    for (const [key, { due }] of this.#wanted) if (due > now && !this.#working.has(key)) this.#later.push(due, key);
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#idle.add(resolve);
    signal.addEventListener("abort", wake);
    this.#arm();
    await promise;
    signal.removeEventListener("abort", wake);
    this.#idle.delete(resolve);
  }

  #wakeOne(): void {
    if (this.#ready.change.size + this.#ready.resync.size === 0) return;
    for (const wake of this.#idle) {
      this.#idle.delete(wake);
      wake();
      return;
    }
  }

  /** One timer for all who wait, set to the first key that will be due. */
  #arm(): void {
    const due = this.#later.first?.due;
    if (due === undefined || (this.#alarm !== undefined && this.#alarm.due <= due)) return;
    this.#disarm();
    const timer = new AbortController();
    this.#alarm = { due, cancel: () => timer.abort() };
    const wait = Math.min(60_000, Math.max(1, due - this.#clock.now()));
    void this.#ringAfter(wait, timer.signal);
  }

  async #ringAfter(milliseconds: number, cancelled: AbortSignal): Promise<void> {
    await this.#clock.sleep(milliseconds, cancelled);
    if (!cancelled.aborted) this.#ring();
  }

  #ring(): void {
    this.#alarm = undefined;
    this.#bringUp();
    this.#wakeOne();
    if (this.#idle.size > 0) this.#arm();
  }

  #disarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }
}
