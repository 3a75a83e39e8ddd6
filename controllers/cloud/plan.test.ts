import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { at, isLive, type Live, listAt, textAt } from "../../operator/object.ts";
import { type Plan, progress, type Snapshot, type Step } from "../../operator/plan.ts";
import { isRecipe } from "../../operator/recipe.ts";
import { expectGolden, goldenOrphans } from "../../operator/testing/golden.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { imageResolver } from "../images.ts";
import { requestsMissing, troubleWith, workloadsIn } from "../testing/pods.ts";
import { means, stepsYaml, withKeystone } from "../testing/render.ts";
import {
  claim,
  conditionsOf,
  fabricOf,
  live,
  node,
  placed,
  rollOut,
  secret,
  settled,
  snapshot,
} from "../testing/world.ts";
import { cloudController } from "./controller.ts";
import { contextOf } from "./plan.ts";

const images = imageResolver({ registry: "registry.example.org/nephos", references: {} });
const controller = cloudController({ ...withKeystone, images });
const whole = cloudController({ ...means, images });
const planned =
  (cloud: Live, by = controller) =>
  (seen: Snapshot): Plan =>
    placed(by.plan(cloud, seen, undefined));
const firstNode = node("node-1", "192.0.2.11", "2026-01-01T00:00:00Z");
const samples = join(import.meta.dirname, "..", "..", "crds", "samples");

function cloudWith(spec: object = {}, metadata: Partial<Live["metadata"]> = {}): Live {
  const born = { name: "demo", creationTimestamp: "2026-02-01T00:00:00Z", ...metadata };
  return live({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: born,
    spec: { release: "2026.1", ...spec },
  });
}

function judged(cloud: Live, ...objects: readonly Live[]) {
  const seen = snapshot(cloud, ...objects);
  const { open, verdicts } = progress(planned(cloud)(seen), seen, judgeStep);
  return { open: open.map(({ name }) => name), verdicts, status: controller.status(cloud, verdicts, seen, undefined) };
}

function stepOf(plan: Plan, name: string): Step | undefined {
  return plan.steps.find((step) => step.name === name);
}

