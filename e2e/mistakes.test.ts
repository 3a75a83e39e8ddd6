import { mistakesBelow } from "../controllers/testing/mistakes.ts";
import { listAt, textAt } from "../operator/object.ts";
import { cloud, getCloud, inCloud, patchCloud, ready, readyCloud } from "./scene/cloud.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";

let at: Scene;

beforeAll(async () => {
  at = await scene();
  await readyCloud(at);
});

afterAll(async () => {
  // Where a mistake was not told as it should be, it is still there: the files after this one find the cloud as it was.
  await correct();
  await at.transport.close();
});

const rows = mistakesBelow("Found by Nephos");

const second = "second";
const quota = "small";
const apply = (object: object): Promise<string> => at.kubectl(["apply", "-f", "-"], JSON.stringify(object));
const option = (section: string, name: string, value: unknown) => () =>
  patchCloud(at, { config: { [section]: { [name]: value } } });
const secretKeyRef = { name: "directory", key: "password" };

/** How each mistake of the page is made; the way back is `correct`. */
const made: Readonly<Record<string, () => Promise<string>>> = {
  "another release on an installed cloud": () => patchCloud(at, { release: "2025.2" }),
  "a second Cloud in a namespace": () =>
    apply({
      apiVersion: "nephos.dev/v1alpha1",
      kind: "Cloud",
      metadata: { name: second, namespace: cloud.namespace },
      spec: { release: "2026.1" },
    }),
  "a reserved option": option("database", "connection", { value: "sqlite://" }),
  "an option from a Secret that is missing": option("ldap", "password", { valueFrom: { secretKeyRef } }),
  "an image that cannot be pulled": () =>
    patchCloud(at, { images: { overrides: { "keystone:2026.1": "localhost/nephos/no-such-image:1" } } }),
  "a quota that leaves no room": async () => {
    await at.kubectl(["create", "quota", quota, ...inCloud, "--hard=pods=0"]);
    // Of Keystone alone: what has a volume of its own is taken away before it is made anew, with a quota or without.
    return patchCloud(at, { services: { keystone: { config: { DEFAULT: { debug: { value: "true" } } } } } });
  },
};

async function correct(): Promise<void> {
  await at.kubectl(["delete", "cloud", second, ...inCloud, "--ignore-not-found", "--timeout=60s"]);
  await at.kubectl(["delete", "secret", secretKeyRef.name, ...inCloud, "--ignore-not-found"]);
  await at.kubectl(["delete", "quota", quota, ...inCloud, "--ignore-not-found"]);
  await patchCloud(at, { release: "2026.1", config: null, images: null, services: null });
}

/** The pods that run and are to stay: of a mistake that was corrected, one may still be on its way out. */
const pods = async (): Promise<(string | undefined)[]> =>
  listAt(await at.json(["get", "pods", ...inCloud]), "items")
    .filter((pod) => textAt(pod, "status", "phase") === "Running")
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === undefined)
    .map((pod) => textAt(pod, "metadata", "uid"));

describe("each mistake is told in the sentence of crds/MISTAKES.md, touches no pod, and correcting it is enough:", () => {
  it.each(rows)("$mistake", async ({ mistake, type, reason, sentence }) => {
    await correct();
    await ready(at, 180);
    const before = await pods();
    const make = made[mistake];
    if (make === undefined) throw new Error(`no way to make the mistake: ${mistake}`);
    await make();
    const name = mistake.startsWith("a second Cloud") ? second : cloud.name;
    const live = await eventually(
      sentence,
      60,
      () => at.json(["get", "cloud", name, ...inCloud]),
      (seen) =>
        listAt(seen, "status", "conditions").some(
          (each) => textAt(each, "type") === type && (textAt(each, "message") ?? "").includes(sentence),
        ),
    );
    expect(textAt(live, "status", "reason")).toBe(reason);
    expect(conditionStatus(await getCloud(at), "Available")).toBe("True");
    expect(await pods()).toEqual(expect.arrayContaining(before));
    await correct();
    await ready(at, 180);
  });

  it("and every one of the page is made here", () => {
    expect(rows.map(({ mistake }) => mistake)).toEqual(Object.keys(made));
  });
});

describe("a volume of a StorageClass that is not there", () => {
  const namespace = "e2e-volume";
  const missing = "none-such";
  const stepOf = async (name: string): Promise<{ readonly state: string; readonly message: string }> => {
    const live = await at.json(["get", "cloud", "waiting", "-n", namespace]);
    const step = listAt(live, "status", "steps").find((each) => textAt(each, "name") === name);
    return { state: textAt(step, "state") ?? "", message: textAt(step, "message") ?? "" };
  };

  beforeAll(() => at.install(cloud.namespace, namespace));

  afterAll(async () => {
    await at.kubectl(["delete", "cloud", "waiting", "-n", namespace, "--ignore-not-found", "--timeout=60s"]);
    await at.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
    await at.kubectl(["delete", "storageclass", missing, "--ignore-not-found"]);
    await at.install(cloud.namespace);
  });

  it("is named, and making the class is enough", async () => {
    const [given] = listAt(await at.json(["get", "storageclasses"]), "items");
    const wanted = { managed: { storage: { storageClassName: missing } } };
    await apply({
      apiVersion: "nephos.dev/v1alpha1",
      kind: "Cloud",
      metadata: { name: "waiting", namespace },
      spec: { release: "2026.1", messaging: wanted, exposure: { ports: { keystone: 30513 } } },
    });
    await eventually(
      "the volume to be named",
      120,
      () => stepOf("messaging/server"),
      ({ state, message }) =>
        state === "Waiting" &&
        message.includes("pod has unbound immediate PersistentVolumeClaims") &&
        message.includes(`PersistentVolumeClaim data-rabbitmq-0 of StorageClass ${missing} is not bound`),
    );
    await apply({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: missing },
      provisioner: textAt(given, "provisioner"),
      volumeBindingMode: "WaitForFirstConsumer",
    });
    await eventually(
      "the broker to run",
      240,
      () => stepOf("messaging/server"),
      ({ state }) => state === "Done",
    );
  });
});
