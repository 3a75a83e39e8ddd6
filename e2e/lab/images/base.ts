import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, digestOf } from "../host/cache.ts";
import { run, type RunOptions } from "../host/command.ts";
import { ensurePackages } from "../host/packages.ts";
import { build, built } from "./buildah.ts";
import { debianSourcesFor } from "./debian.ts";
import { withFolder } from "./scratch.ts";

/** The image that the others are built from, made from Debian packages, since the lab has no registry to pull one from. */
export interface Base {
  readonly ref: string;
  readonly digest: string;
}

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

/** Makes the base image unless the storage has it. */
export async function ensureBase(log?: RunOptions["log"]): Promise<Base> {
  const { sources, settings } = await machineApt();
  const key = [release, ...packages, ...leftOut, ...sources, settings];
  const base: Base = { ref: `localhost/nephos/base:${release}-${digestOf(key)}`, digest: digestOf(key) };
  if (await built(base.ref)) return base;
  const folder = await cached(`images/base-${release}`, key, async (draft) => {
    await ensurePackages(["mmdebstrap", "debian-archive-keyring"], log);
    await writeFile(join(draft, "Containerfile"), "FROM scratch\nADD base.tar /\n");
    await bootstrap(draft, sources, settings, log);
  });
  await build({ ref: base.ref, containerfile: join(folder, "Containerfile"), context: folder, args: {} }, log);
  return base;
}

function bootstrap(folder: string, sources: readonly string[], settings: string, log?: RunOptions["log"]) {
  return withFolder(async (work) => {
    const configuration = join(work, "apt.conf");
    await writeFile(configuration, settings);
    const options = ["--variant=minbase", `--include=${packages.join(",")}`, `--aptopt=${configuration}`];
    const slim = leftOut.map((option) => `--dpkgopt=${option}`);
    await run("mmdebstrap", [...options, ...slim, release, join(folder, "base.tar"), ...sources], {
      env: { TMPDIR: work },
      ...(log === undefined ? {} : { log }),
    });
  });
}

/** The machine's mirrors, and what its apt needs to reach them. No mirrors (not Debian): the tool's own default. */
async function machineApt(): Promise<{ readonly sources: readonly string[]; readonly settings: string }> {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1] ?? "";
  const listed = await readdir("/etc/apt/sources.list.d").catch(() => []);
  const paths = ["/etc/apt/sources.list", ...listed.sort().map((file) => `/etc/apt/sources.list.d/${file}`)];
  const files = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  const dump = await run("apt-config", ["dump", "--no-empty", "Acquire"]).catch(() => "");
  const settings = dump.split("\n").filter((line) => /^Acquire::\w+(?:::[^ ]*)?::(?:Proxy|CaInfo|Verify-)/i.test(line));
  return { sources: debianSourcesFor(release, { codename, files }), settings: `${settings.join("\n")}\n` };
}