describe("the plan of a Cloud", () => {
  const cloud = cloudWith();

  it("of the single-node sample is as recorded", () => {
    const sample: unknown = parse(readFileSync(join(samples, "single-node.yaml"), "utf8"));
    const born = Object.assign({}, sample, {
      metadata: { name: "demo", namespace: "openstack", uid: "u", resourceVersion: "1", generation: 1 },
    });
    if (!isLive(born)) throw new Error("the sample is no object");
    const { objects } = rollOut(planned(born, whole), born, firstNode, ...fabricOf("demo"));
    expectGolden(
      stepsYaml(whole.plan(born, snapshot(...objects), undefined).steps),
      join(import.meta.dirname, "golden", "single-node.yaml"),
    );
  });

  it("has no golden files but the samples", () => {
    expect(goldenOrphans(join(import.meta.dirname, "golden"), ["single-node.yaml", "external.yaml"])).toEqual([]);
  });

  it("opens for a new cloud exactly what nothing else has to come before", () => {
    expect(judged(cloud, firstNode).open).toEqual([
      "tls/authority",
      "database/secrets",
      "messaging/secrets",
      "keystone/secrets",
      "keystone/public",
      "cloud/record",
    ]);
  });

  it("rolls a new cloud out from its secrets to its last migration, without a stop", () => {
    const { rounds, objects } = rollOut(planned(cloud), cloud, firstNode);
    expect(rounds).toEqual([
      ["tls/authority", "database/secrets", "messaging/secrets", "keystone/secrets", "keystone/public", "cloud/record"],
      ["tls/trust", "tls/public", "database/config", "messaging/config", "cache/certificate"],
      ["database/server", "messaging/server", "cache/server", "keystone/config"],
      ["keystone/database"],
      ["keystone/expand"],
      ["keystone/setup", "keystone/api"],
      ["keystone/registration"],
      ["keystone/contract"],
    ]);
    expect([...judged(cloud, ...objects).verdicts.values()].filter((verdict) => verdict.is !== "done")).toEqual([]);
  });

  it("brings every service up, the first one's registration before the others'", () => {
    const { rounds, objects } = rollOut(planned(cloud, whole), cloud, firstNode, ...fabricOf("demo"));
    const seen = snapshot(cloud, ...objects);
    const { verdicts } = progress(planned(cloud, whole)(seen), seen, judgeStep);
    expect([...verdicts].filter(([, verdict]) => verdict.is !== "done")).toEqual([]);
    const registered = rounds.flat().filter((name) => name.endsWith("/registration"));
    expect(registered[0]).toBe("keystone/registration");
    expect(registered).toHaveLength(means.services.length);
  });

  it("waits for the volume before any Job is named after it", () => {
    const { rounds } = rollOut(planned(cloud), cloud, firstNode);
    expect(rounds.flat().indexOf("keystone/database")).toBeGreaterThan(rounds.flat().indexOf("database/server"));
    const { objects } = rollOut(planned(cloud), cloud, firstNode);
    const unbound = objects.map((each) =>
      each.metadata.name === "data-mariadb-0" ? { ...each, status: { phase: "Pending" } } : each,
    );
    expect(judged(cloud, ...unbound).verdicts.get("database/server")).toEqual({
      is: "waiting",
      on: "PersistentVolumeClaim data-mariadb-0, which is Pending",
    });
  });

  it("names only earlier steps in `after`, and every step once", () => {
    const earlier = new Set<string>();
    for (const step of planned(cloud)(snapshot(cloud, firstNode)).steps) {
      expect([step.name, step.after.filter((name) => !earlier.has(name))]).toEqual([step.name, []]);
      expect(earlier.has(step.name)).toBe(false);
      earlier.add(step.name);
    }
    expect(earlier.size).toBeGreaterThan(10);
  });

  it("makes only kinds that the controller declares", () => {
    const { objects } = rollOut(planned(cloud), cloud, firstNode);
    const kinds = new Set(
      planned(cloud)(snapshot(...objects)).steps.flatMap((step) => step.objects.map((object) => object.kind)),
    );
    expect([...kinds].sort()).toEqual(controller.owns.map(({ kind }) => kind).sort());
  });

  it("is the same for the same world, whatever order the world comes in", () => {
    const { objects } = rollOut(planned(cloud), cloud, firstNode);
    const text = stepsYaml(planned(cloud)(snapshot(...objects)).steps);
    fc.assert(
      fc.property(fc.shuffledSubarray([...objects], { minLength: objects.length }), (shuffled) => {
        expect(stepsYaml(planned(cloud)(snapshot(...shuffled)).steps)).toBe(text);
      }),
      { numRuns: 10 },
    );
  });
});

describe("every pod of a Cloud", () => {
  const cloud = cloudWith({
    images: { pullSecrets: [{ name: "pull" }] },
    placement: { tolerations: [{ operator: "Exists" }] },
  });
  const { objects } = rollOut(planned(cloud, whole), cloud, firstNode, ...fabricOf("demo"));
  const workloads = workloadsIn(objects);

  it("is among those that are looked at", () => {
    expect(workloads.length).toBeGreaterThan(4 * means.services.length);
    expect(workloads.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ""))).toEqual(
      expect.arrayContaining([
        "StatefulSet mariadb",
        "StatefulSet rabbitmq",
        "Deployment memcached-server",
        "Job keystone-database",
        "Job keystone-expand",
        "Job keystone-bootstrap",
        "Deployment keystone-api",
        "Job keystone-contract",
        "StatefulSet glance-api",
      ]),
    );
  });

  it.each(workloads)("meets the restricted standard: $name", ({ pod }) => {
    expect(troubleWith(pod)).toEqual([]);
  });

  it.each(workloads.filter(({ server }) => server))(
    "says what it needs, so that it can be scheduled: $name",
    ({ pod }) => {
      expect(requestsMissing(pod)).toEqual([]);
    },
  );

  it.each(workloads)("goes where the spec says, with its pull secrets: $name", ({ pod }) => {
    expect(at(pod, "tolerations")).toEqual([{ operator: "Exists" }]);
    expect(at(pod, "imagePullSecrets")).toEqual([{ name: "pull" }]);
  });

  it.each(workloads)("gets passwords as files only: $name", ({ pod }) => {
    for (const container of [...listAt(pod, "initContainers"), ...listAt(pod, "containers")]) {
      const environment = listAt(container, "env");
      expect(environment.filter((variable) => at(variable, "valueFrom") !== undefined)).toEqual([]);
      expect(listAt(container, "envFrom")).toEqual([]);
      expect(
        environment.map((variable) => textAt(variable, "name")).filter((name) => /PASS|SECRET|TOKEN/i.test(name ?? "")),
      ).toEqual([]);
      const words = [...listAt(container, "command"), ...listAt(container, "args")].join(" ");
      expect(words).not.toMatch(/--password[= ]|\s-p\S|mysql\+pymysql|rabbit:\/\//);
    }
  });

  it("comes with Secrets that hold recipes, never values", () => {
    const secrets = planned(
      cloud,
      whole,
    )(snapshot(...objects)).steps.flatMap((step) => step.objects.filter((object) => object.kind === "Secret"));
    expect(secrets.length).toBeGreaterThan(8);
    expect(secrets.filter((object) => !isRecipe(object) || "data" in object || "stringData" in object)).toEqual([]);
  });
});

