import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { dressed } from "../../operator/dress.ts";
import { at, type Live, mapAt, refKey, refOf, textAt } from "../../operator/object.ts";
import { type Plan, progress, type Snapshot } from "../../operator/plan.ts";
import { expectGolden, goldenOrphans } from "../../operator/testing/golden.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { cloudController } from "../cloud/controller.ts";
import { requestsMissing, troubleWith, workloadsIn } from "../testing/pods.ts";
import { means, stepsYaml } from "../testing/render.ts";
import { conditionsOf, live, node, placed, rollOut, secret, snapshot } from "../testing/world.ts";
import { cellController } from "./controller.ts";
import { usersOf } from "./users.ts";

const apiVersion = "nephos.dev/v1alpha1";
const controller = cellController(means);
const clouds = cloudController(means);

function cloudWith(spec: object = {}): Live {
  const born = { name: "demo", creationTimestamp: "2026-01-01T00:00:00Z" };
  return live({ apiVersion, kind: "Cloud", metadata: born, spec: { release: "2026.1", ...spec } });
}

function cellWith(spec: object = {}, metadata: Partial<Live["metadata"]> = {}): Live {
  const born = { name: "cell1", creationTimestamp: "2026-02-01T00:00:00Z", ...metadata };
  return live({ apiVersion, kind: "ComputeCell", metadata: born, spec: { cloud: { name: "demo" }, ...spec } });
}

const planned =
  (cell: Live) =>
  (seen: Snapshot): Plan =>
    placed(controller.plan(cell, seen, undefined));

/** A Cloud whose every step is done, as it was last written. */
function cloudDone(spec: object = {}, ...beside: readonly Live[]): readonly Live[] {
  const cloud = cloudWith(spec);
  const plan = (seen: Snapshot): Plan => placed(clouds.plan(cloud, seen, undefined));
  const { objects: made } = rollOut(plan, cloud, node("node-1", "192.0.2.10", "2026-01-01T00:00:00Z"), ...beside);
  const wanted = dressed(clouds.plan(cloud, snapshot(...made), undefined), cloud).steps.flatMap((step) => step.objects);
  const marks = new Map(wanted.map((each) => [refKey(refOf(each)), each.metadata.annotations]));
  return made.map((each) => {
    const annotations = { ...each.metadata.annotations, ...marks.get(refKey(refOf(each))) };
    return { ...each, metadata: { ...each.metadata, annotations } };
  });
}

function judged(cell: Live, ...objects: readonly Live[]) {
  const seen = snapshot(cell, ...objects);
  const { open, verdicts } = progress(planned(cell)(seen), seen, judgeStep);
  return {
    open: open.flatMap(({ name, objects: wanted }) => (wanted.length === 0 ? [] : [name])),
    verdicts,
    status: controller.status(cell, verdicts, seen, undefined),
  };
}

