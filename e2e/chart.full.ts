import { join } from "node:path";
import { stringify } from "yaml";
import { kinds } from "../crds/index.ts";
import { pluralOf } from "../operator/access.ts";
import { covers } from "../operator/covers.ts";
import { listAt, mapAt, numberAt, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { type Cluster, startCluster, stopCluster } from "./lab/cluster.ts";
import { CommandFailed } from "./lab/host/command.ts";
import { operatorImage } from "./lab/images.ts";
import { type Helm, helmFor } from "./lab/helm.ts";
import { kubectl, kubectlJson } from "./lab/kubectl.ts";
import { eventually } from "./scene/scene.ts";

/** A cluster of its own: where others have installed the operator, Helm rightly refuses to. */
const name = "chart";
const system = "nephos-system";
const charts = join(import.meta.dirname, "..", "charts");
const chart = join(charts, "nephos");
/** A Cloud that the CRD of the earlier chart takes too. */
const cloudOf = (release: string): string =>
  stringify({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name: "demo", namespace: "openstack" },
    spec: { release },
  });
const earlier = join(charts, "fixtures", "nephos-0.1.0.tgz");

let cluster: Cluster;
let helm: Helm;
/** The operator's image, as values of the chart. */
let image: readonly string[];

const ask = (...args: readonly string[]): Promise<unknown> => kubectlJson(cluster, ["get", ...args]);
const begun = (verb: readonly string[], ...args: readonly string[]): Promise<string> =>
  helm([...verb, "--namespace", system, "--timeout", "180s", ...args], { timeoutInSeconds: 240 });
/** The same, and until the operator is ready. */
const released = (verb: readonly string[], ...args: readonly string[]): Promise<string> =>
  begun(verb, "--wait", ...image, ...args);
const install = (what: string, ...args: readonly string[]) => released(["install", "nephos", what], ...args);
const upgrade = (...args: readonly string[]) => released(["upgrade", "nephos", chart], ...args);

/** What a command that is to be refused says. */
function refusal(command: Promise<string>): Promise<string> {
  return command.then(
    (text) => `not refused: ${text}`,
    (error: unknown) => (error instanceof CommandFailed ? error.lines.join("\n") : String(error)),
  );
}

const cloudUid = async (): Promise<string | undefined> =>
  textAt(await ask("cloud", "demo", "-n", "openstack"), "metadata", "uid");

async function pods(): Promise<string[]> {
  const list = await ask("pods", "-n", system, "-l", "app.kubernetes.io/name=nephos");
  return listAt(list, "items")
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === undefined)
    .map((pod) => textAt(pod, "metadata", "name") ?? "");
}

/** The pod that works, once it is one of those that are there. */
async function leader(): Promise<string> {
  const [holder = ""] = await eventually(
    "a leader among the pods",
    60,
    async () => {
      const identity = textAt(await ask("lease", "nephos", "-n", system), "spec", "holderIdentity") ?? "";
      return (await pods()).filter((pod) => identity.startsWith(`${pod}-`));
    },
    (holders) => holders.length === 1,
  );
  return holder;
}

beforeAll(async () => {
  await stopCluster(name);
  cluster = await startCluster({ name, nodes: 1 });
  helm = await helmFor(cluster);
  const { ref, archive } = await operatorImage(() => undefined);
  await cluster.loadImages([archive]);
  const [, registry = "", tag = ""] = /^(.*)\/operator:(.*)$/.exec(ref) ?? [];
  image = [`--set=image.registry=${registry}`, `--set=image.tag=${tag}`];
}, 1_800_000);

afterAll(async () => {
  await stopCluster(name);
}, 120_000);

test("an installation for a namespace that is not there is refused before anything is made, with what to do", async () => {
  const said = await refusal(install(chart, "--create-namespace"));
  expect(said).toContain("kubectl create namespace openstack");
  expect(listAt(await ask("crd"), "items").filter((crd) => textAt(crd, "spec", "group") === "nephos.dev")).toEqual([]);
});