describe("a service that works on the fabric", () => {
  const cloud = cloudWith();
  const { objects: complete } = rollOut(planned(cloud, whole), cloud, firstNode, ...fabricOf("demo"));
  const without = complete.filter(({ kind, metadata }) => kind !== "Network" && !metadata.name.startsWith("ovn-"));
  const unfinished = (...world: readonly Live[]) => {
    const seen = snapshot(...world);
    const { open, verdicts } = progress(planned(cloud, whole)(seen), seen, judgeStep);
    const left = [...verdicts].filter(([, verdict]) => verdict.is !== "done").map(([name]) => name);
    return { left, open, verdict: verdicts.get("neutron/fabric") };
  };

  it.each([
    ["there is none", []],
    ["there is one of another Cloud", fabricOf("another")],
  ])("waits for a Network, and nobody else does, while %s", (_, beside) => {
    const { objects } = rollOut(planned(cloud, whole), cloud, firstNode, ...beside);
    const { left, verdict } = unfinished(...objects);
    expect(verdict).toEqual({
      is: "waiting",
      on: "a Network of Cloud demo in this namespace, with addresses of its databases",
    });
    expect(left.filter((name) => !name.startsWith("neutron/"))).toEqual(["cloud/record"]);
  });

  it("waits until the Network's databases answer", () => {
    const { objects } = rollOut(planned(cloud, whole), cloud, firstNode, ...fabricOf("demo", "False"));
    expect(unfinished(...objects).verdict).toEqual({ is: "waiting", on: "Network fabric to be available" });
    expect(objects.filter(({ kind, metadata }) => kind === "Job" && metadata.name.startsWith("neutron-"))).toEqual([]);
  });

  it("does not begin on a Network that is being deleted; one that runs already goes on", () => {
    const [network, ...rest] = fabricOf("demo");
    if (network === undefined) throw new Error("no Network");
    const going = { ...network, metadata: { ...network.metadata, deletionTimestamp: "2026-03-01T00:00:00Z" } };
    const { objects } = rollOut(planned(cloud, whole), cloud, firstNode, going, ...rest);
    const on = "Network fabric, which is being deleted, to be made again";
    expect(unfinished(...objects).verdict).toEqual({ is: "waiting", on });
    expect(unfinished(...without, going, ...rest).left).toEqual([]);
  });

  it("that runs is cared for while the databases are away", () => {
    const { left, open, verdict } = unfinished(...without, ...fabricOf("demo", "False"));
    expect(verdict).toEqual({ is: "degraded", on: "Network fabric to be available" });
    expect(left).toEqual(["neutron/fabric"]);
    expect(open.map(({ name }) => name)).toContain("neutron/api");
  });

  it("that runs stays as it is when the Network is gone: nobody knows what it would be told", () => {
    const { open } = unfinished(...without);
    expect(open.filter(({ name }) => name === "neutron/config")).toEqual([]);
    expect(open.find(({ name }) => name === "neutron/api")?.objects ?? []).toEqual([]);
  });

  it("is told the physical networks, and stands on what the Network says", () => {
    const plan = planned(cloud, whole)(snapshot(...complete));
    const texts = JSON.stringify(stepOf(plan, "neutron/config")?.objects);
    expect(texts).toContain("flat_networks = physnet1");
    expect(plan.basis).toContainEqual(expect.objectContaining({ kind: "Network", name: "fabric" }));
    const alone = planned(cloud)(snapshot(...complete));
    expect(alone.basis).not.toContainEqual(expect.objectContaining({ kind: "Network" }));
  });
});

