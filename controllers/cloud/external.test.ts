import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, isLive, type Live, listAt, textAt } from "../../operator/object.ts";
import { type Plan, progress, type Snapshot } from "../../operator/plan.ts";
import { isRecipe } from "../../operator/recipe.ts";
import { expectGolden } from "../../operator/testing/golden.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { requestsMissing, troubleWith, workloadsIn } from "../testing/pods.ts";
import { contextWith, specOf, stepsYaml, withKeystone, withoutValues } from "../testing/render.ts";
import { teapot } from "../testing/teapot.ts";
import { fabricOf, live, node, placed, rollOut, secret, settled, snapshot } from "../testing/world.ts";
import { databaseUrl } from "../services/database.ts";
import { transportUrl } from "../services/traits/messaging.ts";
import { cloudController } from "./controller.ts";

const controller = cloudController(withKeystone);
const sample: unknown = parse(
  readFileSync(join(import.meta.dirname, "..", "..", "crds", "samples", "external.yaml"), "utf8"),
);
const firstNode = node("node-1", "192.0.2.11", "2026-01-01T00:00:00Z");
const elsewhere = { host: "db.example.org", tls: { ca: { name: "database-ca" } } };
const administrator = { type: "Administrator", administrator: { name: "database-admin" } };
const accounts = {
  type: "Accounts",
  accounts: Object.fromEntries(
    ["keystone", "placement", "glance", "nova", "neutron"].map((name) => [name, { name: `${name}-account` }]),
  ),
};
const members = { hosts: [{ name: "mq.example.org" }], virtualHost: "prod", tls: { ca: { name: "broker-ca" } } };
const account = { type: "Account", account: { name: "broker-account" } };
const manager = { type: "Administrator", administrator: { credentials: { name: "broker-admin" } } };

const given = [
  ...fabricOf("demo"),
  secret("database-ca", "ca.crt"),
  secret("database-admin", "username", "password"),
  ...["keystone", "placement", "glance", "nova", "neutron"].map((name) =>
    secret(`${name}-account`, "username", "password"),
  ),
  secret("broker-ca", "ca.crt", "tls.pem"),
  secret("broker-account", "username", "password"),
  secret("broker-admin", "username", "password"),
];

const outside = (access: object = administrator, wishes: object = {}): object => ({
  type: "External",
  external: { ...elsewhere, ...wishes, access },
});
const atBroker = (access: object = account, wishes: object = {}): object => ({
  type: "External",
  external: { ...members, ...wishes, access },
});

function cloudWith(spec: object = { database: outside(), messaging: atBroker() }): Live {
  return live({
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Cloud",
    metadata: { name: "demo", creationTimestamp: "2026-02-01T00:00:00Z" },
    spec: { release: "2026.1", ...spec },
  });
}

const planned =
  (cloud: Live) =>
  (seen: Snapshot): Plan =>
    placed(controller.plan(cloud, seen, undefined));
const grown = (cloud: Live): readonly Live[] => rollOut(planned(cloud), cloud, firstNode, ...given).objects;

function judged(cloud: Live, ...objects: readonly Live[]) {
  const seen = snapshot(cloud, ...objects);
  const { open, closed, verdicts } = progress(planned(cloud)(seen), seen, judgeStep);
  return { open, closed, verdicts, status: controller.status(cloud, verdicts, seen, undefined) };
}

const jobNamed = (objects: readonly Live[], prefix: string): Live => {
  const job = objects.find(({ kind, metadata }) => kind === "Job" && metadata.name.startsWith(prefix));
  if (job === undefined) throw new Error(`no Job ${prefix}`);
  return job;
};
const jobsOf = (cloud: Live, ...objects: readonly Live[]): string[] =>
  planned(cloud)(snapshot(cloud, ...objects))
    .steps.flatMap((step) => step.objects)
    .filter(({ kind }) => kind === "Job")
    .map(({ metadata }) => metadata.name);
const changed = (name: string, ...objects: readonly Live[]): Live[] =>
  objects.map((each) =>
    each.kind === "Secret" && each.metadata.name === name
      ? { ...each, metadata: { ...each.metadata, resourceVersion: "999" } }
      : each,
  );
