import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again what is missing, until nothing is or the time is up; gives what is missing then. What cannot come any more, the
 * question says by rejecting.
 */
export async function stillMissing(
  inSeconds: number,
  missing: () => Promise<string | undefined>,
  pauseInMilliseconds = 500,
): Promise<string | undefined> {
  const end = performance.now() + inSeconds * 1000;
  for (;;) {
    const what = await missing();
    if (what === undefined || performance.now() > end) return what;
    await sleep(pauseInMilliseconds);
  }
}