test("an earlier chart's CRD takes a Cloud; today's operator, which it has not the kinds for, says so and is not ready", async () => {
  for (const namespace of [system, "openstack"]) {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    const input = stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    await kubectl(cluster, ["apply", "--server-side", "-f", "-"], { input });
  }
  await begun(["install", "nephos", earlier], ...image);
  await kubectl(cluster, ["apply", "-f", "-"], { input: cloudOf("2026.1") });
  expect(await cloudUid()).toMatch(/^[0-9a-f-]{36}$/);
  await eventually(
    "the operator to name the kind",
    90,
    () => kubectl(cluster, ["logs", "deployment/nephos", "-n", system]),
    (log) => log.includes('"kind":"ComputeCell","reason":"unknown kind"'),
  );
  expect(await availablePods()).toBe(0);
});

/** How many pods of the operator are ready. */
async function availablePods(): Promise<number> {
  return numberAt(await ask("deployment", "nephos", "-n", system), "status", "availableReplicas") ?? 0;
}

/** Waits until the Cloud is looked after: the objects of its first steps are there, and its status tells of them. */
async function cared(): Promise<void> {
  await eventually(
    "the status of the Cloud",
    60,
    () => ask("cloud", "demo", "-n", "openstack"),
    (cloud) => listAt(cloud, "status", "conditions").length > 0,
  );
  await eventually(
    "the database of the Cloud",
    60,
    () => ask("statefulsets", "-n", "openstack"),
    (list) => listAt(list, "items").length > 0,
  );
}

test("an upgrade brings new CRDs and keeps every Cloud, which is cared for then", async () => {
  const next = cloudOf("2025.1").replace("demo", "later");
  const dryRun = (): Promise<string> =>
    kubectl(cluster, ["apply", "--dry-run=server", "-f", "-"], { input: next.replaceAll("openstack", "default") });
  expect(await refusal(dryRun())).toContain('Unsupported value: "2025.1"');
  const uid = await cloudUid();
  await upgrade();
  await leader();
  expect(await dryRun()).toContain("later");
  for (const kind of kinds) {
    const live = await ask("crd", `${pluralOf({ apiVersion: "", kind: kind.kind })}.${kind.group}`);
    expect(covers(mapAt(live, "spec"), mapAt(crdOf(kind), "spec"))).toBe(true);
  }
  expect(await cloudUid()).toBe(uid);
  await cared();
  await deletedComesBack();
});

test("from one operator to the next there is no moment without a ready one, and one of them leads", async () => {
  const before = await pods();
  const ready: number[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) ready.push(await availablePods());
  })();
  // Another log level, so that there is something to roll out.
  await upgrade("--set=logLevel=debug").finally(() => stop.abort());
  await watching;
  expect(ready.length).toBeGreaterThan(5);
  expect(Math.min(...ready)).toBeGreaterThanOrEqual(1);
  await eventually(
    "new pods only",
    60,
    () => pods(),
    (now) => now.length === 2 && now.every((pod) => !before.includes(pod)),
  );
  await leader();
  await deletedComesBack();
});

/** The operator works: it makes again what somebody deleted. */
async function deletedComesBack(): Promise<void> {
  const service = ["service", "mariadb", "-n", "openstack"];
  const uid = textAt(await ask(...service), "metadata", "uid");
  await kubectl(cluster, ["delete", ...service]);
  await eventually(
    "the deleted Service",
    60,
    () => ask(...service),
    (live) => textAt(live, "metadata", "uid") !== uid,
  );
}

