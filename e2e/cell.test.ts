import { join } from "node:path";
import { listAt, mapAt, textAt } from "../operator/object.ts";
import { cloud, inCloud, ready, readyCloud } from "./scene/cloud.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";
import { trusting } from "./scene/trust.ts";

const manifest = join(import.meta.dirname, "..", "crds", "samples", "compute-cell.yaml");
const conductor = "nova-cell1-conductor-0";

let at: Scene;

beforeAll(async () => {
  at = await scene();
  await readyCloud(at);
});

afterAll(async () => {
  await at.kubectl(["delete", "computecell", "cell1", ...inCloud, "--ignore-not-found", "--timeout=90s"]);
  await at.transport.close();
});

async function readyCell(inSeconds: number): Promise<unknown> {
  return eventually(
    "the cell to be ready",
    inSeconds,
    () => at.json(["get", "computecell", "cell1", ...inCloud]),
    (live) =>
      conditionStatus(live, "Ready") === "True" &&
      mapAt(live, "status")["observedGeneration"] === mapAt(live, "metadata")["generation"],
  );
}

/** The programs that Nova knows, by their hosts, with what it says of each. */
const programs = async (): Promise<Map<string, string>> =>
  new Map(
    listAt({ list: await at.openstack(cloud, ["compute", "service", "list"]) }, "list").map((entry) => [
      textAt(entry, "Host") ?? "",
      textAt(entry, "State") ?? "",
    ]),
  );

/** Runs a program in a pod of the Cloud. */
const inPod = (pod: string, ...command: readonly string[]): Promise<string> =>
  at.kubectl(["exec", pod, ...inCloud, "--", ...command]);

const cellsKnown = async (): Promise<string[]> =>
  [...(await inPod("nova-conductor-0", "nova-manage", "cell_v2", "list_cells")).matchAll(/^\|\s+(cell\d+)\s+\|/gm)].map(
    ([, name = ""]) => name,
  );

const podOf = async (component: string): Promise<string | undefined> => {
  const labels = `app.kubernetes.io/name=nova,app.kubernetes.io/component=${component}`;
  const [pod] = listAt(await at.json(["get", "pods", ...inCloud, "-l", labels]), "items");
  return textAt(pod, "metadata", "uid");
};

test("a cell comes up, and Nova sees its conductor", async () => {
  await at.kubectl(["apply", "-f", manifest]);
  await readyCell(180);
  // Nova's API learns of the cell when it starts.
  await ready(at, 120);
  await eventually("the cell's conductor to be up", 60, programs, (known) => known.get(conductor) === "up");
  expect((await cellsKnown()).sort()).toEqual(["cell0", "cell1"]);
});

test("its consoles answer at their own port with the cloud's certificate, and to nobody without a token", async () => {
  const url = textAt(await at.json(["get", "computecell", "cell1", ...inCloud]), "status", "console") ?? "";
  const fetch = await trusting(at, cloud.namespace);
  expect(await (await fetch(url, {})).text()).toContain("noVNC");
  expect(url).toMatch(/^https:.*:30680\/vnc_lite\.html$/);
});

test("its account at the broker gets into its own virtual host, and into no other", async () => {
  const told = await inPod("rabbitmq-0", "/usr/lib/rabbitmq/bin/rabbitmqctl", "list_user_permissions", "nova_cell1");
  expect(told.split("\n").filter((line) => line.includes(".*"))).toEqual(["nova_cell1\t.*\t.*\t.*"]);
});

test("a Job that tells Nova of the cell again makes no second one", async () => {
  const jobs = ["-l", "app.kubernetes.io/name=nova-cell1,app.kubernetes.io/component=map"];
  await at.kubectl(["delete", "jobs", ...inCloud, ...jobs]);
  await eventually(
    "the Job to be done again",
    60,
    () => at.json(["get", "jobs", ...inCloud, ...jobs]),
    (list) => listAt(list, "items").some((job) => conditionStatus(job, "Complete") === "True"),
  );
  expect((await cellsKnown()).sort()).toEqual(["cell0", "cell1"]);
});

test("a cell that is deleted and made again finds its data, and Nova's API does not restart for it", async () => {
  await readyCell(60);
  const before = await podOf("api");
  await at.kubectl(["delete", "computecell", "cell1", ...inCloud, "--timeout=90s"]);
  await eventually(
    "its programs to go",
    150,
    () => at.kubectl(["get", "pods", ...inCloud, "-o", "name"]),
    (pods) => !pods.includes("nova-cell1-"),
  );
  await at.kubectl(["apply", "-f", manifest]);
  await readyCell(180);
  await eventually("the cell's conductor to be up", 60, programs, (known) => known.get(conductor) === "up");
  expect(await podOf("api")).toBe(before);
});
