import { join } from "node:path";
import { cloudController } from "../controllers/cloud/controller.ts";
import { scenario } from "../controllers/testing/play/scenarios.ts";
import { applied, applyCloud, drop, imageUpgrade, says, stages, step } from "../controllers/testing/play/stages.ts";
import { means as everything } from "../controllers/testing/render.ts";
import { live, namespace, node, placed, rollOut, snapshot } from "../controllers/testing/world.ts";
import { kinds } from "../crds/index.ts";
import { type Live, listAt, mapAt, textAt } from "../operator/object.ts";
import { progress } from "../operator/plan.ts";
import { crdOf } from "../operator/schema.ts";
import { play } from "../operator/testing/play.ts";
import type { Moment } from "../operator/testing/scenario.ts";
import { judgeStep } from "../operator/verdict.ts";
import type { Change } from "../operator/testing/world/history.ts";
import { ensureTool } from "./lab/binaries.ts";
import { run } from "./lab/host/command.ts";

/** With services that stand on no other: health is a matter of steps, whatever they are, and others want a Network besides. */
const means = { ...everything, services: everything.services.filter(({ after }) => after.length === 0) };
const gitops = join(import.meta.dirname, "..", "charts", "gitops");

interface Health {
  readonly kstatus: string;
  readonly argo: string;
  /** What Argo CD shows beside its word. */
  readonly message: string;
}

/** What kstatus, and with it Flux, and our check for Argo CD make of each object. */
async function healthOf(objects: readonly unknown[], check = "health.lua"): Promise<Health[]> {
  const input = objects.map((object) => JSON.stringify(object)).join("\n");
  const lines = (await run(await ensureTool("health"), [join(gitops, check)], { input })).trimEnd().split("\n");
  return lines.map((line) => {
    const said: unknown = JSON.parse(line);
    return {
      kstatus: textAt(said, "kstatus", "status") ?? "",
      argo: textAt(said, "argo", "status") ?? "",
      message: textAt(said, "argo", "message") ?? "",
    };
  });
}

/** An object as the API server gives it, which fills in what the schema has as default for a status that nobody wrote. */
function asServed(object: Live): unknown {
  const crd = kinds.map(crdOf).find((each) => textAt(each, "spec", "names", "kind") === object.kind);
  const schema = mapAt(listAt(crd, "spec", "versions")[0], "schema", "openAPIV3Schema", "properties", "status");
  return "status" in object ? object : { ...object, status: schema["default"] };
}

// The first time it is built from source.
beforeAll(() => ensureTool("health"), 1_200_000);

describe("a Cloud", () => {
  const clouds = cloudController(means);
  const cloud = live({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name: "prod", generation: 7 },
    spec: { release: "2026.1" },
  });
  const firstNode = node("node-1", "192.0.2.11", "2026-01-01T00:00:00Z");
  const { objects } = rollOut((seen) => clouds.plan(cloud, seen, undefined), cloud, firstNode);
  const unready = { observedGeneration: 1, replicas: 1, updatedReplicas: 1 };

  /** The Cloud with the status that it has in such a world. */
  const judged = (world: readonly Live[]): Live => {
    const seen = snapshot(...world);
    const { verdicts } = progress(placed(clouds.plan(cloud, seen, undefined)), seen, judgeStep);
    return { ...cloud, status: clouds.status(cloud, verdicts, seen, undefined) };
  };
  const up = judged(objects);
  const ailing = judged(
    objects.map((object) => (object.kind === "Deployment" ? { ...object, status: unready } : object)),
  );
  const withMetadata = (subject: Live, more: object): Live => ({
    ...subject,
    metadata: { ...subject.metadata, ...more },
  });

  it.each<[string, Live, Health]>([
    [
      "that nobody has looked at yet",
      cloud,
      { kstatus: "InProgress", argo: "Progressing", message: "waiting for Nephos to take it up" },
    ],
    [
      "that is being rolled out",
      judged([cloud, firstNode]),
      { kstatus: "InProgress", argo: "Progressing", message: "to exist" },
    ],
    ["that is up", up, { kstatus: "Current", argo: "Healthy", message: "steps are done" }],
    [
      "that is up and has a new spec",
      withMetadata(up, { generation: 8 }),
      { kstatus: "InProgress", argo: "Progressing", message: "waiting for Nephos to take it up" },
    ],
    ["that was up and is unwell", ailing, { kstatus: "InProgress", argo: "Degraded", message: "Degraded: " }],
    [
      "that is being deleted",
      withMetadata(up, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      { kstatus: "Terminating", argo: "Progressing", message: "being deleted" },
    ],
  ])("%s is seen as that", async (_, subject, { message, ...words }) => {
    const [health] = await healthOf([asServed(subject)]);
    expect(health).toEqual({ ...words, message: expect.stringContaining(message) });
  });
});

