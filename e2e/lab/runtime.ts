import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asPart } from "./failure.ts";
import { cached } from "./host/cache.ts";
import { run } from "./host/command.ts";
import { locked } from "./host/lock.ts";
import { ensurePackages } from "./host/packages.ts";

type Log = (line: string) => void;

/** Packages of the host that machines and their network need; the same names in Debian 12, 13 and Ubuntu. */
const hostPackages = [
  "conntrack",
  "iproute2",
  "iptables",
  "kmod",
  "libseccomp2",
  "mount",
  "nftables",
  "openssl",
  "procps",
  "util-linux",
];

// Unpacked, never installed: containerd's package starts a service, and it conflicts with Docker's.
const unpacked = ["containerd", "runc", "containernetworking-plugins", "busybox-static"];

/** Installs the host's tools that a cluster needs. */
export function ensureHostTools(log: Log): Promise<void> {
  const hint = "check that apt-get update works on this machine, or install these packages by hand";
  return asPart(`host packages (${hostPackages.join(", ")})`, hint, () => ensurePackages(hostPackages, log));
}

/** A folder with containerd, runc, the CNI plugins and a static busybox, laid out as in their packages. */
export function ensureRuntime(log: Log): Promise<string> {
  const hint = `check that apt-get download works here for ${unpacked.join(", ")}`;
  return asPart("container runtime", hint, async () => {
    const system = await readFile("/etc/os-release", "utf8");
    const release = system.split("\n").filter((line) => /^(ID|VERSION_ID)=/.test(line));
    return locked("runtime", log, () =>
      cached("runtime", [...release.sort(), process.arch, ...unpacked], (folder) => unpack(folder, log)),
    );
  });
}

async function unpack(folder: string, log: Log): Promise<void> {
  const downloads = await mkdtemp(join(tmpdir(), "nephos-packages-"));
  try {
    const download = () => run("apt-get", ["download", "-q", ...unpacked], { cwd: downloads, log });
    // A machine that has never fetched its package lists, or has old ones, is given new ones.
    await download().catch(async () => {
      await run("apt-get", ["update", "-q"], { log });
      await download();
    });
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(downloads)) {
      if (file.endsWith(".deb")) await run("dpkg", ["-x", join(downloads, file), folder], { log });
    }
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}
