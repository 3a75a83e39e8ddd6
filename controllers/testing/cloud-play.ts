import { at, isRecord, type Live, mapAt, refKey, refOf, textAt } from "../../operator/object.ts";
import { isReady, podsOf, type End } from "../../operator/testing/actors.ts";
import { objectsOf, type Outside, type Scenario, type Stage, type Stageable } from "../../operator/testing/play.ts";
import { customKind } from "../../operator/testing/world/kinds.ts";
import type { World } from "../../operator/testing/world/world.ts";
import { conditionOf } from "../../operator/verdict.ts";
import { cloudController } from "../cloud/controller.ts";
import { cloudKind, type ImageResolver } from "../cloud/plan.ts";
import { type Credentials, type Keystone, KeystoneError } from "../openstack/keystone.ts";
import { FakeKeystone } from "../openstack/testing/fake-keystone.ts";
import { registrationController } from "../registration/controller.ts";
import { operatorUser } from "../services/keystone.ts";
import { cloudInvariants } from "./invariants.ts";
import { namespace } from "./world.ts";

type Fields = Readonly<Record<string, unknown>>;

const registrationKind = { apiVersion: "nephos.dev/v1alpha1", kind: "Registration" } as const;
const kinds = [customKind(cloudKind, "clouds"), customKind(registrationKind, "registrations")];
const cloudRef = { ...cloudKind, namespace, name: "prod" };
const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: "data-mariadb-0" };

/** Images as an operator knows them by default. */
export const images: ImageResolver = (name) => `registry.example.org/nephos/${name}`;

const stores = new WeakMap<World, Map<string, FakeKeystone>>();

/** Keystone's data lives on the database's volume: another volume, another Keystone. */
export function keystoneOf(world: World): FakeKeystone {
  const volumes = stores.get(world) ?? new Map<string, FakeKeystone>();
  stores.set(world, volumes);
  const uid = world.store.get(claimRef)?.metadata.uid ?? "";
  const known = volumes.get(uid) ?? new FakeKeystone();
  volumes.set(uid, known);
  return known;
}

function serves(world: World, kind: string, name: string): boolean {
  const live = world.store.get({ apiVersion: "apps/v1", kind, namespace, name });
  return live !== undefined && podsOf(live, world).some(isReady);
}

function passwordIn(world: World, secret: string): string {
  const live = world.store.get({ apiVersion: "v1", kind: "Secret", namespace, name: secret });
  return Buffer.from(textAt(live, "data", "password") ?? "", "base64").toString("utf8");
}

/** What the programs in the Jobs do. */
export async function bootstrap(world: World): Promise<void> {
  const keystone = keystoneOf(world);
  const user = {
    name: operatorUser.name,
    domain_id: "default",
    enabled: true,
    password: passwordIn(world, operatorUser.secret),
  };
  const one = async (collection: string, body: Fields): Promise<string> => {
    const there = keystone.entries(collection).find((each) => each["name"] === body["name"]);
    if (there !== undefined) return there.id;
    const made = await keystone.create(collection, "", body);
    return textAt(made, "id") ?? "";
  };
  const project = await one("projects", { name: "admin", domain_id: "default" });
  const roles = ["admin", "manager", "member", "reader", "service"];
  for (const role of roles) await one("roles", { name: role });
  const id = await one("users", user);
  await keystone.update(`users/${id}`, "user", user);
  const admin = keystone.entries("roles").find((each) => each["name"] === "admin")?.id ?? "";
  await keystone.put(`projects/${project}/users/${id}/roles/${admin}`);
}

const founded = new WeakSet<FakeKeystone>();

function runProgram(job: Live, world: World): End | undefined {
  if (!serves(world, "StatefulSet", "mariadb")) return undefined;
  if (job.metadata.name.startsWith("keystone-database-")) founded.add(keystoneOf(world));
  // The volume is empty: there is no database to work on.
  if (!founded.has(keystoneOf(world))) return "failure";
  if (job.metadata.name.startsWith("keystone-bootstrap-")) void bootstrap(world);
  return "success";
}