describe("what a plan stands on", () => {
  const cloud = cloudWith();
  const { objects } = rollOut(planned(cloud), cloud, firstNode);
  const basisOf = (...world: readonly Live[]): string[] =>
    planned(cloud)(snapshot(cloud, ...world)).basis?.map(({ kind, name }) => `${kind} ${name}`) ?? [];

  it("is the volume of the database, every Secret that it asked for, and the workloads that there are", () => {
    const basis = basisOf(...objects);
    expect(basis[0]).toBe("PersistentVolumeClaim data-mariadb-0");
    const secrets = basis.filter((each) => each.startsWith("Secret "));
    expect(secrets).toEqual(["Secret keystone-tls", "Secret memcached-tls", "Secret nephos-public-tls"]);
    expect(basis.filter((each) => /^(Deployment|StatefulSet) /.test(each))).toEqual([
      "Deployment memcached-server",
      "Deployment keystone-api",
    ]);
  });

  it("is that workloads are not there, too: of either kind", () => {
    expect(basisOf()).toEqual(
      expect.arrayContaining(["Deployment keystone-api", "StatefulSet keystone-api", "StatefulSet memcached-server"]),
    );
  });

  it("is asked for by what renders: a Secret's version is none while there is none", () => {
    const asked: string[] = [];
    const context = contextOf(cloud, snapshot(secret("given", "key")), withKeystone, (name) => void asked.push(name));
    expect([context.versionOf("given"), context.versionOf("missing")]).toEqual(["1", ""]);
    context.certificates("keystone-api", ["a-tls", "b-tls"]);
    expect(asked).toEqual(["given", "missing", "a-tls", "b-tls"]);
    expect(context.authority).toBe("none");
  });

  it("is a Network that is for this Cloud, and has addresses of both databases", () => {
    const networkIn = (...world: readonly Live[]): unknown =>
      contextOf(cloud, snapshot(...world), withKeystone).network;
    const fabric = fabricOf("demo");
    expect(networkIn(...fabric)).toMatchObject({ name: "fabric" });
    expect(networkIn(...fabricOf("another"))).toBeUndefined();
    for (const name of ["ovn-nb", "ovn-sb"])
      expect(networkIn(...fabric.filter(({ metadata }) => metadata.name !== name))).toBeUndefined();
    expect(
      networkIn(...fabric.map((each) => (each.kind === "Network" ? { ...each, spec: {} } : each))),
    ).toBeUndefined();
  });
});

describe("a second Cloud in a namespace", () => {
  const older = cloudWith();
  const newer = cloudWith({}, { name: "another", creationTimestamp: "2026-02-02T00:00:00Z" });
  const { objects } = rollOut(planned(older), older, firstNode);

  it("writes nothing and is told where to go", () => {
    const { open, verdicts, status } = judged(newer, ...objects);
    expect(open).toEqual([]);
    expect(verdicts.get("cloud/namespace")).toEqual({
      is: "blocked",
      reason: "NamespaceTaken",
      message: "Cloud demo is already in this namespace; put this one into a namespace of its own",
      contradiction: true,
    });
    expect(conditionsOf(status)).toEqual({
      Ready: ["False", "NamespaceTaken"],
      Stalled: ["True", "NamespaceTaken"],
      Available: ["False", "NamespaceTaken"],
    });
  });

  it("does not show the first one's endpoints as its own", () => {
    expect(judged(newer, ...objects).status).not.toHaveProperty("endpoints");
    expect(judged(older, ...objects).status).toHaveProperty("endpoints.keystone");
  });

  it("does not disturb the first one", () => {
    expect(judged(older, ...objects, newer).verdicts).toEqual(judged(older, ...objects).verdicts);
  });

  it("is told by the name where both were made in the same second", () => {
    const twin = cloudWith({}, { name: "aaa" });
    expect(judged(twin, older).open).not.toEqual([]);
    expect(judged(older, twin).open).toEqual([]);
  });

  it("gets its turn in a namespace of its own", () => {
    const elsewhere = cloudWith(
      {},
      { name: "another", namespace: "elsewhere", creationTimestamp: "2026-02-02T00:00:00Z" },
    );
    expect(judged(elsewhere, older).open).toContain("database/secrets");
  });
});

