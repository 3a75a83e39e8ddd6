import { at, type Kind, listAt, type Live, mapAt, textAt } from "../../../operator/object.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Stage, Stageable } from "../../../operator/testing/scenario.ts";
import { expiryAnnotation, secretRef, turnOf } from "../../../operator/recipe.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { cellController } from "../../cell/controller.ts";
import { cloudController } from "../../cloud/controller.ts";
import { cloudKind, type Means } from "../../cloud/plan.ts";
import { nodeController } from "../../compute/node-controller.ts";
import { poolController } from "../../compute/pool-controller.ts";
import { networkController } from "../../network/controller.ts";
import { networkKind } from "../../network/fabric.ts";
import { providerController } from "../../network/provider-controller.ts";
import { registrationController } from "../../registration/controller.ts";
import type { ServiceDefinition } from "../../services/define.ts";
import { specOf } from "../render.ts";
import { namespace } from "../world.ts";
import { besideOf } from "./beside.ts";
import { doors, keystoneOf } from "./keystone.ts";
import { neutronDoor } from "./neutron.ts";
import { hostDoor } from "./nova.ts";

/** Fields of a spec, as a user writes them. */
export type Fields = Readonly<Record<string, unknown>>;

const cloudRef = { ...cloudKind, namespace, name: "prod" };

/** The operator's controllers over the world's Keystone. */
export function controllersWith(means: Means): Stageable {
  return (world, outside) => [
    cloudController(means),
    cellController(means),
    networkController(means),
    providerController(neutronDoor(world, outside)),
    poolController(means),
    nodeController(hostDoor(world, outside)),
    registrationController(doors(world, outside)),
  ];
}

const isTrue = (live: Live, type: string): boolean =>
  conditionOf(live, type) !== undefined && at(live, "status", "observedGeneration") === live.metadata.generation;

/** Whether the Cloud says that all is well with the spec that it has, and its Registrations too. */
export function ready(world: World): boolean {
  const all = [...objectsOf(world, "Cloud"), ...objectsOf(world, "Registration")];
  return all.length > 1 && all.every((live) => isTrue(live, "Ready"));
}

/** Whether the Cloud gives this reason for not being ready with the spec that it has. */
export function says(world: World, reason: string): boolean {
  const cloud = world.store.get(cloudRef);
  return (
    textAt(cloud, "status", "reason") === reason &&
    at(cloud, "status", "observedGeneration") === cloud?.metadata.generation
  );
}

/** Applies an object of the Cloud's namespace as a user does with kubectl: what it does not name is gone. */
export function applyAs(world: World, { apiVersion, kind }: Kind, name: string, spec: Fields): void {
  const wanted = { apiVersion, kind, metadata: { name, namespace, uid: "", resourceVersion: "" }, spec };
  world.store.apply(wanted, { manager: "kubectl", force: true, subresource: undefined });
}

/** Applies the Cloud, of the newest release unless told otherwise. */
export function applyCloud(world: World, spec: Fields): void {
  applyAs(world, cloudKind, cloudRef.name, { release: "2026.1", ...spec });
}

/** Deletes an object, whatever it is, as a person does. */
export function drop(world: World, apiVersion: string, kind: string, name: string): void {
  world.store.remove({ apiVersion, kind, namespace, name });
}

/** One thing that somebody does to the world, until the Cloud is ready again or as said. */
export function step(title: string, act: (world: World) => void, settled = ready): Stage {
  return { title, act: ({ world }) => act(world), settled };
}

/** Applies a spec that wants the same of every service that a user can name, with what else it says. */
export function applied(title: string, { services }: Means, wish: Fields, rest: Fields = {}): Stage {
  const known = services.filter(({ name }) => name in specOf().services);
  const spec = {
    ...rest,
    services: Object.fromEntries(known.map((service) => [service.name, wishFor(service, wish)])),
  };
  return step(title, (world) => {
    applyCloud(world, spec);
    weaveFor(services, world);
  });
}

/** Somebody applies the smallest Network for the Cloud, where one of these services works on a fabric. */
function weaveFor(services: readonly ServiceDefinition[], world: World): void {
  if (services.some(({ fabric }) => fabric)) weave(world, cloudRef.name);
}

/** Somebody applies the smallest Network for a Cloud. */
export function weave(world: World, cloud: string): void {
  applyAs(world, networkKind, "fabric", { cloud: { name: cloud } });
}

/** What has a volume of its own has one pod. */
function wishFor({ processes }: ServiceDefinition, wish: Fields): Fields {
  if (processes.every(({ volume }) => volume === undefined)) return wish;
  return Object.fromEntries(Object.entries(wish).filter(([field]) => field !== "replicas"));
}