const without = (kind: string, name: string, objects: readonly Live[]): Live[] =>
  objects.filter((each) => each.kind !== kind || each.metadata.name !== name);
const configOf = (objects: readonly Live[]): string =>
  JSON.stringify(
    listAt(
      objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "keystone-api"),
      "spec",
      "template",
      "spec",
      "volumes",
    ),
  );

describe("the plan of a Cloud on servers of somebody else", () => {
  const cloud = cloudWith();

  it("of the sample is as recorded", () => {
    const born = Object.assign({}, sample, {
      metadata: { name: "demo", namespace: "openstack", uid: "u", resourceVersion: "1", generation: 1 },
    });
    if (!isLive(born)) throw new Error("the sample is no object");
    const { objects } = rollOut(planned(born), born, firstNode, ...given);
    expectGolden(
      stepsYaml(controller.plan(born, snapshot(...objects), undefined).steps),
      join(import.meta.dirname, "golden", "external.yaml"),
    );
  });

  it("tries the servers first, then goes on as with servers of its own", () => {
    const { rounds, objects } = rollOut(planned(cloud), cloud, firstNode, ...given);
    expect(rounds).toEqual([
      ["tls/authority", "database/server", "messaging/server", "keystone/secrets", "keystone/public", "cloud/record"],
      ["tls/trust", "tls/public", "cache/certificate"],
      ["cache/server", "keystone/config"],
      ["keystone/database"],
      ["keystone/expand"],
      ["keystone/setup", "keystone/api"],
      ["keystone/registration"],
      ["keystone/contract"],
    ]);
    expect([...judged(cloud, ...objects).verdicts.values()].filter((verdict) => verdict.is !== "done")).toEqual([]);
  });

  it("runs no server, keeps no volume, and makes no administrator's password", () => {
    const names = grown(cloud).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.filter((name) => /StatefulSet|PersistentVolumeClaim|mariadb|rabbitmq/.test(name))).toEqual([]);
  });

  it.each(workloadsIn(grown(cloud)))("has only pods that meet the restricted standard: $name", ({ pod, server }) => {
    expect(troubleWith(pod)).toEqual([]);
    expect(server ? requestsMissing(pod) : []).toEqual([]);
  });

  it("makes neither databases nor accounts where both are given, and tries each account on its databases", () => {
    const provided = cloudWith({ database: outside(accounts, { prefix: "prod_" }), messaging: atBroker() });
    const objects = grown(provided);
    const names = objects.map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.startsWith("keystone-database"))).toEqual([]);
    const task = listAt(jobNamed(objects, "database-check-"), "spec", "template", "spec", "containers")[0];
    expect(JSON.parse(String(listAt(task, "args")[3]))).toMatchObject({
      hosts: ["db.example.org"],
      logins: expect.arrayContaining([{ secret: "keystone-account", databases: ["prod_keystone"] }]),
      where: "spec.database.external",
    });
  });

  it("makes virtual host and account of its own where an administrator of the broker is given", () => {
    const objects = grown(cloudWith({ database: outside(), messaging: atBroker(manager) }));
    const task = listAt(jobNamed(objects, "messaging-check-"), "spec", "template", "spec", "containers")[0];
    expect(JSON.parse(String(listAt(task, "args")[3]))).toMatchObject({
      virtualHost: "prod",
      account: { name: "prod", secret: "rabbitmq" },
      administrator: { secret: "broker-admin", port: 15671 },
    });
    expect(objects.map(({ metadata }) => metadata.name)).toContain("rabbitmq");
  });

  it("holds no value of a Secret, and reads those of others only as parts of its own", () => {
    const steps = planned(cloud)(snapshot(...grown(cloud))).steps.flatMap((step) => step.objects);
    const written = new Set(steps.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name));
    expect(given.filter(({ metadata }) => written.has(metadata.name))).toEqual([]);
    expect(steps.filter((object) => object.kind === "Secret" && !isRecipe(object))).toEqual([]);
  });
});

