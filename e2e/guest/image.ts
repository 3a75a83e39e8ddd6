import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cached } from "../lab/host/cache.ts";
import { run, type RunOptions } from "../lab/host/command.ts";
import { ensurePackages } from "../lab/host/packages.ts";
import { planBase } from "../lab/images/base.ts";
import { withFolder } from "../lab/images/scratch.ts";

/** What a guest boots from. */
export interface GuestImage {
  readonly kernel: string;
  readonly ramDisk: string;
}

const release = "trixie";
const packages = ["linux-image-cloud-amd64", "busybox-static", "dropbear-bin"];

/** Drivers that a server of OpenStack needs, in an order in which they can be loaded. */
const modules = ["failover", "net_failover", "virtio_net", "virtio_blk", "virtio_console", "virtio-rng"];

/** Of the libraries that Debian's packages bring along, those that dropbear is linked with. */
const libraries = /^(ld-linux-x86-64|libc|libcrypt|libtomcrypt|libtommath|libgmp|libz)\.so/;

/** Makes kernel and RAM disk of the guest, once. */
export async function guestImage(log?: RunOptions["log"]): Promise<GuestImage> {
  const { sources, settings } = await planBase();
  const scripts = await Promise.all(["init.sh", "dhcp.sh"].map((name) => readFile(script(name), "utf8")));
  const key = [release, ...packages, ...modules, libraries.source, ...scripts, ...sources, settings];
  const folder = await cached("guest", key, async (draft) => {
    await ensurePackages(["cpio", "mmdebstrap", "debian-archive-keyring", "xz-utils"], log);
    await withFolder(async (work) => {
      const system = join(work, "system");
      await unpack(system, work, sources, settings);
      await copyFile(await only(join(system, "boot"), /^vmlinuz-/), join(draft, "kernel"));
      await assemble(system, join(work, "guest"));
      await pack(join(work, "guest"), join(draft, "initrd"));
    });
  });
  return { kernel: join(folder, "kernel"), ramDisk: join(folder, "initrd") };
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

/** Unpacks the packages and what they need; nothing of them is run. */
async function unpack(system: string, work: string, sources: readonly string[], settings: string): Promise<void> {
  const configuration = join(work, "apt.conf");
  await writeFile(configuration, settings);
  const options = ["--variant=extract", "--format=directory", `--include=${packages.join(",")}`];
  await run("mmdebstrap", [...options, `--aptopt=${configuration}`, release, system, ...sources], {
    env: { TMPDIR: work },
  });
}

/** Puts the root of the guest together. */
async function assemble(system: string, guest: string): Promise<void> {
  for (const folder of ["bin", "sbin", "lib64", "lib/x86_64-linux-gnu", "modules", "etc"])
    await mkdir(join(guest, folder), { recursive: true });
  await copyFile(script("init.sh"), join(guest, "init"));
  await copyFile(script("dhcp.sh"), join(guest, "dhcp.sh"));
  await chmod(join(guest, "init"), 0o755);
  await chmod(join(guest, "dhcp.sh"), 0o755);
  const files = (await readdir(system, { recursive: true })).sort();
  await copyNamed(system, files, /(^|\/)bin\/busybox$/, join(guest, "bin"));
  await symlink("busybox", join(guest, "bin/sh"));
  await copyNamed(system, files, /(^|\/)sbin\/dropbear$/, join(guest, "bin"));
  const libs = files.filter((file) => libraries.test(basename(file)) && file.includes("x86_64-linux-gnu"));
  for (const lib of libs) await copyFile(join(system, lib), join(guest, "lib/x86_64-linux-gnu", basename(lib)));
  await copyFile(join(guest, "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"), join(guest, "lib64/ld-linux-x86-64.so.2"));
  await writeFile(join(guest, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(guest, "etc/group"), "root:x:0:\n");
  await copyModules(system, files, join(guest, "modules"));
}

async function copyNamed(system: string, files: readonly string[], which: RegExp, to: string): Promise<void> {
  const found = files.find((file) => which.test(file));
  if (found === undefined) throw new Error(`no file of the packages is like ${which.source}`);
  await copyFile(join(system, found), join(to, basename(found)));
}

/** Modules as the kernel takes them without help: unpacked. What it has built in has no file. */
async function copyModules(system: string, files: readonly string[], to: string): Promise<void> {
  for (const name of modules) {
    const found = files.find((file) => basename(file).replace(/\.xz$/, "") === `${name}.ko`);
    if (found === undefined) continue;
    const copy = join(to, basename(found));
    await copyFile(join(system, found), copy);
    if (copy.endsWith(".xz")) await run("xz", ["--decompress", copy]);
  }
  await writeFile(join(to, "order"), modules.map((name) => `${name}.ko\n`).join(""));
}

async function pack(root: string, archive: string): Promise<void> {
  const files = (await readdir(root, { recursive: true })).sort();
  const options = ["--create", "--quiet", "--format=newc", "--owner=+0:+0", `--file=${archive}.cpio`];
  await run("cpio", options, { cwd: root, input: `${files.join("\n")}\n` });
  await run("gzip", ["-1", `${archive}.cpio`]);
  await run("mv", [`${archive}.cpio.gz`, archive], { cwd: dirname(archive) });
}

async function only(folder: string, which: RegExp): Promise<string> {
  const [found] = (await readdir(folder)).filter((name) => which.test(name));
  if (found === undefined) throw new Error(`${folder} has nothing like ${which.source}`);
  return join(folder, found);
}
