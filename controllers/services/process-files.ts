import type { Process } from "./define.ts";
import { rpcPing, rpcPingPath } from "./rpc-ping.ts";

/** A file that a process finds beside its configuration. */
export interface ProcessFile {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Where uWSGI finds what it is told by a file. */
export const uwsgiPath = "/etc/nephos/uwsgi.ini";

/** What a process finds beside its configuration: what asks it whether it serves RPC, what uWSGI is told by a file. */
export function processFiles(process: Process): ProcessFile[] {
  const { run } = process;
  if ("wsgi" in run) {
    const { fileOptions } = run;
    if (fileOptions === undefined) return [];
    return [{ name: "uwsgi.ini", path: uwsgiPath, text: ["[uwsgi]", ...fileOptions, ""].join("\n") }];
  }
  const asked = "topic" in run && run.topic !== undefined;
  return asked ? [{ name: "rpc-ping.py", path: rpcPingPath, text: rpcPing }] : [];
}
