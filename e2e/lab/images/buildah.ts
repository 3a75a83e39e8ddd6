import { join } from "node:path";
import { cacheDir } from "../host/cache.ts";
import { run, type RunOptions } from "../host/command.ts";
import { ensurePackages } from "../host/packages.ts";

/** One build of one Containerfile. */
export interface Build {
  readonly ref: string;
  readonly containerfile: string;
  readonly context: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Newer releases of buildah refuse to start without netavark, although builds here use the machine's network. */
const packages = ["buildah", "netavark"];

/** A storage of its own: no image or container of the machine's user is seen or touched. */
const storage = ["--root", join(cacheDir, "buildah"), "--runroot", "/run/nephos-buildah"];

/** What is read from the machine during a build: who it trusts and how it resolves names. */
const mounts = ["/etc/ssl/certs", "/etc/resolv.conf"];

function buildah(args: readonly string[], log?: RunOptions["log"]): Promise<string> {
  return run("buildah", [...storage, ...args], log === undefined ? {} : { log });
}

/** Builds an image into the storage. */
export async function build({ ref, containerfile, context, args }: Build, log?: RunOptions["log"]): Promise<void> {
  await ensurePackages(packages, log);
  const options = ["--isolation", "chroot", "--layers", "--pull=false", "--tag", ref, "--file", containerfile];
  const volumes = mounts.flatMap((path) => ["--volume", `${path}:${path}:ro`]);
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  await buildah(["bud", ...options, ...volumes, ...buildArgs, context], log);
}

/** Writes a built image to an OCI archive; zstd costs a fraction of gzip's time, and container runtimes read both. */
export async function exportImage(ref: string, archive: string, log?: RunOptions["log"]): Promise<void> {
  const options = ["--quiet", "--compression-format", "zstd", "--compression-level", "3"];
  await buildah(["push", ...options, ref, `oci-archive:${archive}:${ref}`], log);
}

/** Whether the storage has this image. */
export async function built(ref: string): Promise<boolean> {
  await ensurePackages(packages);
  return buildah(["inspect", "--type", "image", ref]).then(
    () => true,
    () => false,
  );
}

/** Takes an image from its archive into the storage, unless it is there. */
export async function ensureStored(ref: string, archive: string, log?: RunOptions["log"]): Promise<void> {
  if (await built(ref)) return;
  const id = (await buildah(["pull", "--quiet", `oci-archive:${archive}`], log)).trim();
  await buildah(["tag", id, ref]);
}

/** The tagged images of a repository that the storage has. */
export async function refsOf(repository: string): Promise<string[]> {
  const listed = await buildah(["images", "--format", "{{.Name}}:{{.Tag}}"]);
  return listed.split("\n").filter((ref) => ref.startsWith(`${repository}:`));
}

/** Forgets images, and the layers that only they used. */
export async function discard(refs: readonly string[]): Promise<void> {
  for (const ref of refs) await buildah(["rmi", ref]).catch(() => undefined);
}

/** Forgets every stage of past builds that no image came out of: gigabytes, where compilers and package caches were in them. */
export async function discardStages(): Promise<void> {
  await buildah(["rmi", "--prune"]).catch(() => undefined);
}

/** Brings an archive's image to a registry, with the credentials of the machine's user where the registry wants some. */
export async function pushArchive(archive: string, destination: string, log?: RunOptions["log"]): Promise<void> {
  await ensurePackages(packages, log);
  const image = (await buildah(["pull", "--quiet", `oci-archive:${archive}`], log)).trim();
  // A registry on this machine speaks plain HTTP as often as not; any other has to prove who it is.
  const local = /^(localhost|127\.0\.0\.1)[:/]/.test(destination) ? ["--tls-verify=false"] : [];
  await buildah(["push", ...local, image, `docker://${destination}`], log);
}

/** Runs a program in a container of an archive's image and gives its output; nothing of the container stays. */
export async function runInArchive(
  archive: string,
  command: readonly string[],
  log?: RunOptions["log"],
): Promise<string> {
  await ensurePackages(packages, log);
  const container = (await buildah(["from", "--quiet", `oci-archive:${archive}`], log)).trim();
  try {
    return await buildah(["run", "--isolation", "chroot", container, "--", ...command]);
  } finally {
    await buildah(["rm", container]);
  }
}
