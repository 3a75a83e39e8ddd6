/** What came of asking again and again. */
export interface Asked {
  readonly asked: number;
  readonly failures: readonly string[];
}

/** Asks over and over, every 50 ms, until it is told to stop: then says how often, and what was not answered with the given status. */
export function keepAsking(ask: () => Promise<number>, good: number): () => Promise<Asked> {
  const stop = new AbortController();
  const failures: string[] = [];
  let asked = 0;
  const asking = (async () => {
    while (!stop.signal.aborted) {
      const answer = await ask().catch((error: unknown) => (error instanceof Error ? said(error) : String(error)));
      asked += 1;
      if (answer !== good) failures.push(String(answer));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    stop.abort();
    await asking;
    return { asked, failures };
  };
}

function said(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
