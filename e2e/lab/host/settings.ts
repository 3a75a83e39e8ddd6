import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./command.ts";

/**
 * What the kernel must be told once for the whole host, namespaces or not. The first three are needed by the clusters; the others
 * are what a kubelet sets when it starts.
 */
const wanted: readonly { readonly name: string; readonly value: number; readonly orMore?: true }[] = [
  { name: "net/ipv4/ip_forward", value: 1 },
  { name: "fs/inotify/max_user_instances", value: 8192, orMore: true },
  { name: "fs/inotify/max_user_watches", value: 524_288, orMore: true },
  { name: "vm/overcommit_memory", value: 1 },
  { name: "vm/panic_on_oom", value: 0 },
  { name: "kernel/panic", value: 10 },
  { name: "kernel/panic_on_oops", value: 1 },
  { name: "kernel/keys/root_maxkeys", value: 1_000_000, orMore: true },
  { name: "kernel/keys/root_maxbytes", value: 25_000_000, orMore: true },
];

const modules = ["overlay", "br_netfilter", "nf_conntrack", "veth"];

/** Gives the kernel the settings that clusters need, and notes in a file how they were before the first one. */
export async function raiseHostSettings(record: string): Promise<void> {
  // Where they are built in, or modules cannot be loaded, what is missing shows in what needs it.
  await run("modprobe", ["-a", ...modules]).catch(() => undefined);
  const settings = wanted.filter(({ name }) => existsSync(join("/proc/sys", name)));
  const before = await Promise.all(
    settings.map(async ({ name }) => [name, (await readFile(join("/proc/sys", name), "utf8")).trim()] as const),
  );
  if (!existsSync(record)) {
    await mkdir(dirname(record), { recursive: true });
    await writeFile(record, `${JSON.stringify(Object.fromEntries(before), undefined, 2)}\n`);
  }
  const now = new Map<string, string>(before);
  for (const { name, value, orMore } of settings) {
    const current = Number(now.get(name));
    if (orMore === true ? current < value : current !== value) {
      await writeFile(join("/proc/sys", name), String(value));
    }
  }
}

/** Puts back what `raiseHostSettings` noted. */
export async function restoreHostSettings(record: string): Promise<void> {
  if (!existsSync(record)) return;
  const noted: unknown = JSON.parse(await readFile(record, "utf8"));
  if (typeof noted === "object" && noted !== null) {
    for (const [name, value] of Object.entries(noted)) {
      if (wanted.some((setting) => setting.name === name)) await writeFile(join("/proc/sys", name), String(value));
    }
  }
  await rm(record);
}
