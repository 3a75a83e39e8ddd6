import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../../images/operator/bundle.ts";
import { cached, cacheDir, sourcesOf } from "../../lab/host/cache.ts";
import { run } from "../../lab/host/command.ts";
import { ensureGo, goVersionOf } from "../../lab/toolchain.ts";

type Log = (line: string) => void;

/** Objects that each contender works on at the same time. */
export const workers = 10;

const root = join(import.meta.dirname, "..", "..", "..");

/** A controller to be measured: what starts it. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The controller that ours is measured against, and the driver that measures both, from the benchmark's own sources. */
export async function ensureGoPrograms(
  bench: string,
  log: Log,
): Promise<{ readonly driver: string; readonly baseline: Contender }> {
  const [driver, baseline] = [await goProgram(bench, "driver", log), await goProgram(bench, "baseline", log)];
  // No throttle of its own that the other has not.
  const command = [baseline, "-workers", String(workers), "-qps", "1000"];
  return { driver, baseline: { name: "controller-runtime", command, env: {} } };
}

async function goProgram(bench: string, name: string, log: Log): Promise<string> {
  const go = await ensureGo(await goVersionOf([join(bench, name, "go.mod")]), log);
  const key = [...(await sourcesOf(bench, [name])), process.arch];
  const folder = await cached(`bench-${name}`, key, async (draft) => {
    log(`building ${name}`);
    const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
    const flags = ["-trimpath", "-ldflags", "-s -w"];
    await run(go, ["build", ...flags, "-o", join(draft, name), "."], { cwd: join(bench, name), env, log });
  });
  return join(folder, name);
}

/** Our runtime, bundled as the operator is and run with the flags of the operator's image. */
export async function ourContender(): Promise<Contender> {
  const folder = join(cacheDir, "bench-nephos");
  await bundle(folder, join(import.meta.dirname, "controller.ts"));
  const { env, flags } = imageFlags(await readFile(join(root, "images", "operator", "Containerfile"), "utf8"));
  const command = [join(folder, "node"), ...flags, join(folder, "nephos.mjs")];
  return { name: "nephos", command, env: { ...env, WORKERS: String(workers) } };
}

/** With what the image runs node: its environment as far as it is about memory, and the flags in its command (node takes some of V8's only there). */
export function imageFlags(containerfile: string): {
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
} {
  const options = /^ENV NODE_OPTIONS="([^"]*)"/m.exec(containerfile)?.[1];
  const arenas = /^ +MALLOC_ARENA_MAX=(\d+)/m.exec(containerfile)?.[1];
  const entry = /^ENTRYPOINT \["\/node",(.*)"\/nephos\.mjs"\]$/m.exec(containerfile)?.[1];
  if (options === undefined || entry === undefined) {
    throw new Error("the operator's Containerfile has no NODE_OPTIONS, or does not run /node and /nephos.mjs");
  }
  const env = { NODE_OPTIONS: options, ...(arenas === undefined ? {} : { MALLOC_ARENA_MAX: arenas }) };
  return { env, flags: [...entry.matchAll(/"([^"]*)"/g)].flatMap(([, flag]) => flag ?? []) };
}
