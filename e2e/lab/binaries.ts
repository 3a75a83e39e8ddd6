import { constants, existsSync } from "node:fs";
import { access, copyFile, link, mkdir, realpath, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asPart } from "./failure.ts";
import { cached, cacheDir, sourcesOf } from "./host/cache.ts";
import { run } from "./host/command.ts";
import { locked } from "./host/lock.ts";
import { onBehalfOfCaller } from "./host/root.ts";
import { ensureGo, goVersionOf } from "./toolchain.ts";

type Log = (line: string) => void;

/** The Kubernetes that the lab runs. */
export const kubernetesVersion = "v1.34.8";

const hint = "see the lines above; a machine without a way to the Go module proxy can set GOPROXY to one it reaches";

const modules = fileURLToPath(new URL("go", import.meta.url));

interface Tool {
  readonly name: string;
  /** Folder of the Go module that pins it. */
  readonly module: string;
  readonly package: string;
  /** How an installed one tells its version, and the minor version that serves; without it the tool is always built. */
  readonly version?: { readonly argv: readonly string[]; readonly serves: RegExp };
}

const kubernetesTool = (name: string, argv: readonly string[] = ["--version"]): Tool => ({
  name,
  module: "kubernetes",
  package: `k8s.io/kubernetes/cmd/${name}`,
  version: { argv, serves: /\bv1\.34\.\d+/ },
});

const tools: readonly Tool[] = [
  kubernetesTool("kube-apiserver"),
  kubernetesTool("kube-controller-manager"),
  kubernetesTool("kube-scheduler"),
  kubernetesTool("kube-proxy"),
  kubernetesTool("kubelet"),
  kubernetesTool("kubectl", ["version", "--client"]),
  {
    name: "etcd",
    module: "etcd",
    package: "go.etcd.io/etcd/server/v3",
    version: { argv: ["--version"], serves: /\b3\.6\.\d+/ },
  },
  { name: "coredns", module: "coredns", package: "github.com/coredns/coredns" },
  { name: "local-path-provisioner", module: "local-path", package: "github.com/rancher/local-path-provisioner" },
  { name: "pause", module: "pause", package: "." },
];

/** What no cluster needs, only who works with the chart or asks how tools see an object. */
const otherTools = {
  helm: { name: "helm", module: "helm", package: "helm.sh/helm/v4/cmd/helm" },
  kubeconform: { name: "kubeconform", module: "kubeconform", package: "github.com/yannh/kubeconform/cmd/kubeconform" },
  health: { name: "health", module: "health", package: "." },
} as const satisfies Record<string, Tool>;

/** Path of a tool that is not a cluster's, built from its pinned Go module the first time. Rejects with PartFailed. */
export function ensureTool(name: keyof typeof otherTools, log: Log = () => undefined): Promise<string> {
  const tool = otherTools[name];
  return asPart(name, hint, () =>
    // A lock and folders of its own: a cluster that starts meanwhile does not wait for this.
    locked(name, log, async () => {
      const work = join(cacheDir, `go-work-${name}`);
      const own = await built(tool.module, [tool], { work, log });
      await rm(work, { recursive: true, force: true });
      return join(own, tool.name);
    }),
  );
}

/**
 * A folder with every program of a cluster and kubectl: those that KUBEBUILDER_ASSETS or PATH have in the right minor version, and
 * the others built from the pinned Go modules.
 */
export function ensureBinaries(log: Log = () => undefined): Promise<string> {
  return asPart("Kubernetes binaries", hint, async () => {
    const found = new Map<string, string>();
    await Promise.all(
      tools.map(async (tool) => {
        const path = await installed(tool);
        if (path !== undefined) found.set(tool.name, path);
      }),
    );
    const names = tools.map((tool) => tool.name);
    const marks = await Promise.all(names.map((name) => markOf(found.get(name))));
    const sources = await sourcesOf(modules, [...new Set(tools.map((tool) => tool.module))]);
    const key = [...sources, kubernetesVersion, process.arch, ...names, ...marks];
    return locked("binaries", log, () => cached("binaries", key, (folder) => gather(folder, found, log)));
  });
}

