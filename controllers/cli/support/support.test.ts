import { gunzipSync } from "node:zlib";
import { mapAt } from "../../../operator/object.ts";
import { encoded, type Memory, namespace, operatorLabels, rolledOut } from "../testing/memory.ts";

const canary = "Canary0123456789Canary";
const userCanary = "UserCanary9876543210";

/** A cluster whose every corner tells the password. */
function leaking(): Memory {
  const memory = rolledOut();
  const pod = (name: string, where: string, labels: object = {}): void => {
    const status = { containerStatuses: [{ name: "api", restartCount: 1, state: { running: {} } }] };
    const env = [
      { name: "X", value: `x${canary}x` },
      { name: "DB_PASSWORD", value: "another-password" },
    ];
    memory.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: where, labels: { ...labels } },
      spec: { containers: [{ name: "api", env }] },
      status,
    });
  };
  memory.put({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "canary", namespace },
    data: { password: encoded(canary) },
  });
  pod("keystone-api-1", namespace);
  pod("nephos-1", "nephos-system", operatorLabels);
  memory.logs.set("keystone-api-1", [
    `plain ${canary}`,
    `url mysql://keystone:${canary}@mariadb`,
    `base64 ${encoded(canary)}`,
    "with another-password",
    `and ${userCanary}`,
    "harmless",
  ]);
  memory.logs.set("nephos-1", [`{"password":"${canary}"}`]);
  const note = `failed with ${canary}`;
  memory.put({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e1", namespace },
    note,
    reason: "StepDone",
    type: "Normal",
    eventTime: "2026-01-01T00:00:00Z",
    regarding: { kind: "Cloud", name: "demo" },
  });
  const cloud = { apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", namespace, name: "demo" };
  memory.world.store.edit(cloud, (live) => ({
    ...live,
    spec: { ...mapAt(live, "spec"), services: { keystone: { config: { ldap: { password: { value: userCanary } } } } } },
    status: {
      ...mapAt(live, "status"),
      reason: canary,
      conditions: [{ type: "Ready", status: "False", message: canary }],
    },
  }));
  const configMap = { apiVersion: "v1", kind: "ConfigMap", namespace, name: "nephos-record" };
  memory.world.store.edit(configMap, (live) => ({ ...live, data: { note: canary, binary: encoded(canary) } }));
  return memory;
}

async function bundleOf(memory: Memory): Promise<string> {
  expect(await memory.run(["support", "-o", "bundle.tar.gz"])).toBe(0);
  return gunzipSync(memory.written.get("bundle.tar.gz") ?? Buffer.alloc(0)).toString("utf8");
}

describe("the bundle for a report", () => {
  it("holds no secret, however it got into objects, events, logs and status", async () => {
    const text = await bundleOf(leaking());
    const forms = [canary, encoded(canary), userCanary, "another-password"];
    expect(forms.filter((form) => text.includes(form))).toEqual([]);
    expect(text).toContain("plain <redacted: Secret canary/password>\n");
    expect(text).toContain("and <redacted: Cloud demo>\nharmless\n");
  });

  it("holds what helps: objects, events, logs of this and the last run, versions, status, doctor, Secrets by size", async () => {
    const text = await bundleOf(leaking());
    const folder = "nephos-support-openstack-20260201T120000Z";
    const paths = [
      "objects/openstack/Cloud/demo.yaml",
      "objects/openstack/Deployment/keystone-api.yaml",
      "objects/openstack/Pod/keystone-api-1.yaml",
      "objects/nephos-system/Deployment/nephos.yaml",
      "events/openstack.txt",
      "logs/openstack/keystone-api-1/api.log",
      "logs/openstack/keystone-api-1/api.previous.log",
      "logs/nephos-system/nephos-1/api.log",
      "versions.json",
      "status.txt",
      "doctor.txt",
      "secrets.yaml",
    ];
    expect(paths.filter((path) => !text.includes(`${folder}/${path}`))).toEqual([]);
    expect(text).toContain("    - key: password\n      bytes: 22\n");
    expect(text).toContain(
      "2026-01-01T00:00:00Z  Normal  StepDone  Cloud demo: failed with <redacted: Secret canary/password>\n",
    );
  });

  it("leaves what is somebody else's", async () => {
    const memory = leaking();
    memory.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "theirs", namespace },
      data: { a: "private" },
    });
    expect(await bundleOf(memory)).not.toContain("private");
  });

  it("says what it could not have, in the file and to the user", async () => {
    const memory = leaking();
    memory.instead = ({ path }) =>
      path.endsWith(`/namespaces/${namespace}/secrets`)
        ? {
            status: 403,
            retryAfterInSeconds: undefined,
            body: { reason: "Forbidden", message: "secrets is forbidden" },
          }
        : undefined;
    memory.logs.set("nephos-1", ['{"type":"ERROR","object":{"message":"pods/log is forbidden"}}']);
    const text = await bundleOf(memory);
    expect(memory.err).toContain("left out: Secret in openstack: secrets is forbidden\n");
    expect(memory.err).toContain("left out: log of nephos-system/nephos-1/api: pods/log is forbidden\n");
    expect(text).toContain("Secret in openstack: secrets is forbidden\n");
    // What looks secret goes even where nothing is known.
    expect(text).toContain("url mysql://keystone:<redacted>@mariadb\n");
  });

  it("is named after namespace and time where no name is given", async () => {
    const memory = leaking();
    await memory.run(["support"]);
    expect([...memory.written.keys()]).toEqual(["nephos-support-openstack-20260201T120000Z.tar.gz"]);
    expect(memory.out).toMatch(
      /^nephos-support-openstack-20260201T120000Z\.tar\.gz: \d+ files, \d+ KiB\. Read it before you send it\.\n$/,
    );
  });
});