describe("a spec that was stored under another version of the schema", () => {
  const odd = cloudWith({ release: "1999.1" });

  it("stalls with the field that is wrong, and writes nothing", () => {
    const { open, verdicts, status } = judged(odd, firstNode);
    expect(open).toEqual([]);
    expect(verdicts.get("cloud/spec")).toMatchObject({
      is: "blocked",
      reason: "InvalidSpec",
      message: expect.stringContaining("spec.release: "),
    });
    expect(conditionsOf(status)).toMatchObject({ Stalled: ["True", "InvalidSpec"] });
  });
});

describe("a user's configuration", () => {
  const valued = (config: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
    Object.fromEntries(
      Object.entries(config).map(([section, options]) => [
        section,
        Object.fromEntries(Object.entries(options).map(([option, value]) => [option, { value }])),
      ]),
    );
  const configured = (config: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
    cloudWith({ services: { keystone: { config: valued(config) } } });

  it.each([
    ["database", "connection"],
    ["DATABASE", "connection"],
    ["database", "connection-recycle-time"],
    ["DEFAULT", "transport_url"],
    ["fernet_tokens", "key_repository"],
    ["credential", "key_repository"],
    ["token", "provider"],
  ])("that sets [%s] %s stalls the cloud with what to do", (section, option) => {
    const cloud = configured({ [section]: { [option]: "mine" } });
    const { objects } = rollOut(planned(cloud), cloud, firstNode);
    const { verdicts, status } = judged(cloud, ...objects);
    expect(verdicts.get("keystone/config")).toEqual({
      is: "blocked",
      reason: "ReservedOption",
      message: `spec.services.keystone.config.${section}.${option} is an option that Nephos sets itself; remove it`,
      contradiction: true,
    });
    expect(conditionsOf(status)).toMatchObject({ Stalled: ["True", "ReservedOption"] });
    expect(objects.map(({ metadata }) => metadata.name)).not.toContain("keystone-api");
  });

  it("reaches the file where it is the user's to give", () => {
    const cloud = configured({ token: { expiration: "7200" } });
    const config = stepOf(planned(cloud)(snapshot(cloud)), "keystone/config")?.objects[0];
    expect(JSON.stringify(config)).toContain("[token]\\nexpiration = 7200\\nprovider = fernet\\n");
  });

  it.each([
    ["a line break in a value", { token: { expiration: "60\n[database]\nconnection = sqlite://" } }],
    ["a carriage return in a value", { token: { expiration: "60\rprovider = uuid" } }],
    ["a line break in an option's name", { token: { "expiration\nprovider": "uuid" } }],
    ["a separator in an option's name", { database: { "connection=sqlite:// #": "x" } }],
    ["the other separator in an option's name", { database: { "connection:": "x" } }],
    ["a space behind an option's name", { database: { "connection ": "x" } }],
    ["a space before an option's name", { database: { " connection": "x" } }],
    ["a line break in a section's name", { "x]\n[database": { connection: "sqlite://" } }],
    ["a bracket in a section's name", { "database]": { connection: "sqlite://" } }],
  ])("cannot say more than it seems to: %s", (_, config) => {
    const { open, verdicts } = judged(configured(config), firstNode);
    expect(open).toEqual([]);
    expect(verdicts.get("cloud/spec")).toMatchObject({ reason: "InvalidSpec", contradiction: true });
  });

  describe("with a value from a Secret", () => {
    const reference = { valueFrom: { secretKeyRef: { name: "directory", key: "password" } } };
    const cloud = cloudWith({ config: { ldap: { password: reference } } });
    const there = secret("directory", "password");

    it("is Reconciling while the Secret is not there, which it names with the field, and goes on when it comes", () => {
      const { objects } = rollOut(planned(cloud), cloud, firstNode);
      const { verdicts, status } = judged(cloud, ...objects);
      expect(verdicts.get("keystone/config")).toEqual({
        is: "blocked",
        reason: "ReferenceMissing",
        message:
          "Secret directory with key password, which spec.config.ldap.password names, is missing; create it in the Cloud's namespace",
      });
      expect(conditionsOf(status)).toMatchObject({ Reconciling: ["True", "ReferenceMissing"] });
      expect(objects.map(({ metadata }) => metadata.name)).not.toContain("keystone-api");
      const { objects: more } = rollOut(planned(cloud), ...objects, there);
      expect(conditionsOf(judged(cloud, ...more).status)).toMatchObject({ Ready: ["True", "AllStepsDone"] });
    });

    it("is not satisfied by another key of that Secret", () => {
      expect(judged(cloud, firstNode, secret("directory", "pasword")).verdicts.get("keystone/config")).toMatchObject({
        reason: "ReferenceMissing",
      });
    });

    it("leaves what runs as it is while the Secret is gone", () => {
      const { objects } = rollOut(planned(cloud), cloud, firstNode, there);
      const without = objects.filter(({ metadata }) => metadata.name !== "directory");
      const { open, verdicts, status } = judged(cloud, ...without);
      expect(open).not.toContain("keystone/api");
      expect(verdicts.get("keystone/api")).toEqual({ is: "waiting", on: "keystone/expand" });
      expect(conditionsOf(status)).toMatchObject({ Available: ["True", "EveryApiAnswers"] });
    });
  });

  it("does not change the connection in the file, even while it is refused", () => {
    const cloud = configured({ database: { connection: "sqlite://", max_pool_size: "9" } });
    const step = stepOf(planned(cloud)(snapshot(cloud)), "keystone/config");
    const read = step === undefined ? undefined : asOsloReads(textOf(step));
    expect(read?.get("database.max_pool_size")).toEqual(["9"]);
    expect(read?.get("database.connection")).toEqual([
      "mysql+pymysql://keystone:***@mariadb:3306/keystone?charset=utf8mb4&ssl_ca=/etc/tls/ca/ca.crt&ssl_check_hostname=true",
    ]);
  });

  it("never changes what is ours, whatever it says", () => {
    const name = fc.oneof(
      { weight: 1, arbitrary: fc.string() },
      { weight: 9, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,8}$/) },
      fc.constantFrom("database", "DEFAULT", "token", "connection", "provider", "__proto__"),
    );
    fc.assert(
      fc.property(fc.dictionary(name, fc.dictionary(name, fc.string())), (config) => {
        const cloud = configured(config);
        const step = stepOf(planned(cloud)(snapshot(cloud)), "keystone/config");
        if (step === undefined || step.held !== undefined) return;
        const read = asOsloReads(textOf(step));
        expect(read.get("database.connection")).toEqual([
          "mysql+pymysql://keystone:***@mariadb:3306/keystone?charset=utf8mb4&ssl_ca=/etc/tls/ca/ca.crt&ssl_check_hostname=true",
        ]);
        expect(read.get("token.provider")).toEqual(["fernet"]);
        expect(read.get("DEFAULT.transport_url")).toBeUndefined();
      }),
    );
  });
});

