import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { python, uvEnvironment } from "../../images/uv.ts";
import { cached } from "./host/cache.ts";
import { run, type RunOptions } from "./host/command.ts";
import { ensureUv, packageIndexes } from "./host/uv.ts";

const lock = join(import.meta.dirname, "..", "..", "images", "locks", "client.txt");

/** The folder that has the `openstack` command in its `bin`: an environment of its own, of the locked versions. */
export async function ensureOpenStackClient(log?: RunOptions["log"]): Promise<string> {
  // Compiled parts belong to the Python they were installed for, and a machine's Python changes with its upgrades.
  const version = await run(python, ["--version"]);
  return cached("openstack-client", [await readFile(lock, "utf8"), version], async (folder) => {
    const uv = await ensureUv(log);
    log?.("installing the OpenStack client");
    const indexes = await packageIndexes(log);
    const options = {
      // Without a cache: root's files in the cache of the user it runs for would be in that user's way.
      env: { ...indexes, ...uvEnvironment, UV_NO_CACHE: "true", UV_LINK_MODE: "copy", VIRTUAL_ENV: folder },
      ...(log === undefined ? {} : { log }),
    };
    // Relocatable, since the folder gets its final name only when it is complete.
    await run(uv, ["venv", "--quiet", "--allow-existing", "--relocatable", "--python", python, folder], options);
    await run(uv, ["pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "-r", lock], options);
  });
}