/** Keystone as a process reaches it: through the Service, while a pod answers and the database does. */
function doors(world: World, outside: Outside): Parameters<typeof registrationController>[0] {
  const away = (): KeystoneError => new KeystoneError(0, "Keystone does not answer at keystone.openstack.svc:5000");
  const awake = (): FakeKeystone => {
    if (!serves(world, "Deployment", "keystone-api") || !serves(world, "StatefulSet", "mariadb")) throw away();
    return keystoneOf(world);
  };
  const asWhom = (credentials: Credentials): FakeKeystone => {
    const keystone = awake();
    if (!keystone.opens(credentials.userName, credentials.password))
      throw new KeystoneError(401, "Keystone refused log-in with 401");
    return keystone;
  };
  return {
    logIn: (credentials) => outside.read("log-in", async () => asWhom(credentials), away),
    open: (credentials): Keystone => ({
      list: (collection, query) =>
        outside.read(collection, async () => asWhom(credentials).list(collection, query), away),
      create: (collection, member, body) =>
        outside.write(`create ${collection}`, async () => asWhom(credentials).create(collection, member, body), away),
      update: (path, member, body) =>
        outside.write(`update ${path}`, async () => asWhom(credentials).update(path, member, body), away),
      put: (path) => outside.write(`put ${path}`, async () => asWhom(credentials).put(path), away),
      remove: (path) => outside.write(`remove ${path}`, async () => asWhom(credentials).remove(path), away),
    }),
  };
}

/** The operator's controllers over the world's Keystone. */
export function controllersWith(resolve: ImageResolver): Stageable {
  return (world, outside) => [cloudController(resolve), registrationController(doors(world, outside))];
}

const isTrue = (live: Live | undefined, type: string): boolean =>
  live !== undefined && conditionOf(live, type) !== undefined;

/** Whether the Cloud says that all is well with the spec that it has, and its Registration too. */
export function ready(world: World): boolean {
  const [cloud, registration] = [
    world.store.get(cloudRef),
    world.store.get({ ...registrationKind, namespace, name: "keystone" }),
  ];
  return [cloud, registration].every(
    (live) => isTrue(live, "Ready") && at(live, "status", "observedGeneration") === live?.metadata.generation,
  );
}

function says(world: World, reason: string): boolean {
  const cloud = world.store.get(cloudRef);
  return (
    textAt(cloud, "status", "reason") === reason &&
    at(cloud, "status", "observedGeneration") === cloud?.metadata.generation
  );
}

const applyCloud = (world: World, spec: Fields): void => {
  const whole = { release: "2026.1", ...spec };
  const wanted = { ...cloudKind, metadata: { name: "prod", namespace, uid: "", resourceVersion: "" }, spec: whole };
  world.store.apply(wanted, { manager: "kubectl", force: true, subresource: undefined });
};

const inService = (spec: Fields): Fields => ({ services: { keystone: spec } });
const step = (title: string, act: (world: World) => void, settled = ready): Stage => ({
  title,
  act: ({ world }) => act(world),
  settled,
});

const deploy = step("deploy", (world) => applyCloud(world, {}));
const secretRef = (name: string) => ({ apiVersion: "v1", kind: "Secret", namespace, name });

/** Deletes an object, whatever it is, as a person does. */
const drop = (world: World, apiVersion: string, kind: string, name: string): void =>
  void world.store.remove({ apiVersion, kind, namespace, name });

const backups = new WeakMap<World, Live>();
const lost = "keystone-nephos";

/** What every scenario is made of; each begins with a cloud that is deployed. */
export const stages = {
  scale: step("scale", (world) => applyCloud(world, inService({ replicas: 3 }))),
  shrink: step("shrink", (world) => applyCloud(world, {})),
  configure: step("configure", (world) => applyCloud(world, inService({ config: { DEFAULT: { debug: "true" } } }))),
  secretLost: step(
    "secret lost",
    (world) => {
      const live = world.store.get(secretRef(lost));
      if (live !== undefined) backups.set(world, live);
      drop(world, "v1", "Secret", lost);
    },
    (world) => says(world, "SecretMissing"),
  ),
  secretRestored: step("secret restored", (world) => {
    const backup = backups.get(world);
    if (backup !== undefined)
      world.store.create({ ...backup, metadata: { ...backup.metadata, uid: "", resourceVersion: "" } }, "kubectl");
  }),
  delete: step(
    "delete",
    (world) => drop(world, cloudKind.apiVersion, cloudKind.kind, "prod"),
    (world) =>
      ["Cloud", "Deployment", "StatefulSet", "Job", "Registration", "Pod"].every(
        (kind) => objectsOf(world, kind).length === 0,
      ),
  ),
  again: step("again", (world) => applyCloud(world, {})),
  vandals: step("vandals", (world) => {
    const gone = [
      ...objectsOf(world, "Deployment"),
      ...objectsOf(world, "Service"),
      ...objectsOf(world, "PodDisruptionBudget"),
    ];
    for (const { apiVersion, kind, metadata } of gone) drop(world, apiVersion, kind, metadata.name);
    drop(
      world,
      "batch/v1",
      "Job",
      objectsOf(world, "Job").find(({ metadata }) => metadata.name.includes("expand"))?.metadata.name ?? "",
    );
  }),
  edited: step("edited", (world) => {
    const ref = { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: "rabbitmq" };
    world.store.edit(ref, (live) => ({ ...live, spec: { ...mapAt(live, "spec"), replicas: 0 } }), "kubectl-edit");
  }),
  claimReplaced: step("claim replaced", (world) => {
    drop(world, "v1", "PersistentVolumeClaim", "data-mariadb-0");
    drop(world, "v1", "Pod", "mariadb-0");
  }),
  imageUpgrade: {
    title: "image upgrade",
    act: ({ restart }) => restart(controllersWith((name) => `registry.example.org/nephos-next/${name}`)),
    settled: (world) =>
      ready(world) && objectsOf(world, "Pod").every((pod) => !JSON.stringify(pod).includes("org/nephos/")),
  },
  sameUpgrade: { title: "same upgrade", act: ({ restart }) => restart(), settled: ready },
  catalogueLost: step(
    "catalogue lost",
    (world) => {
      for (const { id } of keystoneOf(world).entries("endpoints")) void keystoneOf(world).remove(`endpoints/${id}`);
    },
    (world) => ready(world) && keystoneOf(world).entries("endpoints").length === 2,
  ),
} as const satisfies Readonly<Record<string, Stage>>;