describe("another release", () => {
  const before = cloudWith({ release: "2025.1" });
  const after = cloudWith({ release: "2026.1" });
  const led = cloudController({ ...withKeystone, paths: [{ from: "2025.1", to: "2026.1" }] });
  const ledTo =
    (cloud: Live) =>
    (seen: Snapshot): Plan =>
      placed(led.plan(cloud, seen, undefined));
  const { objects: old } = rollOut(ledTo(before), before, firstNode);
  const openOf = (...objects: readonly Live[]): readonly Step[] => {
    const seen = snapshot(after, ...objects);
    return progress(ledTo(after)(seen), seen, judgeStep).open;
  };
  const imagesIn = (steps: readonly Step[]): string[] =>
    steps
      .flatMap((step) => step.objects)
      .flatMap((wanted) => listAt(wanted, "spec", "template", "spec", "containers"))
      .map((container) => textAt(container, "image") ?? "")
      .filter((image) => image.includes("keystone"));
  const recorded = (data: object): Live =>
    live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "nephos-record" }, data: { ...data } });
  const except = (name: string): Live[] => old.filter(({ metadata }) => metadata.name !== name);
  const onTheWay = [...except("nephos-record"), recorded({ release: "2025.1", next: "2026.1" })];

  it.each([
    [
      { release: "2025.1" },
      "the data in this namespace is of 2025.1, and Nephos has no upgrade from there to 2026.1; set spec.release to 2025.1",
    ],
    [
      { release: "2025.1", next: "2025.2" },
      "the data in this namespace is on its way from 2025.1 to 2025.2; set spec.release to 2025.2",
    ],
  ])("than that of the data (%j) is refused where no way leads there", (data, words) => {
    const { open, verdicts, status } = judged(after, firstNode, recorded(data));
    expect(open).toEqual([]);
    expect([...verdicts]).toEqual([
      [
        "cloud/release",
        {
          is: "blocked",
          reason: "ReleaseChange",
          message: `spec.release is 2026.1, but ${words}`,
          contradiction: true,
        },
      ],
    ]);
    expect(conditionsOf(status)).toMatchObject({ Stalled: ["True", "ReleaseChange"] });
  });

  it("touches no schema before the record says where the data is going", () => {
    const open = openOf(...old);
    expect(open.map(({ name }) => name)).not.toContain("keystone/expand");
    const record = open.find(({ name }) => name === "cloud/record")?.objects[0];
    expect(at(record, "data")).toMatchObject({ release: "2025.1", next: "2026.1" });
  });

  it("runs the new release's migration first, and cares for what runs as what it is", () => {
    const open = openOf(...onTheWay);
    expect(imagesIn(open.filter(({ name }) => name === "keystone/expand"))).toEqual([
      "registry.example.org/nephos/keystone:2026.1",
    ]);
    expect(imagesIn(open.filter(({ name }) => name === "keystone/api"))).toEqual([
      "registry.example.org/nephos/keystone:2025.1",
    ]);
  });

  it("comes to the workloads when the schema is ready, and to the record at the very end", () => {
    const without = onTheWay.filter(({ kind, metadata }) => kind !== "Deployment" || metadata.name !== "keystone-api");
    const { rounds, objects } = rollOut(ledTo(after), after, ...without);
    expect(rounds).toEqual([["keystone/expand"], ["keystone/api"], ["keystone/contract"]]);
    expect(imagesIn(openOf(...objects).filter(({ name }) => name === "keystone/api"))).toEqual([
      "registry.example.org/nephos/keystone:2026.1",
    ]);
    const record = openOf(...objects).find(({ name }) => name === "cloud/record")?.objects[0];
    expect(at(record, "data", "release")).toBe("2026.1");
    expect(at(record, "data", "next")).toBeUndefined();
  });

  it("is what the status speaks of only when every API runs it", () => {
    expect(led.status(after, new Map(), snapshot(after, ...onTheWay), undefined)).toMatchObject({ release: "2025.1" });
  });
});

