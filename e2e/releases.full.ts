import { readFileSync } from "node:fs";
import { releases } from "../crds/cloud.ts";
import { releaseFacts } from "../controllers/releases/index.ts";
import { releases as seriesOf } from "../images/releases.ts";
import { listAt, textAt } from "../operator/object.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { prepare } from "./scene/prepare.ts";
import { conditionStatus, eventually, sample, samples, scene, type Scene } from "./scene/scene.ts";
import { cloudIn } from "./up/cloud.ts";

const name = "releases";
const { name: cloud, namespace: sampleNamespace, release: sampleRelease } = cloudIn(sample);

let at: Scene;

const namespaceOf = (release: string): string => `${sampleNamespace}-${release.replace(".", "-")}`;

/** The sample and its fabric, with another release and in another namespace. */
const sampleFor = (release: string): string =>
  samples
    .map((file) => readFileSync(file, "utf8"))
    .join("---\n")
    .replace(`release: "${sampleRelease}"`, `release: "${release}"`)
    .replaceAll(`namespace: ${sampleNamespace}`, `namespace: ${namespaceOf(release)}`);

beforeAll(async () => {
  await stopCluster(name);
  const cluster = await startCluster({ name, nodes: 1 });
  Object.assign(process.env, await prepare(cluster, () => undefined, releases));
  at = await scene();
  await at.install(...releases.map(namespaceOf));
}, 2_400_000);

afterAll(async () => {
  await stopCluster(name);
  await at.transport.close();
}, 120_000);

describe.each(releases)("a Cloud of %s", (release) => {
  const namespace = namespaceOf(release);
  const here = ["-n", namespace] as const;

  afterAll(async () => {
    // One at a time: the machine is small, and the public port of the sample is the same for all.
    await at.kubectl(["delete", `cloud/${cloud}`, "network/fabric", ...here, "--wait=true"]);
    await at.kubectl(["delete", "namespace", namespace, "--wait=true"]);
  }, 300_000);

  it("becomes Ready and its Keystone issues a token at the public endpoint", async () => {
    await at.kubectl(["apply", "-f", "-"], sampleFor(release));
    const live = await eventually(
      `the Cloud of ${release} to be ready`,
      300,
      () => at.json(["get", "cloud", cloud, ...here]),
      (seen) => conditionStatus(seen, "Ready") === "True",
    );
    expect(textAt(live, "status", "release")).toBe(release);
    const token = await at.openstack({ namespace, name: cloud }, ["token", "issue"]);
    expect(textAt(token, "id")).toMatch(/^gAAAA/);
  });

  it("runs Keystone of its series", async () => {
    const version = "from importlib.metadata import version; print(version('keystone'))";
    const ran = await at.kubectl(["exec", "deployment/keystone-api", ...here, "--", "python3", "-c", version]);
    expect(`${ran.trim()}.`).toMatch(new RegExp(`^${seriesOf[release].keystone}[.]`));
  });

  it("has the default roles that the facts of the release name", async () => {
    const roles = await at.openstack({ namespace, name: cloud }, ["role", "list"]);
    const names = listAt(roles).map((role) => textAt(role, "Name") ?? "");
    expect(names.sort()).toEqual([...releaseFacts[release].bootstrapRoles].sort());
  });

  it("passes Keystone's own check before an upgrade", async () => {
    const ran = await at.kubectl([
      "exec",
      "deployment/keystone-api",
      ...here,
      "--",
      "keystone-status",
      "upgrade",
      "check",
    ]);
    expect(ran).toContain("Result: Success");
    expect(ran).not.toContain("Result: Failure");
  });
});
