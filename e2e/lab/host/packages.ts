import { run, type RunOptions } from "./command.ts";
import { locked } from "./lock.ts";

/** Debian packages of this list that are not installed. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  const states = await Promise.all(
    names.map(async (name) => {
      const status = await run("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]).catch(() => "");
      return status.trim() === "installed" ? [] : [name];
    }),
  );
  return states.flat();
}

/** Installs what is missing of these Debian packages, without recommendations; nothing is run when all are there. */
export async function ensurePackages(names: readonly string[], log?: RunOptions["log"]): Promise<void> {
  if ((await missingPackages(names)).length === 0) return;
  await locked("packages", log ?? (() => undefined), () => install(names, log));
}

async function install(names: readonly string[], log?: RunOptions["log"]): Promise<void> {
  // Another process may have installed them while this one waited for its turn.
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  const options: RunOptions = { env: { DEBIAN_FRONTEND: "noninteractive" }, ...(log === undefined ? {} : { log }) };
  // Some other program of this machine may be at its packages.
  const patience = ["-o", "DPkg::Lock::Timeout=300"];
  await run("apt-get", ["update", "-q", ...patience], options);
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...patience, ...missing], options);
}