test("a rollback to the earlier chart brings its CRD back and takes no object away, and the way forward is open again", async () => {
  const input = stringify({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Network",
    metadata: { name: "fabric", namespace: "openstack" },
    spec: { cloud: { name: "demo" } },
  });
  await kubectl(cluster, ["apply", "-f", "-"], { input });
  const uids = async (): Promise<unknown> => [
    await cloudUid(),
    textAt(await ask("network", "fabric", "-n", "openstack"), "metadata", "uid"),
  ];
  const before = await uids();
  const releases = async (): Promise<string> =>
    JSON.stringify(listAt(await ask("crd", "clouds.nephos.dev"), "spec", "versions"));
  await begun(["rollback", "nephos", "1"]);
  expect(await releases()).not.toContain('"2025.1"');
  expect(await uids()).toEqual(before);
  await upgrade("--set=networkPolicy.enabled=true");
  expect(await releases()).toContain('"2025.1"');
  expect(await uids()).toEqual(before);
  await deletedComesBack();
});

test("an eviction takes one pod of the operator at a time", async () => {
  const evict = (pod: string): Promise<string> => {
    const input = JSON.stringify({
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: pod, namespace: system },
    });
    return kubectl(cluster, ["create", "--raw", `/api/v1/namespaces/${system}/pods/${pod}/eviction`, "-f", "-"], {
      input,
    });
  };
  await eventually(
    "the budget",
    60,
    () => ask("poddisruptionbudget", "nephos", "-n", system),
    (budget) => numberAt(budget, "status", "disruptionsAllowed") === 1,
  );
  const [first = "", second = ""] = await pods();
  await evict(first);
  expect(await refusal(evict(second))).toContain("disruption budget");
  await eventually(
    "two ready pods again",
    60,
    () => ask("deployment", "nephos", "-n", system),
    (live) => numberAt(live, "status", "availableReplicas") === 2,
  );
});

test("the operator's rights begin and end with the namespaces of the values", async () => {
  const can = (namespace: string): Promise<string> => {
    const account = `--as=system:serviceaccount:${system}:nephos`;
    return kubectl(cluster, ["auth", "can-i", "list", "secrets", "-n", namespace, account]).then(
      (answer) => answer.trim(),
      (error: unknown) => (error instanceof CommandFailed ? (error.lines[0] ?? "") : String(error)),
    );
  };
  expect([await can("openstack"), await can("default"), await can(system)]).toEqual(["yes", "no", "no"]);
  await upgrade("--set=namespaces={openstack,default}");
  expect([await can("openstack"), await can("default")]).toEqual(["yes", "yes"]);
  await upgrade("--set=namespaces={openstack}");
  expect([await can("openstack"), await can("default")]).toEqual(["yes", "no"]);
});

test("what is uninstalled is the operator alone; installed again, it goes on with the Clouds that are there", async () => {
  const uid = await cloudUid();
  const kept = async (): Promise<readonly unknown[]> => [
    ...listAt(await ask("persistentvolumeclaims,secrets,statefulsets", "-n", "openstack"), "items"),
    ...listAt(await ask("crd"), "items").filter((crd) => textAt(crd, "spec", "group") === "nephos.dev"),
  ];
  const uids = async (): Promise<string[]> =>
    (await kept()).map((object) => textAt(object, "metadata", "uid") ?? "").sort();
  const before = await uids();
  expect(before.length).toBeGreaterThan(kinds.length);
  await helm(["uninstall", "nephos", "--namespace", system, "--wait", "--timeout", "120s"]);
  const ours = "deployments,pods,serviceaccounts,roles,rolebindings,poddisruptionbudgets";
  await eventually(
    "the operator to go",
    60,
    () => ask(ours, "-A", "-l", "app.kubernetes.io/instance=nephos"),
    (list) => listAt(list, "items").length === 0,
  );
  expect(
    listAt(await ask("clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/instance=nephos"), "items"),
  ).toEqual([]);
  expect(await uids()).toEqual(before);
  expect(await cloudUid()).toBe(uid);
  await install(chart);
  expect(await cloudUid()).toBe(uid);
  await deletedComesBack();
});