describe("a generated Secret that is missing", () => {
  const cloud = cloudWith();
  const { objects } = rollOut(planned(cloud), cloud, firstNode);
  // The record was written before there was a volume; now it says which Secret belongs to which.
  const records = stepOf(planned(cloud)(snapshot(...objects)), "cloud/record")?.objects.map(settled) ?? [];
  const recorded = [...objects.filter(({ metadata }) => metadata.name !== "nephos-record"), ...records];
  const without = (name: string) =>
    recorded.filter((object) => !(object.kind === "Secret" && object.metadata.name === name));

  it.each([
    ["mariadb-root", "database/secrets", "data-mariadb-0"],
    ["rabbitmq", "messaging/secrets", "data-rabbitmq-0"],
    ["keystone-database", "keystone/secrets", "data-mariadb-0"],
    ["keystone-credential-keys", "keystone/secrets", "data-mariadb-0"],
    ["keystone-admin", "keystone/secrets", "data-mariadb-0"],
  ])("while its data exists (%s) is named, and nothing is made anew", (name, step, volume) => {
    const { open, verdicts, status } = judged(cloud, ...without(name));
    expect(verdicts.get(step)).toEqual({
      is: "blocked",
      reason: "SecretMissing",
      message: `Secret ${name} is missing while its data exists on PersistentVolumeClaim ${volume}; restore the Secret from a backup, nothing is generated anew over existing data`,
    });
    expect(open).not.toContain(step);
    expect(conditionsOf(status)).toMatchObject({
      Ready: ["False", "SecretMissing"],
      Reconciling: ["True", "SecretMissing"],
    });
  });

  it("stays known as missing in the record until it is restored", () => {
    const plan = planned(cloud)(snapshot(...without("mariadb-root")));
    expect(at(stepOf(plan, "cloud/record")?.objects[0], "data", "secret.mariadb-root")).toBe("uid-data-mariadb-0");
  });

  it("is generated for a new volume", () => {
    const fresh = without("mariadb-root").map((object) =>
      object.metadata.name === "data-mariadb-0" ? claim("data-mariadb-0", "new") : object,
    );
    const { open, verdicts } = judged(cloud, ...fresh);
    expect(open).toContain("database/secrets");
    expect(verdicts.get("database/secrets")).toEqual({ is: "waiting", on: "Secret mariadb-root to exist" });
  });

  it("is generated where there is no volume at all", () => {
    expect(
      judged(cloud, ...without("mariadb-root").filter(({ kind }) => kind !== "PersistentVolumeClaim")).open,
    ).toContain("database/secrets");
  });

  it("is bound to no data before there is a volume", () => {
    const early = planned(cloud)(snapshot(cloud, secret("mariadb-root", "password")));
    expect(at(stepOf(early, "cloud/record")?.objects[0], "data")).toEqual({ release: "2026.1" });
  });

  it("that is restored releases the cloud", () => {
    expect(
      judged(cloud, ...without("mariadb-root"), secret("mariadb-root", "password")).verdicts.get("database/secrets"),
    ).toEqual({ is: "done" });
  });
});