/** What somebody applies by mistake, until the Cloud says what is wrong with it. */
export function refused({ title, act }: Stage, reason: string): Stage {
  return { title, act, settled: (world) => says(world, reason) };
}

const lost = "keystone-nephos";

const gone = (world: World): boolean =>
  ["Cloud", "Deployment", "StatefulSet", "Job", "Registration", "Pod"].every(
    (kind) => objectsOf(world, kind).length === 0,
  );

/** What happens to a Cloud whatever its services are. */
export const stages = {
  secretLost: step(
    "secret lost",
    (world) => {
      besideOf(world).backup = world.store.get(secretRef(namespace, lost));
      drop(world, "v1", "Secret", lost);
    },
    (world) => says(world, "SecretMissing"),
  ),
  secretRestored: step("secret restored", (world) => {
    const { backup } = besideOf(world);
    if (backup !== undefined)
      world.store.create({ ...backup, metadata: { ...backup.metadata, uid: "", resourceVersion: "" } }, "kubectl");
  }),
  delete: step("delete", (world) => drop(world, cloudKind.apiVersion, cloudKind.kind, "prod"), gone),
  vandals: step("vandals", (world) => {
    const taken = ["Deployment", "Service", "PodDisruptionBudget"].flatMap((kind) => objectsOf(world, kind));
    const jobs = objectsOf(world, "Job").filter(({ metadata }) => metadata.name.includes("expand"));
    for (const { apiVersion, kind, metadata } of [...taken, ...jobs]) drop(world, apiVersion, kind, metadata.name);
  }),
  edited: step("edited", (world) => {
    const ref = { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: "rabbitmq" };
    world.store.edit(ref, (live) => ({ ...live, spec: { ...mapAt(live, "spec"), replicas: 0 } }), "kubectl-edit");
  }),
  sameUpgrade: { title: "same upgrade", act: ({ restart }) => restart(), settled: ready },
} as const satisfies Readonly<Record<string, Stage>>;

/** More than a year passes, of which the cluster notices nothing but a heartbeat: keys and authorities move on, once; every certificate is another. */
export function rotate(nudge: (world: World) => void): Stage {
  return {
    title: "rotate",
    act: ({ world, clock }) => {
      clock.leap(400 * 86_400_000);
      besideOf(world).overAt = Date.parse(clock.timestamp());
      nudge(world);
    },
    settled: (world) =>
      ready(world) &&
      ringsOf(world).every((ring) => "2" in mapAt(ring, "data")) &&
      expiriesIn(world).every((end) => end > besideOf(world).overAt),
  };
}

function expiriesIn(world: World): number[] {
  return objectsOf(world, "Secret").flatMap(({ metadata }) => {
    const end = metadata.annotations?.[expiryAnnotation];
    return end === undefined ? [] : [Date.parse(end)];
  });
}

function ringsOf(world: World): Live[] {
  return objectsOf(world, "Secret").filter(({ metadata }) => turnOf(metadata) !== undefined);
}

/** The next build of the operator brings other images. */
export function imageUpgrade(means: Means): Stage {
  const next: Means = { ...means, images: (name) => `registry.example.org/nephos-next/${name}` };
  return {
    title: "image upgrade",
    act: ({ restart }) => restart(controllersWith(next)),
    settled: (world) =>
      ready(world) && objectsOf(world, "Pod").every((pod) => !JSON.stringify(pod).includes("org/nephos/")),
  };
}

/** Whether all is well with all services, and the Keystone that is there now knows where everything is. */
const findable =
  ({ services }: Means) =>
  (world: World): boolean => {
    const registrations = objectsOf(world, "Registration");
    const endpoints = registrations.flatMap((each) => listAt(each, "spec", "endpoints"));
    const known = keystoneOf(world).entries("endpoints");
    return ready(world) && registrations.length === services.length && known.length === endpoints.length;
  };

/** The database's volume is another from now on, and empty. */
export function claimReplaced(means: Means): Stage {
  const act = (world: World): void => {
    drop(world, "v1", "PersistentVolumeClaim", "data-mariadb-0");
    drop(world, "v1", "Pod", "mariadb-0");
  };
  return step("claim replaced", act, findable(means));
}

/** The next build of the operator brings one more service, for which the user has no wish. */
export function arrival(means: Means): Stage {
  const act: Stage["act"] = ({ world, restart }) => {
    weaveFor(means.services, world);
    restart(controllersWith(means));
  };
  return { title: "arrival", act, settled: findable(means) };
}

/** Somebody empties the catalogue. */
export function catalogueLost(means: Means): Stage {
  return step(
    "catalogue lost",
    (world) => {
      for (const { id } of keystoneOf(world).entries("endpoints")) void keystoneOf(world).remove(`endpoints/${id}`);
    },
    findable(means),
  );
}
