import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./program.ts";
import { programVersion } from "./version.ts";

const stop = new AbortController();
process.once("SIGINT", () => {
  stop.abort();
  // What waits for an answer does not hear of it.
  setTimeout(() => process.exit(130), 300).unref();
});
// A reader that has seen enough (`| head`) is no error of ours.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  terminal: process.stdout.isTTY,
  signal: stop.signal,
  version: programVersion,
  now: () => Date.now(),
  out: (words) => void process.stdout.write(words),
  say: (line) => void process.stderr.write(`${line}\n`),
  read: (file) => (file === "-" ? text(process.stdin) : readFile(file, "utf8")),
  write: (file, content) => writeFile(file, content, { mode: 0o600 }),
  sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: stop.signal }),
  // What speaks with a cluster is most of what there is to load.
  connect: async (target) => (await import("./kubeconfig.ts")).openCluster(target),
});