const cell = cellWith();
const ground = cloudDone();
const { rounds, objects } = rollOut(planned(cell), cell, ...ground);
const named = (name: string): Live => {
  const found = objects.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

describe("the plan of a ComputeCell", () => {
  it.each(["compute-cell.yaml", "compute-cell-every-field.yaml"])("of the sample %s is as recorded", (file) => {
    const sample: unknown = parse(readFileSync(join(import.meta.dirname, "../../crds/samples", file), "utf8"));
    const born = cellWith(mapAt(sample, "spec"), { name: textAt(sample, "metadata", "name") ?? "" });
    const given = [...ground, secret("logging", "nova.conf")];
    const end = rollOut(planned(born), born, ...given);
    expectGolden(
      stepsYaml(controller.plan(born, snapshot(...end.objects), undefined).steps),
      join(import.meta.dirname, "golden", file),
    );
  });

  it("has no golden files but the samples", () => {
    const files = ["compute-cell.yaml", "compute-cell-every-field.yaml"];
    expect(goldenOrphans(join(import.meta.dirname, "golden"), files)).toEqual([]);
  });

  it("goes from its Secrets to a cell that Nova knows, without a stop", () => {
    expect(rounds).toEqual([
      ["nova-cell1/secrets", "nova-cell1/public", "cell/record"],
      ["nova-cell1/config"],
      ["nova-cell1/database", "nova-cell1/broker"],
      ["nova-cell1/expand"],
      ["nova-cell1/setup", "nova-cell1/api"],
      ["nova-cell1/workers"],
    ]);
    expect([...judged(cell, ...objects).verdicts.values()].filter(({ is }) => is !== "done")).toEqual([]);
  });

  it("makes only kinds that the controller declares", () => {
    const kinds = new Set(
      planned(cell)(snapshot(...objects)).steps.flatMap((step) => step.objects.map(({ kind }) => kind)),
    );
    const declared: readonly string[] = controller.owns.map(({ kind }) => kind);
    expect([...kinds].filter((kind) => !declared.includes(kind))).toEqual([]);
  });

  it("takes no object of its Cloud", () => {
    const own = planned(cell)(snapshot(...objects)).steps.flatMap((step) =>
      step.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    );
    const theirs = ground.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(own.filter((each) => theirs.includes(each))).toEqual([]);
  });

  it("runs nothing that is not restricted, or asks for nothing", () => {
    const workloads = workloadsIn(controller.plan(cell, snapshot(...objects), undefined).steps);
    expect(workloads.flatMap((each) => [...troubleWith(each), ...requestsMissing(each)])).toEqual([]);
  });

  it("gives hosts' conductors no way into Nova's first database: only the Job that tells of the cell has one", () => {
    const files = controller
      .plan(cell, snapshot(...objects), undefined)
      .steps.flatMap((step) => step.objects)
      .filter(({ metadata }) => metadata.name.startsWith("nova-cell1-config-"))
      .filter((each) => JSON.stringify(each).includes("nova_api"));
    expect(files).toHaveLength(1);
    const readers = objects.filter((each) =>
      JSON.stringify(at(each, "spec") ?? {}).includes(files[0]?.metadata.name ?? ""),
    );
    expect(readers.map(({ kind, metadata }) => `${kind} ${metadata.name.slice(0, 14)}`)).toEqual([
      "Job nova-cell1-map",
    ]);
  });

  it("stands on its Cloud and on all that this stands on", () => {
    const basis = planned(cell)(snapshot(cell, ...ground)).basis?.map(({ kind, name }) => `${kind} ${name}`) ?? [];
    expect(basis).toEqual(expect.arrayContaining(["Cloud demo", "Secret nova-cell1-tls"]));
    const ofCloud = clouds.plan(cloudWith(), snapshot(...ground), undefined).basis?.map(({ name }) => name) ?? [];
    expect(ofCloud).not.toEqual([]);
    expect(basis.map((each) => each.split(" ")[1])).toEqual(expect.arrayContaining(ofCloud));
    const own = basis.slice(1 + ofCloud.length);
    expect(own).toEqual([...own].sort());
  });

  it("has its options from the Cloud, from Nova, and at last from itself", () => {
    const option = (value: string) => ({ config: { DEFAULT: { debug: { value } } } });
    const valueIn = (own: object, cloud: object): string => {
      const steps = controller.plan(cellWith(own), snapshot(...cloudDone(cloud)), undefined).steps;
      const config = steps.find(({ name }) => name === "nova-cell1/config");
      return /debug = (\S+)/.exec(JSON.stringify(config).replaceAll("\\n", " "))?.[1] ?? "";
    };
    expect(valueIn({}, option("cloud"))).toBe("cloud");
    expect(valueIn({}, { ...option("cloud"), services: { nova: option("nova") } })).toBe("nova");
    expect(valueIn(option("cell"), { ...option("cloud"), services: { nova: option("nova") } })).toBe("cell");
  });
});

describe("a ComputeCell without what it stands on", () => {
  it("is refused by the field that nobody can read", () => {
    const { steps } = planned(cellWith({ replicas: "many" }))(snapshot(...objects));
    expect(steps).toMatchObject([{ name: "cell/spec", objects: [], held: { is: "blocked" } }]);
    expect(JSON.stringify(steps)).toContain("spec.replicas");
  });

  it("waits for its Cloud, and changes nothing", () => {
    const { open, verdicts, status } = judged(cell);
    expect(open).toEqual([]);
    expect(verdicts.get("cell/cloud")).toEqual({ is: "waiting", on: "Cloud demo to exist" });
    expect(conditionsOf(status)).toEqual({
      Ready: ["False", "Progressing"],
      Reconciling: ["True", "Progressing"],
      Available: ["False", "PartWithoutPod"],
    });
  });

  it("stays as it is when its Cloud is gone", () => {
    const left = objects.filter(({ kind }) => kind !== "Cloud");
    const { open, status } = judged(cell, ...left);
    expect(open).toEqual([]);
    expect(conditionsOf(status)).toMatchObject({ Available: ["True", "CellAnswers"] });
  });

  it("waits for Nova's own databases, and says so", () => {
    const before = ground.filter(({ metadata }) => !metadata.name.startsWith("nova-expand-"));
    const { open, verdicts } = judged(cell, ...before);
    expect(open).toEqual(["nova-cell1/secrets", "nova-cell1/public", "cell/record"]);
    expect(verdicts.get("nova/expand")).toEqual({ is: "waiting", on: "step nova/expand of Cloud demo" });
  });

  it("goes on caring for what runs while Nova's databases are prepared anew", () => {
    const before = objects.filter(({ metadata }) => !metadata.name.startsWith("nova-expand-"));
    expect(judged(cell, ...before).open).toContain("nova-cell1/api");
  });

  it("generates no password anew over a database that is there", () => {
    const record = rollOut(planned(cell), ...objects.filter(({ metadata }) => metadata.name !== "nova-cell1-record"));
    const lost = record.objects.filter(({ metadata }) => metadata.name !== "nova-cell1-database");
    expect(judged(cell, ...lost).verdicts.get("nova-cell1/secrets")).toMatchObject({ reason: "SecretMissing" });
  });
});

describe("an external database", () => {
  it("with accounts only cannot have the cell's made, which the cell says", () => {
    const names = means.services.map(({ name }) => name);
    const accounts = Object.fromEntries(names.map((name) => [name, { name: `${name}-account` }]));
    const external = { host: "192.0.2.30", access: { type: "Accounts", accounts } };
    const given = names.map((name) => secret(`${name}-account`, "username", "password"));
    const world = cloudDone({ database: { type: "External", external } }, ...given);
    const { verdicts } = judged(cell, ...rollOut(planned(cell), ...world).objects);
    expect(verdicts.get("nova-cell1/database")).toMatchObject({ is: "blocked", reason: "NotAllowed" });
    expect(verdicts.get("nova-cell1/expand")).toMatchObject({ is: "waiting" });
  });
});

describe("an external broker", () => {
  const broker = (access: object) => ({
    messaging: {
      type: "External",
      external: { hosts: [{ name: "rabbitmq.example.org" }], virtualHost: "demo", access },
    },
  });

  it("gets a virtual host called after the Cloud's", () => {
    const administrator = { type: "Administrator", administrator: { credentials: { name: "broker-admin" } } };
    const world = cloudDone(broker(administrator), secret("broker-admin", "username", "password"));
    const step = controller
      .plan(cell, snapshot(cell, ...world), undefined)
      .steps.find(({ name }) => name === "nova-cell1/broker");
    expect(JSON.stringify(step?.objects)).toContain('\\"virtualHost\\":\\"demo-nova_cell1\\"');
  });

  it("with one account only cannot have it made, which the cell says", () => {
    const account = { type: "Account", account: { name: "broker" } };
    const world = cloudDone(broker(account), secret("broker", "username", "password"));
    const step = controller
      .plan(cell, snapshot(cell, ...world), undefined)
      .steps.find(({ name }) => name === "nova-cell1/broker");
    expect(step?.held).toMatchObject({ is: "blocked", reason: "NotAllowed" });
  });
});

describe("Nova and its cells", () => {
  const record = live({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "nova-cell1-record", labels: { "nephos.dev/owner": "ComputeCell.cell1" } },
    data: { mapped: "nova-cell1-map-1" },
  });
  const annotationOf = (workload: string, ...world: readonly Live[]): unknown => {
    const steps = clouds.plan(cloudWith(), snapshot(...world), undefined).steps;
    const found = steps.flatMap((step) => step.objects).find(({ metadata }) => metadata.name === workload);
    return at(found, "spec", "template", "metadata", "annotations", "nephos.dev/cells");
  };

  it.each(["nova-api", "nova-metadata", "nova-scheduler", "nova-conductor"])(
    "start %s anew once it was told of one",
    (workload) => {
      expect(annotationOf(workload, ...ground)).toBeUndefined();
      expect(annotationOf(workload, ...ground, { ...record, data: {} })).toBeUndefined();
      const told = annotationOf(workload, ...ground, record);
      expect(told).toMatch(/^[0-9a-f]{8}$/);
      expect(annotationOf(workload, ...ground, { ...record, data: { mapped: "nova-cell1-map-2" } })).not.toBe(told);
    },
  );

  it("are recorded once the Job is done, and stay so when it is gone", () => {
    const mappedIn = (...world: readonly Live[]): unknown => {
      const steps = planned(cell)(snapshot(...world)).steps;
      return at(steps.find(({ name }) => name === "cell/record")?.objects[0], "data", "mapped");
    };
    const undone = objects.filter(({ metadata }) => !metadata.name.startsWith("nova-cell1-map-"));
    expect(mappedIn(...undone)).toBeUndefined();
    const running = objects.map((each) => (undone.includes(each) ? each : { ...each, status: { active: 1 } }));
    expect(mappedIn(...running.filter(({ metadata }) => metadata.name !== "nova-cell1-record"))).toBeUndefined();
    expect(mappedIn(...objects)).toMatch(/^nova-cell1-map-[0-9a-f]{8}$/);
    const others = undone.filter(({ metadata }) => metadata.name !== "nova-cell1-record");
    expect(mappedIn(...others, record)).toBe("nova-cell1-map-1");
  });

  it("leave other services alone", () => {
    expect(annotationOf("placement-api", ...ground, record)).toBeUndefined();
  });
});

