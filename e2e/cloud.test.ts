import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listAt, mapAt, textAt } from "../operator/object.ts";
import { applyCloud, cloud, getCloud, inCloud, ready, removeCloud } from "./scene/cloud.ts";
import { killOperator, operatorPods } from "./scene/operator.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";
import { trusting } from "./scene/trust.ts";

const ownedKinds = "deployments,statefulsets,services,configmaps,secrets,jobs,poddisruptionbudgets,registrations";
const generated = "nephos.dev/retain";

let at: Scene;
let passwords: unknown;

beforeAll(async () => {
  at = await scene();
  await at.install(cloud.namespace);
});

afterAll(async () => {
  await at.transport.close();
});

interface Owned {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly retained: boolean;
}

/** Everything that carries the cloud's label, in the order of kinds and names. */
async function owned(): Promise<Owned[]> {
  const list = await at.json(["get", ownedKinds, ...inCloud, "-l", `nephos.dev/owner=Cloud.${cloud.name}`]);
  return listAt(list, "items").map((item) => ({
    kind: textAt(item, "kind") ?? "",
    name: textAt(item, "metadata", "name") ?? "",
    uid: textAt(item, "metadata", "uid") ?? "",
    retained: textAt(item, "metadata", "annotations", generated) !== undefined,
  }));
}

/** Names without the digests that depend on what a volume's uid happens to be. */
const shape = (objects: readonly Owned[]): string[] =>
  objects.map(({ kind, name }) => `${kind} ${name.replace(/-[0-9a-f]{8}$/, "")}`).sort();

const secretData = (): Promise<unknown> =>
  at.json(["get", "secrets", ...inCloud, "-l", `nephos.dev/owner=Cloud.${cloud.name}`]).then((list) =>
    Object.fromEntries(
      listAt(list, "items")
        .filter((item) => textAt(item, "metadata", "annotations", generated) !== undefined)
        .map((item) => [textAt(item, "metadata", "name") ?? "", mapAt(item, "data")]),
    ),
  );

test("a Cloud becomes Ready and its Keystone issues a token at the public endpoint", async () => {
  await applyCloud(at);
  const live = await ready(at, 300);
  expect(textAt(live, "status", "release")).toBe("2026.1");
  const token = await at.openstack(cloud, ["token", "issue"]);
  expect(textAt(token, "id")).toMatch(/^gAAAA/);
  const catalogue = await at.openstack(cloud, ["catalog", "list"]);
  expect(
    listAt({ catalogue }, "catalogue")
      .map((entry) => `${textAt(entry, "Name") ?? ""} ${textAt(entry, "Type") ?? ""}`)
      .sort(),
  ).toEqual(["glance image", "keystone identity", "neutron network", "nova compute", "placement placement"]);
  passwords = await secretData();
});