function scenario(name: string, ...more: readonly Stage[]): Scenario {
  return {
    name,
    kinds,
    namespace,
    controllers: controllersWith(images),
    run: runProgram,
    start: (world) => {
      const status = { addresses: [{ type: "InternalIP", address: "192.0.2.10" }] };
      world.store.create(
        { apiVersion: "v1", kind: "Node", metadata: { name: "node-1", uid: "", resourceVersion: "" } },
        "cluster",
      );
      world.store.edit({ apiVersion: "v1", kind: "Node", name: "node-1" }, (live) => ({ ...live, status }));
    },
    stages: [deploy, ...more],
    invariants: cloudInvariants,
    nudge: (world) =>
      void world.store.edit({ apiVersion: "v1", kind: "Node", name: "node-1" }, (live) => ({
        ...live,
        status: { ...mapAt(live, "status"), heartbeat: Number(at(live, "status", "heartbeat") ?? 0) + 1 },
      })),
    state: (world) => ({
      objects: world.store.history.at(world.store.history.version).flatMap(shown),
      keystone: keystoneShown(keystoneOf(world)),
    }),
  };
}

/** All that a Cloud can go through, as far as it is built. */
export const scenarios: readonly Scenario[] = [
  scenario("deploy"),
  scenario("scale", stages.scale, stages.shrink),
  scenario("configure", stages.configure, stages.shrink),
  scenario("secret", stages.secretLost, stages.secretRestored),
  scenario("delete", stages.delete, stages.again),
  scenario("repair", stages.vandals, stages.edited, stages.catalogueLost),
  scenario("claim", stages.claimReplaced),
  scenario("upgrade", stages.sameUpgrade, stages.imageUpgrade),
];

const passing = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "observedGeneration",
  "creationTimestamp",
  "lastTransitionTime",
  "startTime",
  "heartbeat",
]);

/** An object as it can be compared between runs: without what counts or tells the time, and without the values of Secrets. */
function shown(live: Live): unknown[] {
  if (live.kind === "Event" || live.kind === "Pod") return [];
  const data = live.kind === "Secret" ? { data: Object.keys(mapAt(live, "data")) } : {};
  const object = timeless({ ...live, ...data });
  return [{ key: refKey(refOf(live)), object }];
}

function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => (passing.has(field) ? [] : [[field, timeless(inner)]])),
  );
}

/** What Keystone has, by names instead of ids. */
function keystoneShown(keystone: FakeKeystone): unknown {
  const collections = ["regions", "projects", "roles", "users", "services", "endpoints"];
  const names = new Map(
    collections.flatMap((collection) =>
      keystone.entries(collection).map((each) => [each.id, textAt(each, "name") ?? ""] as const),
    ),
  );
  const named = (text: string): string =>
    text
      .split("/")
      .map((part) => names.get(part) ?? part)
      .join("/");
  const lines = collections.flatMap((collection) =>
    keystone.entries(collection).map((each) => {
      const { id, password: _, service_id: service, ...rest } = each;
      return JSON.stringify({
        collection,
        name: names.get(id),
        service: names.get(textAt({ service }, "service") ?? ""),
        ...rest,
      });
    }),
  );
  return [...lines, ...keystone.entries("role_assignments").map(({ id }) => named(id))].sort();
}
