import { join } from "node:path";
import { installManifests } from "../../charts/install.ts";
import { services } from "../../controllers/services/index.ts";
import { stopCluster } from "../lab/cluster.ts";
import { cacheDir } from "../lab/host/cache.ts";
import { run } from "../lab/host/command.ts";
import { continueAsRoot } from "../lab/host/root.ts";
import { type Image, infraImage, openstackImage, operatorImage, ovnImage } from "../lab/images.ts";
import { ensureOpenStackClient } from "../lab/openstack-client.ts";
import { runTasks, type Task, TasksFailed } from "../lab/tasks.ts";
import { clientEnvironment, exportLines } from "./client-env.ts";
import { cloudIn, rollOut } from "./cloud.ts";
import { installOperator } from "./operator.ts";
import { farewell, findPlace, type Place, requireRegistry, startPlace, type Wish, wishOf } from "./target.ts";

type Log = (line: string) => void;

const folder = join(import.meta.dirname, "..", "..", "crds", "samples");
const manifest = join(folder, "single-node.yaml");
/** The fabric that the cloud works on. */
const fabric = join(folder, "network.yaml");

const downloadHint =
  "run make up again: it goes on where it stopped; with a mirror or proxy, check that apt, pip and npm reach it";

/** What tasks hand on to the ones after them. */
interface Bench {
  place?: Place;
  readonly images: Map<string, readonly Image[]>;
  client?: string;
}

function imageTasks(bench: Bench): Task[] {
  const image = (name: string, build: (log: Log) => Promise<readonly Image[]>): Task => ({
    name: `image ${name}`,
    after: [],
    hint: downloadHint,
    run: async (log) => void bench.images.set(name, await build(log)),
  });
  const projects = services.map(({ name }) => name);
  return [
    image("openstack", (log) => openstackImage(cloudIn(manifest).release, projects, log)),
    image("infra", async (log) => [await infraImage(log)]),
    image("ovn", async (log) => [await ovnImage(log)]),
    image("operator", async (log) => [await operatorImage(log)]),
  ];
}

function upTasks(wish: Wish): Task[] {
  const bench: Bench = { images: new Map() };
  const images = imageTasks(bench);
  return [
    ...images,
    {
      name: "kubernetes",
      after: [],
      hint: wish.cluster === "current" ? "check that kubectl get nodes works" : "run make down, then make up again",
      run: async (log) => void (bench.place = await startPlace(wish, log)),
    },
    {
      name: "openstack command",
      after: [],
      hint: downloadHint,
      run: async (log) => void (bench.client = await ensureOpenStackClient(log)),
    },
    {
      name: "operator",
      after: ["kubernetes", ...images.map(({ name }) => name)],
      hint: wish.cluster === "current" ? "check that REGISTRY takes a push" : "run make up again",
      run: (log) => install(bench, wish, log),
    },
    {
      name: "cloud",
      after: ["operator"],
      hint: "run make up again",
      run: (log) => rollOut(placeOf(bench), manifest, [fabric], log),
    },
    {
      name: "token",
      after: ["cloud", "openstack command"],
      hint: "check that the address above is reached from here and not by way of a proxy, then run make up again",
      run: (log) => issueToken(bench, log),
    },
  ];
}

function placeOf({ place }: Bench): Place {
  if (place === undefined) throw new Error("there is no Kubernetes");
  return place;
}

async function install(bench: Bench, { registry = "localhost/nephos" }: Wish, log: Log): Promise<void> {
  const place = placeOf(bench);
  const { operator = "", ...images } = await place.deliver([...bench.images.values()].flat(), log);
  const namespaces = [cloudIn(manifest).namespace];
  const manifests = installManifests({ image: operator, images, registry, namespaces });
  await installOperator(place, manifests, log);
}

async function issueToken(bench: Bench, log: Log): Promise<void> {
  const env = await clientEnvironment(placeOf(bench), cloudIn(manifest));
  const openstack = join(bench.client ?? "", "bin", "openstack");
  const expires = await run(openstack, ["token", "issue", "-f", "value", "-c", "expires"], {
    // It remembers its plug-ins in the cache: in the user's own, root's files would be in the way.
    env: { ...env, XDG_CACHE_HOME: cacheDir },
    timeoutInSeconds: 60,
  });
  log(`Keystone at ${env["OS_AUTH_URL"]} issued a token, good until ${expires.trim()}`);
}

async function up(wish: Wish): Promise<void> {
  requireRegistry(wish);
  continueAsRoot(
    wish.cluster === "embedded" ? "A cluster of our own (namespaces, a bridge, cgroups)" : "Building images",
  );
  await runTasks(upTasks(wish), { logs: join(cacheDir, "logs", wish.name) });
  process.stdout.write(farewell(wish, cloudIn(manifest).namespace));
}

async function printEnvironment(wish: Wish): Promise<void> {
  const target = await findPlace(wish, (line) => process.stderr.write(`${line}\n`));
  if (target === undefined) throw new Error("no cluster of ours runs: start one with make up");
  const client = await ensureOpenStackClient((line) => process.stderr.write(`${line}\n`));
  const variables = await clientEnvironment(target, cloudIn(manifest));
  process.stdout.write(exportLines({ KUBECONFIG: target.kubeconfig, ...variables }));
  process.stdout.write(`export PATH="${target.binaries}:${join(client, "bin")}:$PATH"\n`);
}

async function down(wish: Wish): Promise<void> {
  if (wish.cluster === "current") {
    throw new Error(
      "make down takes down the embedded cluster only; in your own, delete the clouds (their volumes and passwords stay) and then the namespace nephos-system",
    );
  }
  continueAsRoot("Taking the cluster down");
  await stopCluster(wish.name, (line) => process.stdout.write(`${line}\n`));
}

const commands = { up, env: printEnvironment, down } as const;

try {
  const command = Object.entries(commands).find(([name]) => name === process.argv[2])?.[1];
  if (command === undefined) throw new Error("usage: node e2e/up/main.ts up|env|down");
  await command(wishOf(process.env));
} catch (error) {
  // What tasks had to say was said when they failed.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TasksFailed ? 2 : 1;
}
