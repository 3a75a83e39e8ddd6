import type { Live } from "../../operator/object.ts";
import { progress } from "../../operator/plan.ts";
import { judgeStep, type Verdict } from "../../operator/verdict.ts";
import { cloudStatus as schema } from "../../crds/cloud.ts";
import { withKeystone } from "../testing/render.ts";
import { live, node, placed, rollOut, snapshot } from "../testing/world.ts";
import { cloudController } from "./controller.ts";
import { refusedReport } from "../report.ts";

const controller = cloudController(withKeystone);
const cloud = live({
  apiVersion: "nephos.dev/v1alpha1",
  kind: "Cloud",
  metadata: { name: "demo", generation: 7 },
  spec: { release: "2026.1" },
});
const firstNode = node("node-1", "192.0.2.11", "2026-01-01T00:00:00Z");
const total = controller.plan(cloud, snapshot(cloud), undefined).steps.length;
const { objects } = rollOut((seen) => controller.plan(cloud, seen, undefined), cloud, firstNode);

function statusWith(...world: readonly Live[]) {
  const seen = snapshot(...world);
  return controller.status(
    cloud,
    progress(placed(controller.plan(cloud, seen, undefined)), seen, judgeStep).verdicts,
    seen,
    undefined,
  );
}

/** The world with the status of one Deployment changed. */
function ailing(name: string, status: object): Live[] {
  return objects.map((object) =>
    object.kind === "Deployment" && object.metadata.name === name ? { ...object, status } : object,
  );
}