describe("a Secret that the spec refers to", () => {
  const cloud = cloudWith();

  it.each([
    [
      "database-admin",
      "database/secrets",
      "spec.database.external.access.administrator",
      "username",
      "username and password",
    ],
    ["database-ca", "database/secrets", "spec.database.external.tls.ca", "ca.crt", "ca.crt"],
    [
      "broker-account",
      "messaging/secrets",
      "spec.messaging.external.access.account",
      "username",
      "username and password",
    ],
  ])("is named at once where it is missing: %s", (name, step, field, key, keys) => {
    const { verdicts, status, open } = judged(cloud, firstNode, ...without("Secret", name, given));
    expect(verdicts.get(step)).toEqual({
      is: "blocked",
      reason: "ReferenceMissing",
      message: `Secret ${name}, which ${field} names, is missing or has no key ${key}; create it in the Cloud's namespace with ${keys}`,
    });
    expect(open.map((each) => each.name)).not.toContain(step.replace("secrets", "server"));
    expect(listAt(status, "conditions")[1]).toMatchObject({ type: "Reconciling", reason: "ReferenceMissing" });
  });

  it("is named where it lacks a key", () => {
    const half = [...without("Secret", "database-admin", given), secret("database-admin", "username")];
    expect(judged(cloud, firstNode, ...half).verdicts.get("database/secrets")).toMatchObject({
      message: expect.stringContaining("has no key password"),
    });
  });

  it.each([
    ["that pods do not need, leaves them as they are", outside(), "database-admin", true],
    ["that pods need, changes nothing of them before it is back", outside(accounts), "keystone-account", false],
  ])("%s", (_, wish, name, wanted) => {
    const running = cloudWith({ database: wish, messaging: atBroker() });
    const objects = grown(running);
    const { open } = judged(running, ...without("Secret", name, objects));
    const written = open.flatMap((step) => step.objects).filter(({ metadata }) => metadata.name === "keystone-api");
    expect(written.filter(({ kind }) => kind === "Deployment").map((each) => configOf([settled(each)]))).toEqual(
      wanted ? [configOf(objects)] : [],
    );
  });

  it("wakes the Cloud when it comes, whoever made it", () => {
    expect(controller.reads).toContainEqual({ apiVersion: "v1", kind: "Secret" });
  });
});

describe("credentials that change", () => {
  const cloud = cloudWith({ database: outside(accounts), messaging: atBroker() });
  const before = grown(cloud);
  const after = changed("keystone-account", ...before);

  it("are tried before a pod gets them, and prepare nothing anew", () => {
    const fresh = jobsOf(cloud, ...after).filter((name) => !jobsOf(cloud, ...before).includes(name));
    expect(fresh.map((name) => name.replace(/-[0-9a-f]{8}$/, ""))).toEqual(["database-check"]);
    const { closed, open } = judged(cloud, ...after);
    expect(closed.map(({ name }) => name)).toContain("keystone/api");
    expect(open.map(({ name }) => name)).not.toContain("keystone/api");
  });

  it("reach the pods by a new configuration once they are good", () => {
    const { objects } = rollOut(planned(cloud), cloud, ...without("Deployment", "keystone-api", after));
    expect(configOf(objects)).not.toBe(configOf(before));
    expect([...judged(cloud, ...objects).verdicts.values()].filter((verdict) => verdict.is !== "done")).toEqual([]);
  });
});

