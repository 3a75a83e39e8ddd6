import { listAt, numberAt, textAt } from "../operator/object.ts";
import { keepAsking } from "./scene/asking.ts";
import { cloud, getCloud, inCloud, lonePod, patchCloud, ready, readyCloud } from "./scene/cloud.ts";
import { killOperator, leader, operatorPods, system } from "./scene/operator.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";
import { trusting } from "./scene/trust.ts";

let at: Scene;

beforeAll(async () => {
  at = await scene();
  await readyCloud(at);
});

afterAll(async () => {
  await at.kubectl(["scale", "deployment/nephos", "-n", system, "--replicas=1"]);
  await at.transport.close();
});

test("a rollout can be read from the events of the Cloud", async () => {
  const list = await at.json(["get", "events.events.k8s.io", ...inCloud]);
  const notes = listAt(list, "items")
    .filter((event) => textAt(event, "regarding", "kind") === "Cloud")
    .map((event) => textAt(event, "note"));
  expect(notes).toEqual(expect.arrayContaining(["database/server is done", "keystone/api is done"]));
});

test("metrics tell the queue, the passes, the steps, the writes and the event loop's lag", async () => {
  const metrics = async (): Promise<string> => {
    const pod = await leader(at);
    return at.kubectl(["get", "--raw", `/api/v1/namespaces/${system}/pods/${pod}:8080/proxy/metrics`]);
  };
  const wanted = [
    "workqueue_depth{",
    "controller_runtime_reconcile_time_seconds_bucket{",
    `nephos_steps{controller="nephos-cloud",state="done"}`,
    "nephos_writes_total{",
    "rest_client_requests_total{",
    "nodejs_eventloop_lag_p99_seconds",
    `leader_election_master_status{name="nephos"} 1`,
  ];
  await eventually("every metric", 60, metrics, (text) => wanted.every((name) => text.includes(name)));
});

test("when the leader is killed, the standby takes over within the time of the lease", async () => {
  await at.kubectl(["scale", "deployment/nephos", "-n", system, "--replicas=2"]);
  await at.kubectl(["rollout", "status", "deployment/nephos", "-n", system, "--timeout=60s"]);
  const pods = await operatorPods(at);
  const first = await eventually(
    "a leader",
    40,
    () => leader(at),
    (name) => pods.some((pod) => pod.name === name),
  );
  const [old] = pods.filter((pod) => pod.name === first);
  if (old === undefined) throw new Error("the leader has no pod");
  await killOperator(at, old);
  // The lease lasts 15 s and is asked for every 2 s; the rest is for a busy machine.
  await eventually(
    "another leader",
    40,
    () => leader(at),
    (name) => name !== undefined && name !== old.name,
  );
  const name = "deployment/memcached-server";
  const uid = textAt(await at.json(["get", name, ...inCloud]), "metadata", "uid");
  await at.kubectl(["delete", name, ...inCloud]);
  await eventually(
    "the new leader to work",
    60,
    () => at.json(["get", name, ...inCloud]),
    (live) => {
      const now = textAt(live, "metadata", "uid");
      return now !== undefined && now !== uid;
    },
  );
});

test("an image that cannot be pulled is named in the status, touches nothing that runs, and is forgotten once corrected", async () => {
  const patch = (images: unknown): Promise<string> => patchCloud(at, { images });
  const wrong = "localhost/nephos/no-such-image:1";
  const messagesOf = (live: unknown): string =>
    listAt(live, "status", "conditions")
      .map((entry) => `${textAt(entry, "type")}: ${textAt(entry, "message")}`)
      .join("\n");
  try {
    await patch({ overrides: { "keystone:2026.1": wrong } });
    const stuck = await eventually(
      "the reason",
      120,
      () => getCloud(at),
      (live) => messagesOf(live).includes(`image ${wrong} cannot be pulled`),
    );
    expect(messagesOf(stuck)).toContain("Available: every API has a ready pod");
    const token = await at.openstack(cloud, ["token", "issue"]);
    expect(textAt(token, "id")).toMatch(/^gAAAA/);
  } finally {
    await patch(null);
  }
  await ready(at, 120);
});

test("more replicas come up, and go again, without an answer missed", async () => {
  const url = textAt(await getCloud(at), "status", "endpoints", "keystone") ?? "";
  const scale = (replicas: number): Promise<string> => patchCloud(at, { services: { keystone: { replicas } } });
  const fetch = await trusting(at, cloud.namespace);
  const stop = keepAsking(async () => (await fetch(url)).status, 200);
  try {
    await scale(2);
    await ready(at, 120);
    const ofApi = await at.json(["get", "deployment", "keystone-api", ...inCloud]);
    expect(numberAt(ofApi, "status", "availableReplicas")).toBe(2);
    await scale(1);
    await ready(at, 120);
    await lonePod(at, 120);
  } finally {
    const { asked, failures } = await stop();
    expect(asked).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  }
});
