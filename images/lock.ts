/**
 * Makes the lock files. `node images/lock.ts --release 2026.1 --constraints FILE_OR_URL [PROJECT…]` locks the named projects
 * together with those that have a lock already, so that all locks of a release agree; with `--tools` in place of `--release`, the
 * locks that belong to no release.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { imagePython, tools } from "./releases.ts";
import { conflictsOf, projectsOf, requirementsOf, withoutPinsOf } from "./requirements.ts";
import { installUv, python, uvEnvironment, uvLock } from "./uv.ts";

const locksFolder = join(import.meta.dirname, "locks");
const imagePlatform = "x86_64-manylinux_2_40";

interface Resolution {
  readonly requirements: readonly string[];
  readonly constraints: string;
  /** How to make this lock again, for its header. */
  readonly command: string;
  readonly target: readonly string[];
}

type Resolve = (resolution: Resolution) => Promise<string>;

async function resolverIn(scratch: string): Promise<Resolve> {
  const uv = existsSync(uvLock) ? await installUv(join(scratch, "uv")) : "uv";
  return async ({ requirements, constraints, command, target }) => {
    const [wanted, bounds] = [join(scratch, "wanted.in"), join(scratch, "constraints.txt")];
    await writeFile(wanted, requirements.join("\n"));
    await writeFile(bounds, constraints);
    const options = ["--generate-hashes", "--no-annotate", "--no-emit-index-url", "--custom-compile-command", command];
    const { stdout } = await promisify(execFile)(
      uv,
      ["pip", "compile", "--quiet", "--python", python, ...target, ...options, "-c", bounds, wanted],
      { env: { ...process.env, ...uvEnvironment }, maxBuffer: 64 << 20 },
    );
    return stdout;
  };
}

async function lockRelease(release: string, named: readonly string[], upstream: string, resolve: Resolve) {
  const folder = join(locksFolder, release);
  const kept = existsSync(folder) ? (await readdir(folder)).map((file) => basename(file, ".txt")) : [];
  const projects = projectsOf(release).filter((project) => [...kept, ...named].includes(project));
  const command = `node images/lock.ts --release ${release} --constraints FILE_OR_URL`;
  const target = ["--python-version", imagePython, "--python-platform", imagePlatform];

  const requirements = projects.flatMap((project) => requirementsOf(release, project));
  const constraints = withoutPinsOf(projects, upstream);
  const shared = await resolve({ requirements, constraints, command, target });

  const locks: Record<string, string> = {};
  for (const project of projects) {
    const own = requirementsOf(release, project);
    locks[project] = await resolve({ requirements: own, constraints: shared, command, target });
  }
  const conflicts = conflictsOf(locks);
  if (conflicts.length > 0) throw new Error(conflicts.join("\n"));
  await mkdir(folder, { recursive: true });
  for (const [project, lock] of Object.entries(locks)) await writeFile(join(folder, `${project}.txt`), lock);
}

async function lockTools(upstream: string, resolve: Resolve) {
  const command = "node images/lock.ts --tools --constraints FILE_OR_URL";
  for (const [name, { requirements, python: oldest }] of Object.entries(tools)) {
    const constraints = name === "client" ? upstream : "";
    const target = ["--universal", "--python-version", oldest];
    await writeFile(join(locksFolder, `${name}.txt`), await resolve({ requirements, constraints, command, target }));
  }
}

async function textAt(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return readFile(place, "utf8");
  const response = await fetch(place);
  if (!response.ok) throw new Error(`${place} answered ${response.status}`);
  return response.text();
}

const usage = "usage: node images/lock.ts (--release RELEASE | --tools) --constraints FILE_OR_URL [PROJECT…]";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { release: { type: "string" }, constraints: { type: "string" }, tools: { type: "boolean" } },
  });
  const { release, constraints } = values;
  if (constraints === undefined || (release === undefined) === (values.tools === undefined)) throw new Error(usage);
  for (const project of positionals) requirementsOf(release ?? "", project);
  const scratch = await mkdtemp(join(tmpdir(), "nephos-lock-"));
  try {
    const resolve = await resolverIn(scratch);
    const upstream = await textAt(constraints);
    await (release === undefined ? lockTools(upstream, resolve) : lockRelease(release, positionals, upstream, resolve));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

await main();