describe("the status of a Cloud", () => {
  it("that is up says so, with its release and its endpoint", () => {
    expect(statusWith(...objects)).toMatchObject({
      observedGeneration: 7,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "AllStepsDone",
          message: `all ${total} steps are done`,
          observedGeneration: 7,
        },
        {
          type: "Available",
          status: "True",
          reason: "EveryApiAnswers",
          message: "every API has a ready pod",
          observedGeneration: 7,
        },
        {
          type: "CertificatesValid",
          status: "True",
          reason: "NoneEndsSoon",
          message: "no certificate ends within 21 days",
          observedGeneration: 7,
        },
      ],
      release: "2026.1",
      reason: "AllStepsDone",
      progress: `${total}/${total}`,
      endpoints: { public: { host: "192.0.2.11" }, keystone: "https://192.0.2.11:30500/v3" },
    });
  });

  it("that has just been made names what it waits for, and no release", () => {
    const status = statusWith(cloud, firstNode);
    expect(status).toMatchObject({
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "Progressing",
          message: "tls/authority: waiting for Secret nephos-ca to exist",
        },
        { type: "Reconciling", status: "True", reason: "Progressing" },
        { type: "Available", status: "False", reason: "ApiWithoutPod", message: "no ready pod: keystone-api" },
        { type: "CertificatesValid", status: "True" },
      ],
      progress: `0/${total}`,
    });
    expect(status).not.toHaveProperty("release");
  });

  it("lists every step once, with what it waits for", () => {
    const { steps } = schema.parse(statusWith(cloud, firstNode));
    expect(steps).toHaveLength(total);
    expect(steps).toContainEqual({
      name: "database/secrets",
      state: "Waiting",
      message: "Secret mariadb-root to exist",
    });
    expect(steps).toContainEqual({ name: "keystone/api", state: "Waiting", message: "keystone/expand" });
  });

  it("stays available while a pod of its API is replaced", () => {
    const status = statusWith(
      ...ailing("keystone-api", {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
      }),
    );
    expect(status).toMatchObject({
      conditions: [
        { type: "Ready", status: "False", reason: "Degraded" },
        { type: "Reconciling", status: "True" },
        { type: "Available", status: "True" },
        { type: "CertificatesValid", status: "True" },
      ],
      steps: expect.arrayContaining([
        { name: "keystone/api", state: "Degraded", message: "Deployment keystone-api: 1 of 1 replicas updated" },
      ]),
    });
  });

  it("names a release once every API was up, and goes on doing so when one is unwell", () => {
    expect(statusWith(cloud)).not.toHaveProperty("release");
    expect(statusWith(...objects)).toHaveProperty("release", "2026.1");
    expect(statusWith(...ailing("keystone-api", {}))).toHaveProperty("release", "2026.1");
  });

  it("is not available without a ready pod", () => {
    expect(
      statusWith(...ailing("keystone-api", { observedGeneration: 1, replicas: 1, updatedReplicas: 1 })),
    ).toMatchObject({
      conditions: [
        { type: "Ready", message: "keystone/api: Deployment keystone-api: 0 of 1 replicas available" },
        { type: "Reconciling" },
        { type: "Available", status: "False", reason: "ApiWithoutPod" },
        { type: "CertificatesValid", status: "True" },
      ],
    });
  });

  it("is available, and of a release, by its APIs: a worker that never ran counts against Ready only", () => {
    const worker = { name: "worker", run: { command: ["keystone-worker"] }, requests: { cpu: "10m", memory: "64Mi" } };
    const services = withKeystone.services.map((service) => ({
      ...service,
      processes: [...service.processes, worker],
    }));
    const working = cloudController({ ...withKeystone, services });
    const seen = snapshot(...objects);
    const { verdicts } = progress(placed(working.plan(cloud, seen, undefined)), seen, judgeStep);
    expect(working.status(cloud, verdicts, seen, undefined)).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: "Ready", status: "False" }),
        expect.objectContaining({ type: "Available", status: "True" }),
      ]),
      release: "2026.1",
    });
  });

  it("shows what was used where the spec leaves it open", () => {
    const bound = objects.map((object) =>
      object.kind === "PersistentVolumeClaim"
        ? { ...object, spec: { storageClassName: "fast" }, status: { phase: "Bound", capacity: { storage: "10Gi" } } }
        : object,
    );
    expect(statusWith(...bound)["resolved"]).toEqual({
      region: "RegionOne",
      images: {
        infra: "registry.example.org/nephos/infra",
        "keystone:2026.1": "registry.example.org/nephos/keystone:2026.1",
      },
      volumes: {
        "data-mariadb-0": { storageClassName: "fast", size: "10Gi" },
        "data-rabbitmq-0": { storageClassName: "fast", size: "10Gi" },
      },
    });
    expect(statusWith(cloud)).toHaveProperty("resolved.volumes", {});
  });

  describe("whose configuration has options that the release does not know", () => {
    const conditionsWith = (config: object): unknown[] => {
      const odd = { ...cloud, spec: { release: "2026.1", config } };
      const seen = snapshot(...objects.map((object) => (object.kind === "Cloud" ? odd : object)));
      const { verdicts } = progress(placed(controller.plan(odd, seen, undefined)), seen, judgeStep);
      return [...(schema.parse(controller.status(odd, verdicts, seen, undefined)).conditions ?? [])];
    };

    it("names them, and what was probably meant", () => {
      expect(conditionsWith({ token: { expiratoin: { value: 60 } } })).toContainEqual({
        type: "UnknownOptions",
        status: "True",
        reason: "NotInRelease",
        message:
          "2026.1 does not know, but gets all the same: spec.config.token.expiratoin (did you mean token.expiration?)",
        observedGeneration: 7,
      });
    });

    it("names ten and counts the others", () => {
      const names = Array.from({ length: 12 }, (_, index) => `spout_${index}`).sort();
      const tea = Object.fromEntries(names.map((name) => [name, { value: 1 }]));
      const named = names.slice(0, 10).map((name) => `spec.config.tea.${name}`);
      expect(conditionsWith({ tea })).toContainEqual(
        expect.objectContaining({ message: expect.stringContaining(`${named.join(", ")} and 2 more`) }),
      );
    });

    it("says nothing of that where there are none", () => {
      const told = conditionsWith({ token: { expiration: { value: 60 } } });
      expect(told).not.toContainEqual(expect.objectContaining({ type: "UnknownOptions" }));
    });
  });

  it.each([
    ["up", () => objects],
    ["new", () => [cloud]],
    ["unwell", () => ailing("keystone-api", {})],
  ])("holds nothing that the schema does not have: %s", (_, world) => {
    const status = statusWith(...world());
    expect(schema.strict().parse(status)).toEqual(status);
  });
});

describe("the steps in the status", () => {
  const verdicts = new Map<string, Verdict>([
    ["a/done", { is: "done" }],
    ["a/blocked", { is: "blocked", reason: "Forbidden", message: "may not" }],
    ["a/degraded", { is: "degraded", on: "one pod" }],
    ["a/waiting", { is: "waiting", on: "a Job" }],
  ]);

  it("say how each stands and why", () => {
    const status = controller.status(cloud, verdicts, snapshot(...objects), undefined);
    expect(status).toMatchObject({ progress: "1/4", reason: "Forbidden" });
    expect(status["steps"]).toEqual([
      { name: "a/done", state: "Done" },
      { name: "a/blocked", state: "Blocked", message: "may not" },
      { name: "a/degraded", state: "Degraded", message: "one pod" },
      { name: "a/waiting", state: "Waiting", message: "a Job" },
    ]);
  });
});

it("a Cloud that is refused says which generation of its spec that is about, in every condition", () => {
  const stalled: Verdict = { is: "blocked", reason: "NamespaceTaken", message: "go elsewhere", contradiction: true };
  expect(refusedReport(cloud, new Map([["cloud/namespace", stalled]]))).toMatchObject({
    observedGeneration: 7,
    conditions: ["Ready", "Stalled", "Available"].map((type) => ({
      type,
      reason: "NamespaceTaken",
      message: "cloud/namespace: go elsewhere",
      observedGeneration: 7,
    })),
  });
});