async function gather(folder: string, found: ReadonlyMap<string, string>, log: Log): Promise<void> {
  const missing = tools.filter((tool) => !found.has(tool.name));
  for (const [name, path] of found) {
    log(`${name}: ${path}`);
    await linkOrCopy(path, join(folder, name));
  }
  const work = join(cacheDir, "go-work");
  // One after the other: a build uses every processor by itself.
  for (const [module, wanted] of Map.groupBy(missing, (tool) => tool.module)) {
    const own = await built(module, wanted, { work, log });
    for (const tool of wanted) await linkOrCopy(join(own, tool.name), join(folder, tool.name));
  }
  await rm(work, { recursive: true, force: true });
}

/** Where Go may leave what it only needs while it builds, and who is told of it. */
interface Site {
  readonly work: string;
  readonly log: Log;
}

/**
 * Go's folders: its own, or where root builds for another user, some that last until all is built. Modules and build cache come to
 * six gigabytes, and as root's files they would be in the way of that user's own Go.
 */
function goFolders(work: string): Readonly<Record<string, string>> {
  if (!onBehalfOfCaller()) return {};
  const configuration = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  return {
    GOMODCACHE: join(work, "modules"),
    GOCACHE: join(work, "built"),
    GOENV: join(configuration, "go", "env"),
    // Go counts there what it is used for.
    XDG_CONFIG_HOME: join(work, "config"),
  };
}

/** A folder with programs of one module, made from sources alone: a cache that already holds them only links them. */
async function built(module: string, wanted: readonly Tool[], site: Site): Promise<string> {
  const sources = await sourcesOf(modules, [module]);
  const key = [...sources, kubernetesVersion, process.arch, ...wanted.map((tool) => tool.name)];
  return cached(`built-${module}`, key, async (draft) => {
    const go = await ensureGo(await goVersionOf([join(modules, module, "go.mod")]), site.log);
    site.log(`building ${wanted.map((tool) => tool.name).join(", ")}`);
    for (const packages of batches(wanted)) await compile(go, module, packages, draft, site);
  });
}

// `go build` names a program after its package: one whose name differs is built by itself.
function batches(wanted: readonly Tool[]): (readonly Tool[])[] {
  const plain = wanted.filter((tool) => tool.package.endsWith(`/${tool.name}`));
  const renamed = wanted.filter((tool) => !plain.includes(tool)).map((tool) => [tool]);
  return plain.length === 0 ? renamed : [plain, ...renamed];
}

async function compile(go: string, module: string, wanted: readonly Tool[], folder: string, site: Site): Promise<void> {
  const [only] = wanted;
  const output = wanted.length === 1 && only !== undefined ? join(folder, only.name) : `${folder}/`;
  const stamp = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
    .map((path) => `-X ${path}.gitVersion=${kubernetesVersion}`)
    .join(" ");
  // Asked about the checkout, git would leave root's files in it, or refuse since the checkout is another user's.
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", `-s -w ${module === "kubernetes" ? stamp : ""}`.trim()];
  await run(go, ["build", ...flags, "-o", output, ...wanted.map((tool) => tool.package)], {
    cwd: join(modules, module),
    env: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off", ...goFolders(site.work) },
    log: site.log,
  });
}

/** Where this machine has the tool in a version that serves. */
async function installed(tool: Tool): Promise<string | undefined> {
  const { version } = tool;
  if (version === undefined) return undefined;
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const folders = [...(assets === undefined ? [] : [assets]), ...(process.env["PATH"] ?? "").split(delimiter)];
  // Not those that were built here: a user has them in PATH for kubectl, and what they are made from may have changed.
  for (const folder of folders.filter((each) => !each.startsWith(cacheDir))) {
    const path = join(folder, tool.name);
    if (!existsSync(path) || !(await executable(path))) continue;
    const said = await run(path, version.argv, { timeoutInSeconds: 10 }).catch(() => "");
    if (version.serves.test(said)) return realpath(path);
  }
  return undefined;
}

function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function markOf(path: string | undefined): Promise<string> {
  if (path === undefined) return "built";
  const { size, mtimeMs } = await stat(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** The same file under a second name where the file system can, else a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(join(to, ".."), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}
