import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { installUv, uvLock } from "../../../images/uv.ts";
import { cached } from "./cache.ts";
import { run, type RunOptions } from "./command.ts";
import { ensurePackages } from "./packages.ts";

/** The path of a uv of the locked version, installed once into the cache. */
export async function ensureUv(log?: RunOptions["log"]): Promise<string> {
  return join(await uvFolder(log), "bin", "uv");
}

/**
 * Where this machine's pip and uv get packages from, as environment variables of both: uv does not read pip's configuration, and
 * the inside of an image build reads nobody's. Empty where nothing is set, which means each tool's own default.
 */
export async function packageIndexes(log?: RunOptions["log"]): Promise<Readonly<Record<string, string>>> {
  const pip = join(await uvFolder(log), "bin", "pip");
  const configured = await run(pip, ["config", "get", "global.index-url"]).catch(() => "");
  const forPip = process.env["PIP_INDEX_URL"] ?? configured.trim();
  const forUv = process.env["UV_DEFAULT_INDEX"] ?? process.env["UV_INDEX_URL"] ?? forPip;
  return {
    ...(forPip === "" ? {} : { PIP_INDEX_URL: forPip }),
    ...(forUv === "" ? {} : { UV_DEFAULT_INDEX: forUv }),
  };
}

async function uvFolder(log?: RunOptions["log"]): Promise<string> {
  const lock = await readFile(uvLock, "utf8");
  return cached("uv", [lock], async (folder) => {
    await ensurePackages(["ca-certificates", "python3-venv"], log);
    log?.("installing uv");
    await installUv(folder);
  });
}
