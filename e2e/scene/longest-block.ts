/** Watches how long the event loop is held up at a time. */
export interface BlockWatch {
  /** Ends watching; gives the longest time in milliseconds of the processor, which other processes' load does not lengthen. */
  end(): number;
}

/** Starts watching: looks at the thread's processor time at every turn of the event loop. */
export function watchBlocks(): BlockWatch {
  let [longest, running] = [0, true];
  let before = processorTime();
  const turn = (): void => {
    const now = processorTime();
    longest = Math.max(longest, now - before);
    before = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    end: () => {
      running = false;
      return longest;
    },
  };
}

function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
