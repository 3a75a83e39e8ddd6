import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { bundleProgram } from "../controllers/cli/bundle.ts";
import { listAt, mapAt, textAt } from "../operator/object.ts";
import { cloud, inCloud, readyCloud } from "./scene/cloud.ts";
import { eventually, sample, scene, type Scene } from "./scene/scene.ts";

let at: Scene;
let folder: string;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as a user has it: one file, a kubeconfig, node in the PATH. */
function nephos(...args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, KUBECONFIG: at.cluster.kubeconfig };
  const all = [join(folder, "kubectl-nephos"), ...args, "-n", cloud.namespace];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env, cwd: folder, maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

async function sampleWith(from: string, to: string): Promise<string> {
  const file = join(folder, "changed.yaml");
  const text = await readFile(sample, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
  return file;
}

/** The version of every object that the program could have touched. */
async function versions(): Promise<string[]> {
  const kinds = "clouds,registrations,deployments,statefulsets,services,configmaps,secrets,jobs,poddisruptionbudgets";
  const list = await at.json(["get", kinds, ...inCloud]);
  return listAt(list, "items").map(
    (item) => `${textAt(item, "metadata", "uid")} ${textAt(item, "metadata", "resourceVersion")}`,
  );
}

beforeAll(async () => {
  at = await scene();
  folder = await mkdtemp(join(tmpdir(), "nephos-cli-"));
  await bundleProgram(join(folder, "kubectl-nephos"));
  await readyCloud(at);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await at.transport.close();
});

test("the manifest that a ready cloud was made from would change nothing", async () => {
  // What another test left behind is pruned when the last pod that mounts it is gone.
  const { code, out, err } = await eventually(
    "nothing left to prune",
    120,
    () => nephos("plan", "--diff", "-f", sample),
    (answer) => !answer.out.includes("to prune"),
  );
  expect([out, err]).toEqual([expect.stringMatching(/^Cloud demo in namespace openstack: \d+ unchanged\n$/), ""]);
  expect(code).toBe(0);
});

test("a changed manifest is shown field by field, and nothing in the cluster is changed by that", async () => {
  const before = await versions();
  const { code, out } = await nephos(
    "plan",
    "--diff",
    "-f",
    await sampleWith("keystone: {}", "keystone: {replicas: 2}"),
  );
  expect(out).toContain("~ Cloud demo\n    spec.services.keystone.replicas: 1 → 2\n");
  expect(out).toContain("  ~ Deployment keystone-api\n      spec.replicas: 1 → 2\n");
  expect(code).toBe(1);
  expect(await versions()).toEqual(before);
});

test("a change that the API server refuses is refused with its sentence", async () => {
  const file = await sampleWith("size: 5Gi", "size: 6Gi");
  const { code, err } = await nephos("plan", "--diff", "-f", file);
  expect(err).toContain("spec.database.managed.storage: ");
  expect(code).toBe(2);
  const [, sentence = ""] = /spec\.database\.managed\.storage: (.*)\n/.exec(err) ?? [];
  await expect(at.kubectl(["apply", "--dry-run=server", "-f", file])).rejects.toMatchObject({
    lines: expect.arrayContaining([expect.stringContaining(sentence)]),
  });
  expect(sentence).not.toBe("");
});

test("the status of a ready cloud is a tree of its services, and one JSON document for programs", async () => {
  const { code, out } = await nephos("status");
  expect(out).toMatch(/^✓ Cloud openstack\/demo {2}Ready for \d+[smhd] {2}release 2026\.1, (\d+)\/\1 steps, age /);
  expect(out).toContain("✓ keystone  ");
  expect(out).toContain("✓ Registration openstack/keystone  Ready");
  expect(code).toBe(0);
  const items = listAt(JSON.parse((await nephos("status", "demo", "--output", "json")).out), "items");
  expect(items.map((item) => textAt(item, "name"))).toEqual([
    "demo",
    "fabric",
    "glance",
    "keystone",
    "neutron",
    "nova",
    "placement",
  ]);
  expect(items.map((item) => textAt(item, "state"))).toEqual(items.map(() => "Ready"));
});

test("doctor finds nothing to complain of in a cluster that runs a cloud", async () => {
  const { code, out } = await nephos("doctor");
  expect(out).toContain("0 errors, 0 warnings\n");
  expect(code).toBe(0);
});

test("the bundle for a report has logs, events and objects, and no value of a Secret", async () => {
  const file = join(folder, "bundle.tar.gz");
  const { code } = await nephos("support", "--output", file);
  expect(code).toBe(0);
  const text = gunzipSync(await readFile(file)).toString("utf8");
  expect(text).toMatch(/logs\/openstack\/keystone-api-[^/]+\/api\.log/);
  expect(text).toMatch(/logs\/nephos-system\/nephos-[^/]+\/operator\.log/);
  expect(text).toContain("objects/openstack/Cloud/demo.yaml");
  expect(text).toContain("events/openstack.txt");
  const secrets = listAt(await at.json(["get", "secrets", ...inCloud]), "items");
  const passwords = secrets.flatMap((secret) => {
    const encoded = mapAt(secret, "data")["password"];
    return typeof encoded === "string" ? [Buffer.from(encoded, "base64").toString()] : [];
  });
  expect(passwords.length).toBeGreaterThan(3);
  expect(passwords.filter((password) => text.includes(password))).toEqual([]);
  const keys = secrets.flatMap((secret) => Object.values(mapAt(secret, "data")).map(String));
  expect(keys.filter((encoded) => text.includes(encoded))).toEqual([]);
});