describe("another host of the database", () => {
  const cloud = cloudWith();
  const moved = cloudWith({ database: outside(administrator, { host: "other.example.org" }), messaging: atBroker() });
  const before = grown(cloud);

  it("has everything that prepares databases run again there", () => {
    const fresh = jobsOf(moved, ...before).filter((name) => !jobsOf(cloud, ...before).includes(name));
    expect(fresh.map((name) => name.replace(/-[0-9a-f]{8}$/, ""))).toEqual([
      "database-check",
      "keystone-database",
      "keystone-expand",
      "keystone-bootstrap",
      "keystone-contract",
    ]);
  });

  it("gets the pods only when its schema is ready", () => {
    const { open, closed } = judged(moved, ...before);
    expect(open.map(({ name }) => name)).not.toContain("keystone/api");
    expect(closed.map(({ name }) => name)).toContain("keystone/api");
    const { rounds } = rollOut(planned(moved), moved, ...without("Deployment", "keystone-api", before));
    expect(rounds).toEqual([
      ["database/server", "keystone/config"],
      ["keystone/database"],
      ["keystone/expand"],
      ["keystone/setup", "keystone/api"],
      ["keystone/contract"],
    ]);
  });

  it("empties the cache when the last pod has come there, not before, and not for nothing", () => {
    const cacheOf = (which: Live, ...objects: readonly Live[]) =>
      JSON.stringify(
        planned(which)(snapshot(which, ...objects))
          .steps.find(({ name }) => name === "cache/server")
          ?.objects.map((object) =>
            at(object, "spec", "template", "metadata", "annotations", "nephos.dev/cached-from"),
          ),
      );
    const first = cacheOf(cloud, firstNode, ...given);
    expect(cacheOf(cloud, ...before)).toBe(first);
    expect(cacheOf(moved, ...before)).toBe(first);
    const { objects } = rollOut(planned(moved), moved, ...without("Deployment", "keystone-api", before));
    const rolling = objects.map((each) =>
      each.metadata.name === "keystone-api" && each.kind === "Deployment"
        ? {
            ...each,
            metadata: { ...each.metadata, annotations: { ...each.metadata.annotations, "nephos.dev/realised": "old" } },
          }
        : each,
    );
    expect(cacheOf(moved, ...rolling)).toBe(first);
    expect(cacheOf(moved, ...objects)).not.toBe(first);
  });

  it("holds the same data, as far as anybody knows: a lost Secret is not made anew for it", () => {
    const records = planned(cloud)(snapshot(...before))
      .steps.filter(({ name }) => name === "cloud/record")
      .flatMap((step) => step.objects.map(settled));
    const recorded = [...without("ConfigMap", "nephos-record", before), ...records];
    const { verdicts } = judged(moved, ...without("Secret", "keystone-credential-keys", recorded));
    expect(verdicts.get("keystone/secrets")).toEqual({
      is: "blocked",
      reason: "SecretMissing",
      message:
        "Secret keystone-credential-keys is missing while its data exists in the database other.example.org:3306; restore the Secret from a backup, nothing is generated anew over existing data",
    });
  });

  it("binds no Secret before the database was reached", () => {
    const early = planned(cloud)(snapshot(cloud, ...given, secret("keystone-admin", "password")));
    const record = early.steps.find(({ name }) => name === "cloud/record")?.objects[0];
    expect(at(record, "data")).toEqual({ release: "2026.1" });
  });
});

describe("what a probe says", () => {
  const cloud = cloudWith();
  const job = jobNamed(grown(cloud), "database-check-");
  const selector = { matchLabels: { "batch.kubernetes.io/controller-uid": "check" } };
  const working = { ...job, spec: { ...Object.assign({}, job["spec"]), selector }, status: { active: 1 } };
  const ended = (name: string, message: string, finishedAt: string): Live =>
    live({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: selector.matchLabels },
      status: { containerStatuses: [{ name: "check", state: { terminated: { exitCode: 1, message, finishedAt } } }] },
    });
  const saying = (...pods: readonly Live[]) => {
    const { verdicts, status } = judged(cloud, firstNode, ...given, working, ...pods);
    return { verdict: verdicts.get("database/server"), status };
  };

  it("is the reason and the message of the Cloud, which goes on trying", () => {
    const { verdict, status } = saying(
      ended("check-1", "HostUnknown: db.example.org has no address; correct it", "2026-02-01T00:00:01Z"),
    );
    expect(verdict).toEqual({
      is: "blocked",
      reason: "HostUnknown",
      message: "db.example.org has no address; correct it",
    });
    expect(listAt(status, "conditions")[1]).toMatchObject({
      type: "Reconciling",
      reason: "HostUnknown",
      message: "database/server: db.example.org has no address; correct it",
    });
    expect(textAt(status, "reason")).toBe("HostUnknown");
  });

  it("is what its last pod said, while another one tries", () => {
    const { verdict } = saying(
      ended("check-b", "HostUnknown: first", "2026-02-01T00:00:01Z"),
      ended("check-a", "LoginRefused: second", "2026-02-01T00:00:11Z"),
      live({ apiVersion: "v1", kind: "Pod", metadata: { name: "check-c", labels: selector.matchLabels } }),
    );
    expect(verdict).toMatchObject({ reason: "LoginRefused", message: "second" });
  });

  it("is shown as it is where it is no sentence of ours", () => {
    expect(saying(ended("check-1", "Traceback\nZeroDivisionError", "2026-02-01T00:00:01Z")).verdict).toEqual({
      is: "waiting",
      on: `Job ${job.metadata.name} to complete (pod check-1: container check ended with 1: ZeroDivisionError)`,
    });
  });
});

