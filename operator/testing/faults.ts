/** What becomes of one write: nothing of it lands, or it lands and nobody hears; `crash` ends the process right after it landed. */
export type Mishap =
  "crash" | "unavailable" | "unreachable" | "unanswered" | "conflict" | "invalid" | "forbidden" | "throttled";

/** What becomes of one line of a watch. */
export type Loss = "dropped" | "coalesced" | "gone" | "garbled" | "cut";

/** Everything that goes wrong in one run; nothing, where it is empty. All of it is data, so that a run can be repeated. */
export interface Fault {
  /** By the number of the write, from 1; writes outside Kubernetes count as well. */
  readonly writes?: Readonly<Record<number, Mishap>>;
  /** By the number of the line, over all watches, from 1. */
  readonly lines?: Readonly<Record<number, Loss>>;
  /** By the number of the call outside Kubernetes, from 1. */
  readonly outside?: Readonly<Record<number, "refused" | "unanswered" | "slow">>;
  /** Milliseconds by which every watch is late. */
  readonly lag?: number;
  /** After write number `at` the process starts anew and sees, for a while, only what was there `back` versions before. */
  readonly past?: {
    readonly at: number;
    readonly back: number;
    /** Plural of the only kind that is behind. */ readonly only?: string;
  };
  /** From write number `at` on, for so many seconds, no call gets through. */
  readonly outage?: { readonly at: number; readonly seconds: number };
  /** Seed of the order in which everything that is under way goes on. */
  readonly order?: number;
}

/** Every write meets each of these once. */
export const mishaps: readonly Mishap[] = [
  ...(["crash", "unavailable", "unreachable", "unanswered"] as const),
  ...(["conflict", "invalid", "forbidden", "throttled"] as const),
];

/** Numbers without a pattern that are the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