/** What happens to a Cloud, one thing after the other. */
const story = [
  step(
    "made, with a foreign Service in the way",
    (world) => {
      const metadata = { name: "keystone", namespace, uid: "", resourceVersion: "" };
      world.store.create({ apiVersion: "v1", kind: "Service", metadata }, "kubectl");
      applyCloud(world, {});
    },
    (world) => says(world, "ForeignObject"),
  ),
  step("the way is cleared", (world) => drop(world, "v1", "Service", "keystone")),
  applied("scale", means, { replicas: 3 }),
  applied("shrink", means, {}),
  applied("configure", means, { config: { DEFAULT: { debug: { value: "true" } } } }),
  imageUpgrade(means),
  stages.secretLost,
  stages.secretRestored,
  step(
    "the spec contradicts itself",
    (world) =>
      applyCloud(world, { services: { keystone: { config: { database: { connection: { value: "mine" } } } } } }),
    (world) => says(world, "ReservedOption"),
  ),
  applied("the spec is corrected", means, {}),
] as const;

const onTheWay = "InProgress Progressing";
const good = "Current Healthy";

describe("as the story of a Cloud goes on", () => {
  const versions: { readonly stage: string; readonly object: Live }[] = [];
  let trouble: readonly string[];

  beforeAll(async () => {
    const collected = ({ object, type }: Change, { stage }: Moment): undefined => {
      if (object.apiVersion.startsWith("nephos.dev/") && type !== "DELETED") versions.push({ stage, object });
    };
    ({ trouble } = await play({ ...scenario("health", means, ...story), invariants: () => [collected] }));
  }, 120_000);

  /** What is seen of the objects of a kind in each stage, without what is seen twice in a row. */
  /** What was seen of all objects of a kind, or of the one of that name. */
  async function seenOf(kind: string, name?: string): Promise<Record<string, string[]>> {
    const own = versions.filter(
      ({ object }) => object.kind === kind && (name === undefined || object.metadata.name === name),
    );
    const health = await healthOf(own.map(({ object }) => asServed(object)));
    const told: Record<string, string[]> = {};
    for (const [index, { stage }] of own.entries()) {
      const words = `${health[index]?.kstatus ?? ""} ${health[index]?.argo ?? ""}`;
      const before = told[stage] ?? [];
      told[stage] = before.at(-1) === words ? before : [...before, words];
    }
    return told;
  }

  it("all ends well", () => {
    expect(trouble).toEqual([]);
  });

  it("Flux and Argo CD see when it is good, when it is under way and when somebody has to look", async () => {
    expect(await seenOf("Cloud")).toEqual({
      "made, with a foreign Service in the way": [onTheWay],
      "the way is cleared": [onTheWay, good],
      scale: [onTheWay, good],
      shrink: [onTheWay, good],
      configure: [onTheWay, good],
      "image upgrade": [onTheWay, good],
      "secret lost": ["InProgress Degraded"],
      "secret restored": [onTheWay, good],
      "the spec contradicts itself": [onTheWay, "Failed Degraded"],
      "the spec is corrected": [onTheWay, good],
    });
  });

  it("they see of its Registration when Keystone is as it says", async () => {
    expect(await seenOf("Registration", "keystone")).toEqual({
      "the way is cleared": [onTheWay, good],
      "secret lost": [onTheWay],
      "secret restored": [good],
    });
  });
});

describe("an Application of Applications", () => {
  it("waits for each of its own until that is healthy", async () => {
    const applications = [
      {},
      { status: {} },
      { status: { health: { status: "Degraded", message: "cloud: SecretMissing" } } },
    ];
    expect((await healthOf(applications, "application.lua")).map(({ argo, message }) => [argo, message])).toEqual([
      ["Progressing", ""],
      ["Progressing", ""],
      ["Degraded", "cloud: SecretMissing"],
    ]);
  });
});