describe("the public host", () => {
  const hostOf = (cloud: Live, ...objects: readonly Live[]) =>
    contextOf(cloud, snapshot(cloud, ...objects), means).publicHost;
  const remembered = live({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "keystone-public", annotations: { "nephos.dev/public-host": "192.0.2.99" } },
  });
  const chosen = cloudWith({ endpoints: { public: { host: "cloud.example.org" } } });
  const secondNode = node("node-0", "192.0.2.12", "2026-01-02T00:00:00Z");

  it.each([
    ["the user's, before all others", chosen, [remembered, firstNode], "cloud.example.org"],
    ["the one chosen before, though the node has gone", cloudWith(), [remembered, firstNode], "192.0.2.99"],
    ["the address of the oldest node", cloudWith(), [secondNode, firstNode], "192.0.2.11"],
    [
      "the address of the oldest node that has one",
      cloudWith(),
      [node("node-00", undefined, "2025-01-01T00:00:00Z"), firstNode],
      "192.0.2.11",
    ],
    ["not known without a node", cloudWith(), [], undefined],
  ] as const)("is %s", (_, cloud, objects, expected) => {
    expect(hostOf(cloud, ...objects)).toBe(expected);
  });

  it("is remembered by the public Service", () => {
    const service = stepOf(planned(cloudWith())(snapshot(cloudWith(), firstNode)), "keystone/public")?.objects[0];
    expect(service?.metadata.annotations).toEqual({ "nephos.dev/public-host": "192.0.2.11" });
  });

  it("that nobody knows keeps certificate, API and registration waiting, and what comes after them", () => {
    const { objects } = rollOut(planned(cloudWith()), cloudWith());
    const { verdicts, status } = judged(cloudWith(), ...objects);
    expect([...verdicts].filter(([, verdict]) => verdict.is !== "done")).toEqual([
      ["tls/public", { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" }],
      ["keystone/api", { is: "waiting", on: "tls/public" }],
      ["keystone/registration", { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" }],
      ["keystone/contract", { is: "waiting", on: "keystone/api" }],
      ["cloud/record", { is: "waiting", on: "keystone/contract" }],
    ]);
    expect(status).toMatchObject({ endpoints: {}, reason: "Progressing" });
  });

  it("that is an IPv6 address stands in brackets in the catalogue", () => {
    const cloud = cloudWith({ endpoints: { public: { host: "2001:db8::10" } } });
    const registration = stepOf(planned(cloud)(snapshot(cloud)), "keystone/registration")?.objects[0];
    expect(at(registration, "spec", "endpoints")).toContainEqual({
      interface: "public",
      url: "https://[2001:db8::10]:30500/v3",
    });
  });
});

/** The configuration that a step wants, with secrets blanked. */
function textOf(step: Step): string {
  const parts = listAt(step.objects[0], "recipe", "keystone.conf", "parts");
  return parts.map((part) => (typeof part === "string" ? part : "***")).join("");
}

/** Options and their values as oslo.config's parser takes them from a file: oslo_config/iniparser.py, oslo_config/cfg.py. */
function asOsloReads(text: string): Map<string, string[]> {
  const read = new Map<string, string[]>();
  let section = "";
  for (const line of text.split(/\r\n|\r|\n/).filter((each) => each !== "" && !/^[#;\s]/.test(each))) {
    const heading = /^\[(.*)\]$/.exec(line.trimEnd())?.[1];
    if (heading !== undefined) section = heading === "DEFAULT" ? heading : heading.toLowerCase();
    const [, option, value] = /^([^=:]*)[=:](.*)$/.exec(line) ?? [];
    if (heading !== undefined || option === undefined || value === undefined) continue;
    const key = `${section}.${option.trim()}`;
    read.set(key, [...(read.get(key) ?? []), value.trim()]);
  }
  return read;
}
