import { env } from "node:process";
import { sampleOf } from "./trials.ts";

/** What of a list is played: a sample that is the same for the same list, or all of it where `SAMPLE=all` is set, as `make test` does. */
export function sampled<T>(all: readonly T[], count: number): readonly T[] {
  return env["SAMPLE"] === "all" ? all : sampleOf(all, count, 1);
}
