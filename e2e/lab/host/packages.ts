import { run, type RunOptions } from "./command.ts";

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
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  const options: RunOptions = { env: { DEBIAN_FRONTEND: "noninteractive" }, ...(log === undefined ? {} : { log }) };
  await run("apt-get", ["update", "-q"], options);
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], options);
}
