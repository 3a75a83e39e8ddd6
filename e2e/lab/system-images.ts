import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { SystemImages } from "./config/addons.ts";
import { cached, digestOf } from "./host/cache.ts";
import { run } from "./host/command.ts";
import { locked } from "./host/lock.ts";
import { type ImageEntry, type ImageSource, ociArchive } from "./oci.ts";

/** The images that every node has, as archives, and the names they go by. */
export interface SystemArchives {
  readonly names: SystemImages;
  readonly archives: readonly string[];
}

// Change it with what an image is made of below: the names carry it, so that running pods are replaced.
const recipe = "1";

/** Makes the images of pause, busybox, CoreDNS and the volume provisioner out of the programs in the two folders. */
export async function ensureSystemImages(binaries: string, runtime: string): Promise<SystemArchives> {
  const key = [recipe, basename(binaries), basename(runtime)];
  const tag = digestOf(key);
  const name = (image: string) => `localhost/nephos/${image}:${tag}`;
  const names = {
    pause: name("pause"),
    busybox: name("busybox"),
    coredns: name("coredns"),
    localPath: name("local-path"),
  };
  const folder = await locked(
    "system-images",
    () => undefined,
    () =>
      cached("system-images", key, async (draft) => {
        const sources = [
          await program(names.pause, join(binaries, "pause"), "65535"),
          await program(names.coredns, join(binaries, "coredns"), "0"),
          await program(names.localPath, join(binaries, "local-path-provisioner"), "65534"),
          await busybox(names.busybox, runtime),
        ];
        for (const source of sources) await writeFile(join(draft, fileOf(source.name)), ociArchive(source));
      }),
  );
  return { names, archives: Object.values(names).map((image) => join(folder, fileOf(image))) };
}

function fileOf(image: string): string {
  return `${image.replace(/^.*\//, "").replace(/:.*$/, "")}.tar`;
}

async function program(name: string, path: string, user: string): Promise<ImageSource> {
  const file = await readFile(path);
  return {
    name,
    architecture: architecture(),
    entries: [...ground, { path: "main", mode: 0o755, content: { file } }],
    entrypoint: ["/main"],
    user,
  };
}

async function busybox(name: string, runtime: string): Promise<ImageSource> {
  const path = ["usr/bin/busybox", "bin/busybox"].map((each) => join(runtime, each)).find((each) => existsSync(each));
  if (path === undefined) throw new Error(`no busybox in ${runtime}`);
  const applets = (await run(path, ["--list"])).split("\n").filter((applet) => applet !== "" && applet !== "busybox");
  return {
    name,
    architecture: architecture(),
    entries: [
      ...ground,
      { path: "bin", mode: 0o755, content: "folder" },
      { path: "bin/busybox", mode: 0o755, content: { file: await readFile(path) } },
      ...applets.map((applet): ImageEntry => ({ path: `bin/${applet}`, mode: 0o777, content: { link: "busybox" } })),
    ],
    entrypoint: [],
  };
}

const ground: readonly ImageEntry[] = [
  { path: "etc", mode: 0o755, content: "folder" },
  {
    path: "etc/passwd",
    mode: 0o644,
    content: { file: Buffer.from("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n") },
  },
  { path: "tmp", mode: 0o1777, content: "folder" },
];

function architecture(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
