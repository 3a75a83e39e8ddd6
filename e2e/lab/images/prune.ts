import { readFile, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cacheDir } from "../host/cache.ts";
import { discard } from "./buildah.ts";

/** With the archive that is about to come, the two newest of a name are kept: what runs now, and what comes after it. */
const kept = 1;

/**
 * Drops what a name's next archive makes obsolete: older archives than the last, and what the image storage holds for them. Says
 * how many there were.
 */
export async function pruneBefore(name: string): Promise<number> {
  const folder = join(cacheDir, dirname(name));
  const entries = await readdir(folder).catch(() => []);
  const versions = entries.filter((entry) => isVersionOf(basename(name), entry));
  const dated = await Promise.all(
    versions.map(async (entry) => ({ path: join(folder, entry), used: (await stat(join(folder, entry))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.used - a.used).slice(kept);
  const refs = await Promise.all(old.map(({ path }) => readFile(join(path, "ref"), "utf8").catch(() => "")));
  for (const { path } of old) await rm(path, { recursive: true, force: true });
  await discard(refs.filter((ref) => ref !== ""));
  return old.length;
}

function isVersionOf(name: string, entry: string): boolean {
  return entry.startsWith(`${name}-`) && /^[0-9a-f]{12}$/.test(entry.slice(name.length + 1));
}