describe("the URL", () => {
  const urls = (spec: object) => {
    const context = contextWith({ spec: specOf(spec) });
    return [
      withoutValues(databaseUrl("keystone", "keystone", context)),
      withoutValues(transportUrl({ name: "teapot", messaging: true }, context)),
    ];
  };

  it.each([
    [
      "of servers of our own",
      {},
      "mysql+pymysql://keystone:<keystone-database/password>@mariadb:3306/keystone?charset=utf8mb4&ssl_ca=/etc/tls/ca/ca.crt&ssl_check_hostname=true",
      "rabbit://nephos:<rabbitmq/password>@rabbitmq:5671/",
    ],
    [
      "with accounts that Nephos makes",
      { database: outside(administrator, { prefix: "p_" }), messaging: atBroker(manager) },
      "mysql+pymysql://p_keystone:<keystone-database/password>@db.example.org:3306/p_keystone?charset=utf8mb4&ssl_ca=/etc/nephos/database-ca/ca.crt&ssl_check_hostname=true",
      "rabbit://prod:<rabbitmq/password>@mq.example.org:5671/prod",
    ],
    [
      "with accounts of the user, whatever signs are in them",
      { database: outside(accounts, { port: 3307 }), messaging: atBroker(account) },
      "mysql+pymysql://<keystone-account/usernameurl>:<keystone-account/passwordurl>@db.example.org:3307/keystone?charset=utf8mb4&ssl_ca=/etc/nephos/database-ca/ca.crt&ssl_check_hostname=true",
      "rabbit://<broker-account/usernameurl>:<broker-account/passwordurl>@mq.example.org:5671/prod",
    ],
    [
      "with several members, IPv6 addresses and public authorities",
      {
        database: outside(administrator, { host: "2001:db8::1", tls: {} }),
        messaging: atBroker(account, { hosts: [{ name: "::1" }, { name: "::2" }], virtualHost: "/" }),
      },
      "mysql+pymysql://keystone:<keystone-database/password>@[2001:db8::1]:3306/keystone?charset=utf8mb4&ssl_ca=/etc/ssl/certs/ca-certificates.crt&ssl_check_hostname=true",
      "rabbit://<broker-account/usernameurl>:<broker-account/passwordurl>@[::1]:5671,<broker-account/usernameurl>:<broker-account/passwordurl>@[::2]:5671/",
    ],
    [
      "without TLS",
      { database: outside(administrator, { tls: { enabled: false } }), messaging: atBroker(account, { port: 5672 }) },
      "mysql+pymysql://keystone:<keystone-database/password>@db.example.org:3306/keystone?charset=utf8mb4",
      "rabbit://<broker-account/usernameurl>:<broker-account/passwordurl>@mq.example.org:5672/prod",
    ],
  ])("%s", (_, spec, database, broker) => {
    expect(urls(spec)).toEqual([database, broker]);
  });

  it("comes with the options by which a service that uses the broker checks it", () => {
    const brewing = cloudController({ ...withKeystone, services: [...withKeystone.services, teapot] });
    const plan = brewing.plan(cloudWith(), snapshot(...given), undefined);
    const config = plan.steps.find(({ name }) => name === "teapot/config")?.objects[0];
    expect(JSON.stringify(config)).toContain("ssl = true\\nssl_ca_file = /etc/nephos/messaging-ca/ca.crt\\n");
  });
});
