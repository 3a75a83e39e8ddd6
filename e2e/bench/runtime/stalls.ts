import { monitorEventLoopDelay } from "node:perf_hooks";

/** The longest times for which the event loop did not come round, in milliseconds. */
export interface Stalls {
  /** By the clock: on a busy machine this also counts the time in which the process was not on a processor. */
  readonly longest: number;
  /** By the main thread's processor time between two rounds: what the program itself took, garbage collection included. */
  readonly longestOwn: number;
}

const sampleInMilliseconds = 20;

/** Watches the event loop of this process; the function it gives ends that and tells. */
export function watchStalls(): () => Stalls {
  const delay = monitorEventLoopDelay({ resolution: sampleInMilliseconds });
  let longestOwn = 0;
  let last = process.threadCpuUsage();
  const sampler = setInterval(() => {
    const spent = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longestOwn = Math.max(longestOwn, (spent.user + spent.system) / 1000);
  }, sampleInMilliseconds);
  delay.enable();
  return () => {
    clearInterval(sampler);
    delay.disable();
    return { longest: rounded(delay.max / 1e6), longestOwn: rounded(longestOwn) };
  };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
