import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { listAt, textAt } from "../../operator/object.ts";
import type { Scene } from "../scene/scene.ts";

const hierarchy = "/sys/fs/cgroup/memory";

/** Resident memory of every pod of a cluster, in MiB, the largest first: what its programs hold, without files that are only cached. */
export async function memoryOfPods(group: string, at: Scene): Promise<readonly (readonly [string, number])[]> {
  const pods = listAt(await at.json(["get", "pods", "--all-namespaces"]), "items");
  const names = new Map(
    pods.map((pod) => [textAt(pod, "metadata", "uid") ?? "", textAt(pod, "metadata", "name") ?? ""]),
  );
  const folders = (await readdir(join(hierarchy, group), { recursive: true })).filter((path) =>
    basename(path).startsWith("pod"),
  );
  const sizes = await Promise.all(
    folders.map(async (folder) => {
      const name = names.get(basename(folder).slice("pod".length));
      const text = await readFile(join(hierarchy, group, folder, "memory.stat"), "utf8").catch(() => "");
      const bytes = Number(/^total_rss (\d+)$/m.exec(text)?.[1] ?? 0);
      return name === undefined ? [] : [[name, Math.round(bytes / 2 ** 20)] as const];
    }),
  );
  return sizes.flat().sort(([, a], [, b]) => b - a);
}
