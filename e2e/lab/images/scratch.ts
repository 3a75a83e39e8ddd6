import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../host/cache.ts";

/** Runs `work` with an empty folder that is gone afterwards; beside the cache, since /tmp is often small or forbids execution. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, ".draft-scratch-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
