import { join } from "node:path";
import { installManifests } from "../../charts/install.ts";
import { services } from "../../controllers/services/index.ts";
import { cacheDir } from "../lab/host/cache.ts";
import { run } from "../lab/host/command.ts";
import { hypervisorImage, type Image, infraImage, openstackImage, operatorImage, ovnImage } from "../lab/images.ts";
import { ensureOpenStackClient } from "../lab/openstack-client.ts";
import type { Task } from "../lab/tasks.ts";
import { clientEnvironment } from "./client-env.ts";
import { cloudIn, rollOut } from "./cloud.ts";
import { type FirstServer, firstServer } from "./first-server.ts";
import { applyHosts, hostsReady } from "./hosts.ts";
import { installOperator } from "./operator.ts";
import { type Place, startPlace, type Wish } from "./target.ts";

type Log = (line: string) => void;

const folder = join(import.meta.dirname, "..", "..", "crds", "samples");

/** The Cloud that is brought up. */
export const manifest = join(folder, "single-node.yaml");
/** The fabric that the cloud works on. */
const fabric = join(folder, "network.yaml");

const downloadHint =
  "run make up again: it goes on where it stopped; with a mirror or proxy, check that apt, pip and npm reach it";

const hostsInSeconds = 600;

/** What tasks hand on to the ones after them, and to whoever ran them. */
export interface Bench {
  place?: Place;
  readonly images: Map<string, readonly Image[]>;
  client?: string;
  server?: FirstServer;
}

/** The tasks that a wish takes: as far as a server in a cluster of ours; as far as a token in somebody else's, whose nodes are theirs to give. */
export function upTasks(wish: Wish, bench: Bench): Task[] {
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
    ...(wish.cluster === "embedded" ? hostTasks(bench) : []),
  ];
}

/** Hosts come up beside the cloud; a server comes last. */
function hostTasks(bench: Bench): Task[] {
  const { namespace } = cloudIn(manifest);
  return [
    {
      name: "hosts",
      after: ["operator"],
      hint: `eval "$(make env)"; kubectl -n ${namespace} describe computenodes; then make up again`,
      run: async (log) => {
        const place = placeOf(bench);
        if (place.outer === undefined) throw new Error("the cluster has no network outside");
        await applyHosts(place, place.outer, namespace);
        await hostsReady(place, namespace, hostsInSeconds, log);
      },
    },
    {
      name: "server",
      after: ["token", "hosts"],
      hint: `eval "$(make env)"; openstack server show first; openstack console log show first; openstack server delete first; then make up again`,
      run: async (log) => {
        bench.server = await firstServer(placeOf(bench), cloudIn(manifest), openstackOf(bench), log);
        log(`it answers at ${bench.server.address}`);
      },
    },
  ];
}

function imageTasks(bench: Bench): Task[] {
  const image = (
    name: string,
    build: (log: Log) => Promise<readonly Image[]>,
    after: readonly string[] = [],
  ): Task => ({
    name: `image ${name}`,
    after: [...after],
    hint: downloadHint,
    run: async (log) => void bench.images.set(name, await build(log)),
  });
  const projects = services.map(({ name }) => name);
  const { release } = cloudIn(manifest);
  return [
    image("openstack", (log) => openstackImage(release, projects, log)),
    image("hypervisor", async (log) => [await hypervisorImage(release, projects, log)], ["image openstack"]),
    image("infra", async (log) => [await infraImage(log)]),
    image("ovn", async (log) => [await ovnImage(log)]),
    image("operator", async (log) => [await operatorImage(log)]),
  ];
}

function placeOf({ place }: Bench): Place {
  if (place === undefined) throw new Error("there is no Kubernetes");
  return place;
}

function openstackOf({ client }: Bench): string {
  return join(client ?? "", "bin", "openstack");
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
  const expires = await run(openstackOf(bench), ["token", "issue", "-f", "value", "-c", "expires"], {
    // It remembers its plug-ins in the cache: in the user's own, root's files would be in the way.
    env: { ...env, XDG_CACHE_HOME: cacheDir },
    timeoutInSeconds: 60,
  });
  log(`Keystone at ${env["OS_AUTH_URL"]} issued a token, good until ${expires.trim()}`);
}