describe("the deletion of a ComputeCell", () => {
  const pool = { apiVersion, kind: "ComputePool" };
  const poolOf = (name: string, of: string): Live =>
    live({ ...pool, metadata: { name }, spec: { cell: { name: of } } });

  it("finds those that name it, and no others", () => {
    const seen = snapshot(poolOf("small", "cell1"), poolOf("large", "cell2"));
    expect(usersOf(cell, seen).map(({ metadata }) => metadata.name)).toEqual(["small"]);
  });

  it("is refused, with names, while a pool of hosts is of it", () => {
    const seen = snapshot(cell, poolOf("large", "cell1"), poolOf("small", "cell1"));
    const plan = controller.planDeletion?.(cell, seen, undefined) ?? { steps: [] };
    expect(progress(plan, seen, judgeStep).verdicts.get("cell/users")).toEqual({
      is: "blocked",
      reason: "InUse",
      message: "ComputePool large, ComputePool small use this ComputeCell; delete them first",
    });
  });

  it("waits for a pool that is going already", () => {
    const going = poolOf("small", "cell1");
    const metadata = { ...going.metadata, deletionTimestamp: "2026-03-01T00:00:00Z" };
    const seen = snapshot(cell, { ...going, metadata });
    const plan = controller.planDeletion?.(cell, seen, undefined) ?? { steps: [] };
    const { open, verdicts } = progress(plan, seen, judgeStep);
    expect(verdicts.get("cell/users")).toEqual({ is: "waiting", on: "ComputePool small to be gone" });
    expect(open).toEqual([]);
  });

  it("takes its programs first, and waits for their pods", () => {
    const labels = { "app.kubernetes.io/name": "nova-cell1", "app.kubernetes.io/component": "conductor" };
    const pod = live({ apiVersion: "v1", kind: "Pod", metadata: { name: "nova-cell1-conductor-0", labels } });
    const plan = controller.planDeletion?.(cell, snapshot(cell, pod), undefined) ?? { steps: [] };
    expect(plan.steps.flatMap(({ removes = [] }) => removes.map(({ kind, name }) => `${kind} ${name}`))).toEqual([
      "Deployment nova-cell1-console",
      "StatefulSet nova-cell1-conductor",
    ]);
    expect(progress(plan, snapshot(cell, pod), judgeStep).verdicts.get("conductor/removal")).toEqual({
      is: "waiting",
      on: "Pod nova-cell1-conductor-0 to be gone",
    });
  });

  it("lets it go where nothing uses it", () => {
    const plan = controller.planDeletion?.(cell, snapshot(cell), undefined) ?? { steps: [] };
    const verdicts = [...progress(plan, snapshot(cell), judgeStep).verdicts.values()];
    expect(verdicts.every(({ is }) => is === "done")).toBe(true);
  });
});

describe("the status of a ComputeCell", () => {
  it("tells release and console", () => {
    const { status } = judged(cell, ...objects);
    expect(status).toMatchObject({ release: "2026.1", console: "https://192.0.2.10:30680/vnc_lite.html" });
    expect(conditionsOf(status)).toMatchObject({ Ready: ["True", "AllStepsDone"], Available: ["True", "CellAnswers"] });
  });

  it("names an option of its own that the release does not know, and none of the Cloud's", () => {
    const cloud = cloudDone({ config: { token: { expiration: { value: 7200 } } } });
    const of = (spec: object) => judged(cellWith(spec), ...cloud).status;
    expect(conditionsOf(of({}))).not.toHaveProperty("UnknownOptions");
    const slip = of({ config: { DEFAULT: { debgu: { value: "true" } } } });
    expect(conditionsOf(slip)).toHaveProperty("UnknownOptions");
    expect(JSON.stringify(slip)).toContain("spec.config.DEFAULT.debgu");
  });

  it("is of a console proxy that rolls and a conductor that keeps its name", () => {
    expect(named("nova-cell1-console").kind).toBe("Deployment");
    expect(named("nova-cell1-conductor").kind).toBe("StatefulSet");
  });
});