test("an image comes back from Glance as it was sent, byte for byte", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nephos-image-"));
  const [sent, received] = [join(folder, "sent"), join(folder, "received")];
  try {
    await writeFile(sent, randomBytes(20 * 2 ** 20));
    const image = ["image", "create", "--disk-format", "raw", "--container-format", "bare", "--file", sent, "bytes"];
    expect(textAt(await at.openstack(cloud, image), "status")).toBe("active");
    await at.save(cloud, "bytes", received);
    expect((await readFile(received)).equals(await readFile(sent))).toBe(true);
    const listed = await at.openstack(cloud, ["image", "list"]);
    expect(listed).toEqual([expect.objectContaining({ Name: "bytes", Status: "active" })]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("Placement answers those with a token of this cloud, and nobody else", async () => {
  const url = textAt(
    listAt(
      { list: await at.openstack(cloud, ["endpoint", "list", "--service", "placement", "--interface", "public"]) },
      "list",
    )[0],
    "URL",
  );
  const token = textAt(await at.openstack(cloud, ["token", "issue"]), "id") ?? "";
  const fetch = await trusting(at, cloud.namespace);
  const asked = (headers: Record<string, string>) => fetch(`${url ?? ""}/resource_providers`, { headers });
  expect(await (await asked({ "x-auth-token": token })).json()).toEqual({ resource_providers: [] });
  expect((await asked({})).status).toBe(401);
  expect((await asked({ "x-auth-token": `${token}x` })).status).toBe(401);
});

test("Nova's scheduler and conductor are up, flavors are kept, and the first cell is mapped once", async () => {
  const workers = listAt({ list: await at.openstack(cloud, ["compute", "service", "list"]) }, "list").map(
    (entry) => `${textAt(entry, "Host") ?? ""} ${textAt(entry, "State") ?? ""}`,
  );
  expect(workers).toEqual(expect.arrayContaining(["nova-conductor-0 up", "nova-scheduler-0 up"]));
  const flavor = ["flavor", "create", "--ram", "64", "--disk", "1", "--vcpus", "1", "tiny"];
  expect(textAt(await at.openstack(cloud, flavor), "name")).toBe("tiny");
  expect(await at.openstack(cloud, ["server", "list", "--all-projects"])).toEqual([]);
  const list = await at.json(["get", "jobs", ...inCloud, "-l", "app.kubernetes.io/name=nova"]);
  const cells = listAt(list, "items").filter((job) => textAt(job, "metadata", "name")?.startsWith("nova-map-"));
  expect(cells).toHaveLength(1);
});

test("nothing is written while nothing changes", async () => {
  const versions = async (): Promise<string[]> => {
    const list = await at.json(["get", `clouds,${ownedKinds}`, ...inCloud]);
    return listAt(list, "items").map(
      (item) =>
        `${textAt(item, "kind")} ${textAt(item, "metadata", "name")} ${textAt(item, "metadata", "resourceVersion")}`,
    );
  };
  await eventually(
    "the Registration to be ready",
    30,
    () => at.json(["get", "registration", "keystone", ...inCloud]),
    (live) => conditionStatus(live, "Ready") === "True",
  );
  const before = await versions();
  await new Promise((resolve) => setTimeout(resolve, 45_000));
  expect(await versions()).toEqual(before);
});

test("an endpoint that was deleted by hand comes back within a minute", async () => {
  const endpoints = (): Promise<unknown> =>
    at.openstack(cloud, ["endpoint", "list", "--service", "identity", "--interface", "public"]);
  const id = textAt(listAt(await endpoints())[0], "ID") ?? "";
  const token = textAt(await at.openstack(cloud, ["token", "issue"]), "id") ?? "";
  const url = textAt(await getCloud(at), "status", "endpoints", "keystone") ?? "";
  const fetch = await trusting(at, cloud.namespace);
  const answer = await fetch(`${url}/endpoints/${id}`, { method: "DELETE", headers: { "x-auth-token": token } });
  expect(answer.status).toBe(204);
  const ids = async (): Promise<unknown> => {
    const list: unknown = await (
      await fetch(`${url}/endpoints?interface=public`, { headers: { "x-auth-token": token } })
    ).json();
    return listAt(list, "endpoints").map((entry) => textAt(entry, "url"));
  };
  await eventually("the public endpoint to come back", 60, ids, (urls) => listAt(urls).includes(url));
});

test("every owned object that is deleted comes back within a minute, in any order", async () => {
  const all = (await owned()).filter((object) => !object.retained);
  expect(all.length).toBeGreaterThan(15);
  const before = shape(await owned());
  const shuffled = all.map((object) => ({ object, key: Math.random() })).sort((a, b) => a.key - b.key);
  for (const { object } of shuffled) {
    const name = `${object.kind}/${object.name}`;
    await at.kubectl(["delete", name, ...inCloud, "--wait=false"]);
    await eventually(
      `${name} to come back`,
      60,
      () => at.json(["get", name, ...inCloud]),
      (live) => {
        const uid = textAt(live, "metadata", "uid");
        return uid !== undefined && uid !== object.uid && textAt(live, "metadata", "deletionTimestamp") === undefined;
      },
    );
  }
  await ready(at, 180);
  expect(shape(await owned())).toEqual(before);
  expect(await secretData()).toEqual(passwords);
});

test("a generated Secret that is gone while its data is there blocks, is named, and is not made anew", async () => {
  const secret = await at.kubectl(["get", "secret", "mariadb-root", ...inCloud, "-o", "yaml"]);
  await at.kubectl(["delete", "secret", "mariadb-root", ...inCloud]);
  const blocked = await eventually(
    "the cloud to say so",
    30,
    () => getCloud(at),
    (live) => textAt(live, "status", "reason") === "SecretMissing",
  );
  const message = listAt(blocked, "status", "conditions")
    .map((entry) => textAt(entry, "message") ?? "")
    .join(" ");
  expect(message).toContain(
    "Secret mariadb-root is missing while its data exists on PersistentVolumeClaim data-mariadb-0",
  );
  expect(textAt(await at.openstack(cloud, ["token", "issue"]), "id")).toBeDefined();
  await expect(at.kubectl(["get", "secret", "mariadb-root", ...inCloud])).rejects.toThrow("exited with 1");
  await at.kubectl(["create", "-f", "-"], secret.replaceAll(/^ {2}(uid|resourceVersion|creationTimestamp):.*\n/gm, ""));
  await ready(at, 60);
  expect(await secretData()).toEqual(passwords);
});

test("a Cloud that is deleted and made again has its old data and passwords", async () => {
  await at.openstack(cloud, ["project", "create", "kept"]);
  await removeCloud(at);
  await eventually(
    "the pods to go",
    180,
    () => at.json(["get", "pods", ...inCloud]),
    (list) => listAt(list, "items").length === 0,
  );
  await applyCloud(at);
  await ready(at, 300);
  expect(await secretData()).toEqual(passwords);
  const projects = await at.openstack(cloud, ["project", "list"]);
  expect(projects).toEqual(expect.arrayContaining([expect.objectContaining({ Name: "kept" })]));
});

test("an operator that is killed at five moments of a rollout ends where a calm one ends", async () => {
  const calm = shape(await owned());
  await removeCloud(at);
  await at.kubectl(["delete", "pvc,secrets,configmaps", "--all", ...inCloud, "--wait=true"]);
  await eventually("the rest to go", 180, owned, (objects) => objects.length === 0);
  await applyCloud(at);
  for (const kill of [1, 2, 3, 4, 5]) {
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 5000));
    for (const pod of await operatorPods(at)) await killOperator(at, pod);
    expect(kill).toBeLessThanOrEqual(5);
  }
  await ready(at, 300);
  expect(shape(await owned())).toEqual(calm);
  expect(textAt(await at.openstack(cloud, ["token", "issue"]), "id")).toMatch(/^gAAAA/);
});
