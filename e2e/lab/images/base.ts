import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../host/cache.ts";
import { run, type RunOptions } from "../host/command.ts";
import { ensurePackages } from "../host/packages.ts";
import { build, built, discard, refsOf } from "./buildah.ts";
import { debianSourcesFor } from "./debian.ts";
import { withFolder } from "./scratch.ts";

/** The image that the others are built from, made from Debian packages, since the lab has no registry to pull one from. */
export interface Base {
  readonly ref: string;
  readonly digest: string;
  readonly sources: readonly string[];
  /** apt's configuration, for reaching the sources. */
  readonly settings: string;
}

const repository = "localhost/nephos/base";
const release = "trixie";
const packages = ["ca-certificates", "python3", "python3-venv", "tini"];

/** As slim images have it: no manuals and translations, in later installations neither; the licences stay. */
const leftOut = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/man/*",
];

/** What the base image of this machine is made of. */
export async function planBase(): Promise<Base> {
  const { sources, settings } = await machineApt();
  const digest = digestOf([release, ...packages, ...leftOut, ...sources, settings]);
  return { ref: `${repository}:${release}-${digest}`, digest, sources, settings };
}

/** Makes the base image unless the storage has it; it takes the place of the one before. */
export async function ensureBase(base: Base, log?: RunOptions["log"]): Promise<void> {
  if (await built(base.ref)) return;
  await ensurePackages(["mmdebstrap", "debian-archive-keyring"], log);
  log?.(`building ${base.ref}`);
  await withFolder(async (work) => {
    await bootstrap(work, base, log);
    const containerfile = join(work, "Containerfile");
    await writeFile(containerfile, "FROM scratch\nADD base.tar /\n");
    await build({ ref: base.ref, containerfile, context: work, args: {} }, log);
    await discard((await refsOf(repository)).filter((ref) => ref !== base.ref));
  });
}

async function bootstrap(work: string, { sources, settings }: Base, log?: RunOptions["log"]): Promise<void> {
  const configuration = join(work, "apt.conf");
  await writeFile(configuration, settings);
  const options = ["--variant=minbase", `--include=${packages.join(",")}`, `--aptopt=${configuration}`];
  const slim = leftOut.map((option) => `--dpkgopt=${option}`);
  await run("mmdebstrap", [...options, ...slim, release, join(work, "base.tar"), ...sources], {
    env: { TMPDIR: work },
    ...(log === undefined ? {} : { log }),
  });
}

/** The machine's mirrors, and what its apt needs to reach them. No mirrors (not Debian): the tool's own default. */
async function machineApt(): Promise<{ readonly sources: readonly string[]; readonly settings: string }> {
  const system = await readFile("/etc/os-release", "utf8");
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(system)?.[1] ?? "";
  const listed: string[] = await readdir("/etc/apt/sources.list.d").catch(() => []);
  const paths = ["/etc/apt/sources.list", ...listed.sort().map((file) => `/etc/apt/sources.list.d/${file}`)];
  const files = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  const dump = await run("apt-config", ["dump", "--no-empty", "Acquire"]).catch(() => "");
  const settings = dump.split("\n").filter((line) => /^Acquire::\w+(?:::[^ ]*)?::(?:Proxy|CaInfo|Verify-)/i.test(line));
  const machine = { distribution: field("ID"), codename: field("VERSION_CODENAME"), files };
  return { sources: debianSourcesFor(release, machine), settings: `${settings.join("\n")}\n` };
}
