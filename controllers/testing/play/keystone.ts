import { at, isRecord, listAt, mapAt, textAt } from "../../../operator/object.ts";
import { isReady, podsOf } from "../../../operator/testing/actors.ts";
import type { Outside } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { type Credentials, type Keystone, KeystoneError } from "../../openstack/keystone.ts";
import type { FakeKeystone } from "../../openstack/testing/fake-keystone.ts";
import type { registrationController } from "../../registration/controller.ts";
import { operatorUser } from "../../services/keystone.ts";
import { namespace } from "../world.ts";
import { type Databases, databasesIn } from "./beside.ts";

const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: "data-mariadb-0" };

/** Data lives on the database's volume, or with somebody else: another place, other databases. */
export function databasesOf(world: World, pod: unknown): Databases {
  return databasesIn(world, hostIn(world, pod) ?? world.store.get(claimRef)?.metadata.uid ?? "");
}

/** The Keystone whose data a pod works on. */
export function keystoneOf(world: World, pod: unknown = servingPod(world)): FakeKeystone {
  return databasesOf(world, pod).keystone;
}

/** The pod that answers for Keystone, else the one that is to. */
export function servingPod(world: World): unknown {
  const api = world.store.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: "keystone-api" });
  const pod = api === undefined ? undefined : podsOf(api, world).find(isReady);
  return pod === undefined ? at(api, "spec", "template", "spec") : pod["spec"];
}

interface Found {
  readonly world: World;
  readonly version: number;
  readonly host: string | undefined;
}

const hosts = new WeakMap<object, Found>();

/** The host of somebody else's database that a pod works on, by its configuration or its task; undefined where it is ours. */
export function hostIn(world: World, pod: unknown): string | undefined {
  if (!isRecord(pod)) return undefined;
  const { version } = world.store.history;
  const known = hosts.get(pod);
  // Asked many times at every version of the world.
  if (known?.world === world && known.version === version) return known.host;
  const host = hostNamed(world, pod);
  hosts.set(pod, { world, version, host });
  return host;
}

function hostNamed(world: World, pod: unknown): string | undefined {
  const files = listAt(pod, "volumes").flatMap((volume) => {
    const name = textAt(volume, "secret", "secretName") ?? "";
    return Object.values(mapAt(world.store.get({ apiVersion: "v1", kind: "Secret", namespace, name }), "data"));
  });
  const texts = files.map((value) => Buffer.from(String(value), "base64").toString("utf8"));
  const tasks = listAt(pod, "containers").flatMap((container) => listAt(container, "args").map(String));
  const url = /mysql\+pymysql:\/\/[^@]*@([^:/]+)/.exec(texts.join("\n"))?.[1];
  const host = url ?? /"hosts":\["([^"]+)"/.exec(tasks.join("\n"))?.[1];
  return host === "mariadb" ? undefined : host;
}

/** Whether the database that a pod works on answers; somebody else's always does. */
export function databaseServes(world: World, pod: unknown): boolean {
  return hostIn(world, pod) !== undefined || serves(world, "StatefulSet", "mariadb");
}

/** Whether a pod of the workload takes requests. */
export function serves(world: World, kind: string, name: string): boolean {
  const live = world.store.get({ apiVersion: "apps/v1", kind, namespace, name });
  return live !== undefined && podsOf(live, world).some(isReady);
}

function passwordIn(world: World, secret: string): string {
  const live = world.store.get({ apiVersion: "v1", kind: "Secret", namespace, name: secret });
  return Buffer.from(textAt(live, "data", "password") ?? "", "base64").toString("utf8");
}

/** What `keystone-manage bootstrap` leaves behind. */
export async function bootstrap(world: World, pod: unknown): Promise<void> {
  const keystone = keystoneOf(world, pod);
  const user = {
    name: operatorUser.name,
    domain_id: "default",
    enabled: true,
    password: passwordIn(world, operatorUser.secret),
  };
  const one = async (collection: string, body: Readonly<Record<string, unknown>>): Promise<string> => {
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

/** Keystone as a process reaches it: through the Service, while a pod answers and the database does. */
export function doors(world: World, outside: Outside): Parameters<typeof registrationController>[0] {
  const away = (): KeystoneError => new KeystoneError(0, "Keystone does not answer at keystone.openstack.svc:5000");
  const awake = (url: string): FakeKeystone => {
    if (url !== `https://keystone.${namespace}.svc:5000/v3`)
      throw new KeystoneError(0, `Keystone does not answer at ${url}`);
    if (!serves(world, "Deployment", "keystone-api") || !databaseServes(world, servingPod(world))) throw away();
    return keystoneOf(world);
  };
  const asWhom = (credentials: Credentials): FakeKeystone => {
    const keystone = awake(credentials.url);
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
