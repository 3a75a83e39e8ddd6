import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The lock that uv itself is installed from. */
export const uvLock: string = join(import.meta.dirname, "locks", "uv.txt");

/** The system's own Python where there is one: what PATH has first may be a shim of some version switcher. */
export const python: string = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

/** uv never fetches interpreters: it works with the Python it is given. It trusts whom the machine trusts, as apt, pip and Go do. */
export const uvEnvironment: Readonly<Record<string, string>> = {
  UV_PYTHON_DOWNLOADS: "never",
  UV_SYSTEM_CERTS: "true",
};

/** Installs uv into an environment made at `folder` and gives the path of its binary, which stays valid when the folder is moved. */
export async function installUv(folder: string): Promise<string> {
  const execute = promisify(execFile);
  await execute(python, ["-m", "venv", folder]);
  await execute(join(folder, "bin", "pip"), ["install", "--quiet", "--require-hashes", "-r", uvLock]);
  return join(folder, "bin", "uv");
}
