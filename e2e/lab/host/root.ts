import { spawnSync } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

// Set for the process that runs as root on behalf of another user: whose files it should leave readable.
const callerVariable = "NEPHOS_CALLER";

// Of the caller's environment, what decides where things lie and how downloads find their way.
const kept = [
  "PATH",
  "TERM",
  "KUBEBUILDER_ASSETS",
  "NODES",
  "NAME",
  "CLUSTER",
  "REGISTRY",
  "KUBECONFIG",
  "BENCH",
  "ROUNDS",
  "PARENTS",
  "CHILDREN",
  "RUNS",
  "PARTS",
  "CI",
  "GOPROXY",
  "GOSUMDB",
  "GONOSUMDB",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "PIP_INDEX_URL",
  "PIP_CERT",
  "UV_DEFAULT_INDEX",
  "UV_INDEX_URL",
  "DOCKER_CONFIG",
  "REGISTRY_AUTH_FILE",
];

/** The environment that a process started for this user gets when it runs as root. */
export function rootEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  user: { readonly home: string; readonly uid: number; readonly gid: number },
): string[] {
  const passed = kept.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return [
    `HOME=${user.home}`,
    `XDG_CACHE_HOME=${environment["XDG_CACHE_HOME"] ?? join(user.home, ".cache")}`,
    `XDG_STATE_HOME=${environment["XDG_STATE_HOME"] ?? join(user.home, ".local", "state")}`,
    `${callerVariable}=${user.uid}:${user.gid}`,
    ...passed,
  ];
}

/** A search path that finds root's programs, nft among them: Debian's ordinary users, and root after a plain su, do not have theirs. */
export function withSystemFolders(path: string): string {
  const folders = path.split(":").filter((folder) => folder !== "");
  return [...new Set([...folders, "/usr/local/sbin", "/usr/sbin", "/sbin"])].join(":");
}

/** Goes on as root: where this process is not, it runs the same command once more through sudo and ends with that one's result. */
export function continueAsRoot(reason: string): void {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) {
    // What is made for a user must be readable to that user; keys and data are closed one by one.
    process.umask(0o022);
    process.env["PATH"] = withSystemFolders(process.env["PATH"] ?? "");
    return;
  }
  if (process.env[callerVariable] !== undefined) throw new Error("sudo did not make this process root");
  process.stderr.write(`${reason} needs root; going on through sudo.\n`);
  const user = { home: homedir(), uid, gid: process.getgid?.() ?? uid };
  const environment = rootEnvironment(process.env, user);
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const result = spawnSync("sudo", ["--", "env", ...environment, ...command], { stdio: "inherit" });
  if (result.error !== undefined) {
    process.stderr.write(`sudo cannot be run (${result.error.message}): run this command as root.\n`);
  }
  process.exit(result.status ?? 1);
}

/** Whether this process is root on behalf of another user: in that user's folders it should leave nothing of root's. */
export function onBehalfOfCaller(): boolean {
  return process.env[callerVariable] !== undefined;
}

/** Gives a file or folder to the user on whose behalf this process runs as root; does nothing for root's own. */
export async function handToCaller(path: string): Promise<void> {
  const [uid, gid] = (process.env[callerVariable] ?? "").split(":").map(Number);
  if (uid === undefined || gid === undefined || Number.isNaN(gid)) return;
  await chown(path, uid, gid);
}

/** Makes a folder that belongs to the user on whose behalf this process runs, and so do the folders above it that were missing. */
export async function makeForCaller(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await handToCaller(made);
}
