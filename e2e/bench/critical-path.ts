/** A step on the way to an end: when it was done, in seconds, and how long that was after what it had to wait for. */
export interface Stretch {
  readonly step: string;
  readonly done: number;
  readonly took: number;
}

/**
 * The chain of steps that nobody could have waited less for: from the last one back, always to the one that was done last of those it
 * comes after. First to last. Steps without a time are left out.
 */
export function criticalPath(
  done: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, readonly string[]>,
): readonly Stretch[] {
  const latest = (names: Iterable<string>): string | undefined =>
    [...names].reduce<string | undefined>(
      (best, name) => ((done.get(name) ?? -1) > (best === undefined ? -1 : (done.get(best) ?? -1)) ? name : best),
      undefined,
    );
  const path: Stretch[] = [];
  for (let step = latest(done.keys()); step !== undefined;) {
    const before = latest((after.get(step) ?? []).filter((name) => !path.some((each) => each.step === name)));
    const end = done.get(step) ?? 0;
    path.unshift({ step, done: end, took: end - (before === undefined ? 0 : (done.get(before) ?? 0)) });
    step = before;
  }
  return path;
}
