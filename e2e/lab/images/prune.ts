import { readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../host/cache.ts";
import { discard } from "./buildah.ts";

const kept = 2;

/** Keeps the archives of a name that were used last and drops the older ones, with what the image storage holds for them. */
export async function prune(name: string): Promise<void> {
  const folder = join(cacheDir, "images");
  const versions = (await readdir(folder)).filter((entry) => isVersionOf(name, entry));
  const dated = await Promise.all(
    versions.map(async (entry) => ({ path: join(folder, entry), used: (await stat(join(folder, entry))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.used - a.used).slice(kept);
  if (old.length === 0) return;
  const refs = await Promise.all(old.map(({ path }) => readFile(join(path, "ref"), "utf8").catch(() => "")));
  for (const { path } of old) await rm(path, { recursive: true, force: true });
  await discard(refs.filter((ref) => ref !== ""));
}

function isVersionOf(name: string, entry: string): boolean {
  return entry.startsWith(`${name}-`) && /^[0-9a-f]{12}$/.test(entry.slice(name.length + 1));
}
