import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeForCaller } from "./root.ts";

/** Where downloads and builds live: outside the checkout, shared by every checkout of the same user. */
export const cacheDir: string = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "nephos");

/**
 * A folder made by `build` from what `key` lists, made once: the folder's name carries the digest of the key, and it gets that
 * name only when `build` is through, so that an interrupted build leaves nothing that looks finished.
 */
export async function cached(
  name: string,
  key: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheDir, `${name}-${digestOf(key)}`);
  if (existsSync(folder)) {
    const now = new Date();
    // When it was last of use; what root made, another user need not be able to mark.
    await utimes(folder, now, now).catch(() => undefined);
    return folder;
  }
  await makeForCaller(cacheDir);
  await dropDeadDrafts();
  const draft = await mkdtemp(join(cacheDir, `.draft-${process.pid}-${name.replaceAll("/", "-")}-`));
  try {
    await build(draft);
    // Drafts are their maker's alone; what is finished, everyone may use.
    await chmod(draft, 0o755);
    await mkdir(join(folder, ".."), { recursive: true });
    await rename(draft, folder).catch((error: unknown) => {
      // Somebody else made the same folder meanwhile: theirs is as good.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what builds left unfinished whose processes are gone. */
async function dropDeadDrafts(): Promise<void> {
  for (const entry of await readdir(cacheDir)) {
    const pid = /^\.draft-(\d+)-/.exec(entry)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheDir, entry), { recursive: true, force: true });
  }
}

/** Twelve hexadecimal digits that stand for the given strings, in their order. */
export function digestOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex").slice(0, 12);
}

/** One string per file under the given paths (folders whole), with name, mode and SHA-256: a cache key for sources. */
export async function sourcesOf(root: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => filesUnder(join(root, path))));
  return Promise.all(
    found
      .flat()
      .sort()
      .map(async (file) => {
        const hash = createHash("sha256");
        await pipeline(createReadStream(file), hash);
        const executable = ((await stat(file)).mode & 0o100) !== 0;
        return `${relative(root, file)} ${executable ? "x" : "-"} ${hash.digest("hex")}`;
      }),
  );
}

async function filesUnder(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const nested = entries
    .filter((entry) => entry.name !== "node_modules" && !entry.name.startsWith(".draft-"))
    .map((entry) => filesUnder(join(path, entry.name)));
  return (await Promise.all(nested)).flat();
}
