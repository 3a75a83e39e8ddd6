import { spawn } from "node:child_process";
import { join } from "node:path";
import { cacheDir } from "./cache.ts";
import { makeForCaller } from "./root.ts";

/**
 * Does something while nobody else on this machine does it under the same name. The lock is held by a child that lives only as long
 * as this process keeps its input open: it falls whatever end this process comes to.
 */
export async function locked<T>(name: string, log: (line: string) => void, action: () => Promise<T>): Promise<T> {
  const folder = join(cacheDir, "locks");
  await makeForCaller(folder);
  const holder = spawn("flock", ["--exclusive", join(folder, name), "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const patience = setTimeout(() => log(`waiting for another process that holds the lock "${name}"`), 2000);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("exit", (code) => reject(new Error(`cannot take the lock "${name}": flock ended with ${code}`)));
      holder.stdin.on("error", () => undefined);
      holder.stdin.write("held\n");
    });
    clearTimeout(patience);
    return await action();
  } finally {
    clearTimeout(patience);
    holder.stdin.end();
  }
}
