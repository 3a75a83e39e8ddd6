import { readFileSync } from "node:fs";
import { join } from "node:path";
import { releases } from "../crds/cloud.ts";
import { releaseFacts } from "../controllers/releases/index.ts";
import { services } from "../controllers/services/index.ts";
import { distributions, releases as seriesOf } from "../images/releases.ts";
import { listAt, numberAt, textAt } from "../operator/object.ts";
import { inGuest } from "./guest/session.ts";
import { removeTenant } from "./guest/tenant.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { prepare } from "./scene/prepare.ts";
import { conditionStatus, eventually, sample, samples, scene, type Scene } from "./scene/scene.ts";
import { cloudIn } from "./up/cloud.ts";
import { firstServer } from "./up/first-server.ts";
import { applyHosts, hostsReady } from "./up/hosts.ts";

const clusterName = "releases";
const { name: cloud, namespace: sampleNamespace, release: sampleRelease } = cloudIn(sample);

let at: Scene;

const namespaceOf = (release: string): string => `${sampleNamespace}-${release.replace(".", "-")}`;

/** The sample with its fabric and a cell, with another release and in another namespace. */
const sampleFor = (release: string): string =>
  [...samples, join(sample, "..", "compute-cell.yaml")]
    .map((file) => readFileSync(file, "utf8"))
    .join("---\n")
    .replace(`release: "${sampleRelease}"`, `release: "${release}"`)
    .replaceAll(`namespace: ${sampleNamespace}`, `namespace: ${namespaceOf(release)}`);

beforeAll(async () => {
  await stopCluster(clusterName);
  const cluster = await startCluster({ name: clusterName, nodes: 1 });
  Object.assign(process.env, await prepare(cluster, () => undefined, releases));
  at = await scene();
  await at.install(...releases.map(namespaceOf));
}, 2_400_000);

afterAll(async () => {
  await stopCluster(clusterName);
  await at.transport.close();
}, 120_000);

describe.each(releases)("a Cloud of %s", (release) => {
  const namespace = namespaceOf(release);
  const here = ["-n", namespace] as const;

  const asked = (...args: readonly string[]): Promise<unknown> => at.openstack({ namespace, name: cloud }, args);
  const listed = async (...args: readonly string[]): Promise<readonly unknown[]> =>
    listAt({ list: await asked(...args) }, "list");
  const ready = (kind: string, name: string): Promise<unknown> =>
    eventually(
      `${kind} ${name} of ${release} to be ready`,
      600,
      () => at.json(["get", kind, name, ...here]),
      (seen) => conditionStatus(seen, "Ready") === "True",
    );

  afterAll(async () => {
    // One at a time: the machine is small, and the public port of the sample is the same for all.
    await at.kubectl(["delete", "computecell/cell1", `cloud/${cloud}`, "network/fabric", ...here, "--wait=true"]);
    await at.kubectl(["delete", "namespace", namespace, "--wait=true"]);
  }, 600_000);

  it("becomes Ready, its cell too, and its Keystone issues a token at the public endpoint", async () => {
    await at.kubectl(["apply", "-f", "-"], sampleFor(release));
    const live = await ready("cloud", cloud);
    await ready("computecell", "cell1");
    expect(textAt(live, "status", "release")).toBe(release);
    expect(textAt(await asked("token", "issue"), "id")).toMatch(/^gAAAA/);
  }, 1_300_000);

  it.each(services)("runs $name of its series", async ({ name }) => {
    const labels = `app.kubernetes.io/name=${name},app.kubernetes.io/component=api`;
    const pod = (await at.kubectl(["get", "pods", ...here, "-l", labels, "-o", "name"])).split("\n")[0] ?? "";
    const version = `from importlib.metadata import version; print(version('${distributions[name] ?? name}'))`;
    const ran = await at.kubectl(["exec", pod, ...here, "--", "python3", "-c", version]);
    const series = Object.entries(seriesOf[release]).find(([project]) => project === name)?.[1] ?? "of no series";
    expect(`${ran.trim()}.`).toMatch(new RegExp(`^${series}[.]`));
  });

  it("has every program of Nova up, the cell's conductor too", async () => {
    const programs = async (): Promise<string[]> =>
      (await listed("compute", "service", "list")).flatMap((each) =>
        textAt(each, "State") === "up" ? [textAt(each, "Host") ?? ""] : [],
      );
    const wanted = ["nova-cell1-conductor-0", "nova-conductor-0", "nova-scheduler-0"];
    await eventually("Nova's programs", 90, programs, (up) => wanted.every((each) => up.includes(each)));
  });

  it("takes an image, a flavor and an inventory, and gives them back", async () => {
    await asked("image", "create", "--file", sample, "--disk-format", "raw", "--container-format", "bare", "sample");
    expect(numberAt(await asked("image", "show", "sample"), "size")).toBe(readFileSync(sample).length);
    await asked("flavor", "create", "--ram", "64", "--disk", "1", "tiny");
    expect((await listed("flavor", "list")).map((each) => textAt(each, "Name"))).toEqual(["tiny"]);
    const provider = textAt(await asked("resource", "provider", "create", "shelf"), "uuid") ?? "";
    await asked("resource", "provider", "inventory", "set", provider, "--resource", "VCPU=4");
    expect((await listed("resource", "provider", "list")).map((each) => textAt(each, "name"))).toEqual(["shelf"]);
  });

  it("makes a network with a router in OVN, and takes both away", async () => {
    expect(numberAt(await asked("network", "create", "inner"), "mtu")).toBe(1442);
    await asked("subnet", "create", "--network", "inner", "--subnet-range", "10.7.0.0/24", "inner");
    await asked("router", "create", "way");
    const tell = (...args: readonly string[]): Promise<string> => at.tell({ namespace, name: cloud }, args);
    await tell("router", "add", "subnet", "way", "inner");
    const ports = async (): Promise<unknown[]> =>
      (await listed("port", "list", "--router", "way")).map((port) => textAt(port, "Status"));
    await eventually("the router's port to be active", 30, ports, ([status]) => status === "ACTIVE");
    await tell("router", "remove", "subnet", "way", "inner");
    await tell("router", "delete", "way");
    await tell("network", "delete", "inner");
    expect(await listed("network", "list")).toEqual([]);
  });

  it("has the default roles that the facts of the release name", async () => {
    const names = (await listed("role", "list")).map((role) => textAt(role, "Name") ?? "");
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

  it("boots a server that answers on its floating IP", async () => {
    const { cluster } = at;
    await applyHosts(cluster, cluster.outer, namespace);
    await hostsReady(cluster, namespace, 400, () => undefined);
    const program = process.env["NEPHOS_TEST_CLIENT"] ?? "openstack";
    const { address, key } = await firstServer(cluster, { namespace, name: cloud }, program, () => undefined);
    expect(await inGuest(address, key, "hostname")).toMatch(/^first/);
  }, 900_000);

  it("lets its host go once it is empty", async () => {
    await removeTenant(await at.commands({ namespace, name: cloud }));
    await at.kubectl(["delete", "computepool,providernetwork", "--all", ...here, "--timeout=300s"]);
    expect(await listed("compute", "service", "list", "--service", "nova-compute")).toEqual([]);
    expect(await listed("network", "agent", "list")).toEqual([]);
  }, 600_000);
});
