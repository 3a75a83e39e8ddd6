import { listAt, mapAt, textAt } from "../operator/object.ts";
import { cloud, getCloud, inCloud, patchCloud, ready, readyCloud } from "./scene/cloud.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";

let at: Scene;

beforeAll(async () => {
  at = await scene();
  await readyCloud(at);
});

afterAll(async () => {
  await at.transport.close();
});

/** The configuration file that Keystone's pods have, and the name of its Secret. */
async function configuration(): Promise<{ readonly name: string; readonly text: string }> {
  const deployment = await at.json(["get", "deployment", "keystone-api", ...inCloud]);
  const volume = listAt(deployment, "spec", "template", "spec", "volumes").find(
    (each) => textAt(each, "name") === "config",
  );
  const name = textAt(volume, "secret", "secretName") ?? "";
  const secret = await at.json(["get", "secret", name, ...inCloud]);
  return { name, text: Buffer.from(textAt(secret, "data", "keystone.conf") ?? "", "base64").toString("utf8") };
}

const messageOf = (live: unknown, type: string): string | undefined =>
  textAt(
    listAt(live, "status", "conditions").find((each) => textAt(each, "type") === type),
    "message",
  );

const events = async (): Promise<{ readonly reason: string; readonly note: string }[]> => {
  const list = await at.json(["get", "events.events.k8s.io", ...inCloud, "--sort-by=.metadata.creationTimestamp"]);
  return listAt(list, "items")
    .filter((each) => textAt(each, "regarding", "kind") === "Cloud")
    .map((each) => ({ reason: textAt(each, "reason") ?? "", note: textAt(each, "note") ?? "" }));
};

test("kubectl get shows what matters at a glance, and kubectl wait knows when it is there", async () => {
  const [header = "", row = ""] = (await at.kubectl(["get", "clouds", ...inCloud])).split("\n");
  expect(header.trim().split(/\s+/)).toEqual(["NAME", "READY", "RELEASE", "STEPS", "REASON", "AGE"]);
  expect(row).toMatch(/^demo\s+True\s+20\d\d\.\d\s+(\d+)\/\1\s+AllStepsDone\s/);
  await at.kubectl(["wait", "--for=condition=Ready", "cloud/demo", ...inCloud, "--timeout=10s"]);
  await at.kubectl(["wait", "--for=condition=Available", "cloud/demo", ...inCloud, "--timeout=10s"]);
});

test("the status shows what is used where the spec leaves it open", async () => {
  const live = await getCloud(at);
  const resolved = mapAt(live, "status")["resolved"];
  expect(textAt(resolved, "region")).toBe("RegionOne");
  expect(Object.keys(mapAt(resolved, "images"))).toContain("infra");
  expect(mapAt(resolved, "volumes")).toMatchObject({
    "data-mariadb-0": { storageClassName: expect.any(String), size: expect.any(String) },
  });
});

test("events tell the rollout in the order of its steps", async () => {
  const done = (await events()).filter(({ reason }) => reason === "StepDone").map(({ note }) => note);
  const order = [
    "database/server is done",
    "keystone/expand is done",
    "keystone/api is done",
    "keystone/registration is done",
  ];
  expect(done.filter((note, index) => order.includes(note) && done.indexOf(note) === index)).toEqual(order);
});

test("an option from a Secret that is not there is waited for, and a change of that Secret replaces the pods", async () => {
  const before = await configuration();
  await patchCloud(at, {
    config: { ldap: { password: { valueFrom: { secretKeyRef: { name: "directory", key: "password" } } } } },
  });
  const waiting = await eventually(
    "the missing Secret to be named",
    30,
    () => getCloud(at),
    (live) => textAt(live, "status", "reason") === "ReferenceMissing",
  );
  expect(messageOf(waiting, "Reconciling")).toContain(
    "Secret directory with key password, which spec.config.ldap.password names",
  );
  expect((await configuration()).name).toBe(before.name);
  const names: string[] = [];
  for (const password of ["first-7Kq2vXw9", "second-Zr4mTn8p"]) {
    await at.kubectl(
      ["apply", "-f", "-"],
      JSON.stringify({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "directory", namespace: cloud.namespace },
        stringData: { password },
      }),
    );
    const { name } = await eventually("the pods' configuration to have the value", 60, configuration, ({ text }) =>
      text.includes(`[ldap]\npassword = ${password}\n`),
    );
    names.push(name);
    await eventually(
      "all pods to have it",
      180,
      () => getCloud(at),
      (live) => conditionStatus(live, "Ready") === "True",
    );
  }
  expect(new Set([before.name, ...names]).size).toBe(3);
  expect(JSON.stringify(await getCloud(at))).not.toContain("second-Zr4mTn8p");
});

test("an option that the release does not know is written, and named once in a condition and an event", async () => {
  await patchCloud(at, { config: { ldap: null, token: { expiratoin: { value: 7200 } } } });
  const live = await eventually(
    "the option to be named",
    60,
    () => getCloud(at),
    (seen) => messageOf(seen, "UnknownOptions") !== undefined,
  );
  expect(messageOf(live, "UnknownOptions")).toContain("spec.config.token.expiratoin (did you mean token.expiration?)");
  await eventually("the pods to have it", 60, configuration, ({ text }) => text.includes("expiratoin = 7200\n"));
  await ready(at, 180);
  // Events are written one by one, with pauses, after what they tell.
  const told = async (): Promise<number> => (await events()).filter(({ reason }) => reason === "UnknownOptions").length;
  await eventually("the event", 30, told, (count) => count > 0);
  expect(await told()).toBe(1);
  await patchCloud(at, { config: null });
  await ready(at, 180);
  expect(messageOf(await getCloud(at), "UnknownOptions")).toBeUndefined();
  expect(textAt(await at.openstack(cloud, ["token", "issue"]), "id")).toMatch(/^gAAAA/);
});
