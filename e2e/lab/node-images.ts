import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { inside } from "./config/daemon.ts";
import { asPart } from "./failure.ts";
import { digestOf } from "./host/cache.ts";
import { run } from "./host/command.ts";
import { firstProcess } from "./host/machine.ts";

/** A node that takes images. */
export interface ImageStore {
  readonly name: string;
  readonly folder: string;
  /** Folder of the container runtime. */
  readonly runtime: string;
}

/** Brings archives into the image store of a node, each content once. */
export async function importImages(
  store: ImageStore,
  archives: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const seen = join(store.folder, "images");
  await mkdir(seen, { recursive: true });
  for (const archive of archives) {
    const mark = join(seen, await contentOf(archive, seen));
    if (existsSync(mark)) continue;
    log(`${store.name}: importing ${basename(archive)}`);
    await importInto(store, archive);
    await writeFile(mark, `${archive}\n`);
  }
}

function importInto(store: ImageStore, archive: string): Promise<string> {
  const hint = "check that the disk is not full and that the archive is whole; a changed file is imported again";
  return asPart(`image ${basename(archive)} on ${store.name}`, hint, async () => {
    const pid = firstProcess(store.folder);
    if (pid === undefined) throw new Error("the node is down");
    // By way of PID 1's root, the host reaches a socket that only the machine has under its name.
    const address = `/proc/${pid}/root${inside.containerd}`;
    const ctr = join(store.runtime, "usr", "bin", "ctr");
    const bring = () => run(ctr, ["--address", address, "--namespace", "k8s.io", "images", "import", archive]);
    // The import of a start that was interrupted may still be at it, and holds locks on what it writes.
    return bring().catch(() => sleep(2000).then(bring));
  });
}

/** The digest of a file, read only once as long as size and time stay the same. */
async function contentOf(file: string, memory: string): Promise<string> {
  const { size, mtimeNs } = await stat(file, { bigint: true });
  const note = join(memory, `file-${digestOf([file, String(size), String(mtimeNs)])}`);
  if (existsSync(note)) return readFile(note, "utf8");
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const digest = hash.digest("hex");
  await writeFile(note, digest);
  return digest;
}
