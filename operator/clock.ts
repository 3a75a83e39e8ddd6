import { setTimeout as after } from "node:timers/promises";

/** Time as the runtime sees it; tests bring their own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves after that long, or at once when the signal fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Wall-clock time as Kubernetes writes it. */
  timestamp(): string;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await after(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
  timestamp: () => new Date().toISOString().replace(/\.\d+Z$/, "Z"),
};

/** A random share between half of a duration and the whole of it, so that many do not come back at once. */
export function jittered(duration: number): number {
  return duration * (0.5 + Math.random() / 2);
}
