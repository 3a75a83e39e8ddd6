import { join } from "node:path";
import fc from "fast-check";
import { type Release, releases } from "../../crds/cloud.ts";
import { registrationSpec } from "../../crds/registration.ts";
import { canonical } from "../../operator/digest.ts";
import { at, type Manifest, mapAt, refKey, refOf } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import { isRecipe, sourcesOf } from "../../operator/recipe.ts";
import { expectGolden, goldenOrphans } from "../../operator/testing/golden.ts";
import { contextWith, specOf, stepsYaml } from "../testing/render.ts";
import { teapot, teapotContext } from "../testing/teapot.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { services } from "./index.ts";
import { refusedOptions } from "./config.ts";
import { renderService } from "./render.ts";

const golden = join(import.meta.dirname, "golden");
const specific = (release: Release): ServiceContext => contextWith({ spec: specOf({ release }) });

const objectsOf = (steps: readonly Step[]) => steps.flatMap((step) => step.objects);
const namesOf = (service: ServiceDefinition, context: ServiceContext, kind: string, phase = ""): string[] =>
  objectsOf(renderService(service, context))
    .filter((object) => object.kind === kind && object.metadata.name.startsWith(`${service.name}-${phase}`))
    .map((object) => object.metadata.name);
const jobs = (service: ServiceDefinition, context: ServiceContext): string[] => namesOf(service, context, "Job");
const configName = (service: ServiceDefinition, context: ServiceContext): string[] =>
  namesOf(service, context, "Secret", "config-");

/** Contexts as clouds in the wild have them. */
const optionNames = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
const userConfigs = fc.dictionary(
  optionNames,
  fc.dictionary(
    optionNames,
    fc
      .string()
      .filter((text) => !/[\n\r]/.test(text))
      .map((value) => ({ value })),
  ),
);
const contexts = fc
  .record({
    cloud: fc.stringMatching(/^[a-z][a-z0-9-]{0,50}[a-z0-9]$/),
    namespace: fc.stringMatching(/^[a-z][a-z0-9-]{0,50}[a-z0-9]$/),
    region: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/),
    release: fc.constantFrom(...releases),
    publicHost: fc.option(fc.constantFrom("cloud.example.org", "192.0.2.10", "2001:db8::10"), { nil: undefined }),
    incarnation: fc.uuid(),
    config: userConfigs,
  })
  .map(({ config, release, ...rest }) =>
    contextWith({ ...rest, spec: specOf({ release, region: rest.region, services: { keystone: { config } } }) }),
  );

describe.each([...services])("$name", (service) => {
  it.each(releases)("renders %s as recorded", (release) => {
    expectGolden(stepsYaml(renderService(service, specific(release))), join(golden, `${service.name}.${release}.yaml`));
  });
});

describe.each([...services, teapot])("$name, like every service,", (service) => {
  it("names objects from their content, so that two processes agree and nothing collides", () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const names = objectsOf(renderService(service, context)).map((object) => refKey(refOf(object)));
        expect(
          objectsOf(renderService(service, structuredCloneOf(context))).map((object) => refKey(refOf(object))),
        ).toEqual(names);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it("gives names that Kubernetes takes", () => {
    for (const object of objectsOf(renderService(service, contextWith()))) {
      expect(object.metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
  });

  it("gives steps in an order in which each comes after those that it waits for", () => {
    const infrastructure = [
      "tls/authority",
      "tls/trust",
      "tls/public",
      "database/secrets",
      "database/server",
      "messaging/secrets",
      "messaging/server",
      "cache/server",
    ];
    const earlier = new Set([...infrastructure, ...service.after.map((name) => `${name}/registration`)]);
    for (const step of renderService(service, contextWith())) {
      expect([step.name, step.after.filter((name) => !earlier.has(name))]).toEqual([step.name, []]);
      expect(earlier).not.toContain(step.name);
      earlier.add(step.name);
    }
  });

  it("draws only on Secrets that are generated in steps before", () => {
    const known = new Set(["mariadb-root", "rabbitmq"]);
    for (const secret of objectsOf(renderService(service, contextWith())).filter(isRecipe)) {
      expect(sourcesOf(secret).filter((source) => !known.has(source.secret))).toEqual([]);
      known.add(secret.metadata.name);
    }
  });

  it("holds no Secret value, only recipes", () => {
    const secrets = objectsOf(renderService(service, contextWith())).filter((object) => object.kind === "Secret");
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) {
      expect(isRecipe(secret)).toBe(true);
      expect(Object.keys(secret)).not.toContain("data");
      expect(Object.keys(secret)).not.toContain("stringData");
    }
  });

  it("mounts only volumes that its pods have, from objects that the plan makes", () => {
    const objects = objectsOf(renderService(service, contextWith()));
    const ofOthers = ["nephos-ca-bundle", "nephos-public-tls", "ovn-client"];
    const secrets = new Set([...ofOthers, ...objects.filter(isRecipe).map((object) => object.metadata.name)]);
    const claimed = new Map(
      objects.map((object) => [
        at(object, "spec", "template", "spec"),
        list(at(object, "spec"), "volumeClaimTemplates").map((template) => at(template, "metadata", "name")),
      ]),
    );
    for (const pod of objects
      .map((object) => at(object, "spec", "template", "spec"))
      .filter((each) => each !== undefined)) {
      const volumes = new Map(list(pod, "volumes").map((volume) => [volume["name"], volume]));
      for (const name of claimed.get(pod) ?? []) volumes.set(name, {});
      const mounts = list(pod, "containers").flatMap((container) => list(container, "volumeMounts"));
      expect(mounts.filter((mount) => !volumes.has(mount["name"]))).toEqual([]);
      const sources = [...volumes.values()].flatMap((volume) => at(volume, "secret", "secretName") ?? []);
      expect(sources.filter((name) => typeof name !== "string" || !secrets.has(name))).toEqual([]);
    }
  });

  it("asks for its registration in words that the Registration kind takes", () => {
    const context = service.name === "teapot" ? teapotContext() : contextWith();
    const [registration] = objectsOf(renderService(service, context)).filter(
      (object) => object.kind === "Registration",
    );
    expect(registrationSpec.parse(at(registration, "spec"))).toEqual(at(registration, "spec"));
  });

  it("waits with its registration for a public host", () => {
    const steps = renderService(service, { ...teapotContext(), publicHost: undefined });
    expect(steps.find(({ name }) => name === `${service.name}/registration`)).toMatchObject({
      objects: [],
      held: { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" },
    });
  });
});

describe("the name of a configuration", () => {
  const [keystone] = services;
  const named = (config: object) =>
    keystone === undefined
      ? []
      : configName(keystone, contextWith({ spec: specOf({ services: { keystone: { config } } }) }));

  // A section without an option says nothing.
  const said = (config: object): string =>
    canonical(Object.fromEntries(Object.entries(config).filter(([, options]) => Object.keys(options).length > 0)));

  it("is the same if and only if the configuration is", () => {
    fc.assert(
      fc.property(userConfigs, userConfigs, (one, other) => {
        expect(named(one)).toHaveLength(1);
        expect(canonical(named(one)) === canonical(named(other))).toBe(said(one) === said(other));
      }),
    );
  });

  it.each([
    ["another image", { image: (name: string) => `elsewhere/${name}` }],
    ["more replicas", { spec: specOf({ services: { keystone: { replicas: 3 } } }) }],
    ["another placement", { spec: specOf({ placement: { nodeSelector: { disk: "fast" } } }) }],
    ["another volume", { incarnation: "volume-2" }],
  ])("does not change with %s", (_, changes) => {
    expect(services.map((service) => configName(service, contextWith(changes)))).toEqual(
      services.map((service) => configName(service, contextWith())),
    );
  });
});

describe.each([...services, teapot])("the Jobs of $name", (service) => {
  const before = jobs(service, contextWith());

  it.each([
    ["another image", { image: (name: string) => `elsewhere/${name}` }],
    [
      "another placement",
      { spec: specOf({ placement: { nodeSelector: { disk: "fast" }, priorityClassName: "high" } }) },
    ],
    [
      "another configuration",
      { spec: specOf({ services: { keystone: { config: { token: { expiration: { value: 60 } } } } } }) },
    ],
    ["another public host", { publicHost: "198.51.100.1" }],
  ])("keep their names with %s, so that nothing runs again", (_, changes) => {
    expect(before.length).toBeGreaterThan(0);
    expect(jobs(service, contextWith(changes))).toEqual(before);
  });

  it("keep their names when pods ask for other resources", () => {
    const requests = { cpu: "2", memory: "2Gi" };
    expect(
      jobs({ ...service, processes: service.processes.map((process) => ({ ...process, requests })) }, contextWith()),
    ).toEqual(before);
  });

  it("all run again on another volume", () => {
    const after = jobs(service, contextWith({ incarnation: "volume-2" }));
    expect(after).toHaveLength(before.length);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
  });

  it("migrate again for another command, and set up nothing again", () => {
    const upgrade = { ...service.upgrade, before: [["other-manage", "db_sync"]] };
    const after = jobs({ ...service, upgrade }, contextWith());
    const kept = before.filter((name) => !name.startsWith(`${service.name}-expand`));
    expect(after.filter((name) => before.includes(name))).toEqual(kept);
    expect(after.filter((name) => name.startsWith(`${service.name}-expand`))).toHaveLength(1);
  });
});

describe("migrations", () => {
  it("run again for another release", () => {
    const next = contextWith({ release: "2025.1" });
    for (const service of services) {
      const migrations = (context: ServiceContext) =>
        jobs(service, context).filter((name) => /-(expand|contract)(-\d)?-/.test(name));
      expect(migrations(contextWith()).length).toBeGreaterThan(0);
      expect(migrations(next).filter((name) => migrations(contextWith()).includes(name))).toEqual([]);
    }
  });
});

describe("a service with a broker and two databases", () => {
  it.each(releases)("renders %s as recorded", (release) => {
    expectGolden(
      stepsYaml(renderService(teapot, { ...teapotContext(), release })),
      join(golden, `teapot.${release}.yaml`),
    );
  });

  it("starts its API only when broker, databases, cache and the services it needs are there", () => {
    const api = renderService(teapot, teapotContext()).find(({ name }) => name === "teapot/api");
    expect(api?.after).toEqual([
      "teapot/expand",
      "database/server",
      "cache/server",
      "messaging/server",
      "tls/public",
      "keystone/registration",
    ]);
  });

  it("takes replicas and options from the part of the spec that has its name", () => {
    const steps = renderService(teapot, teapotContext({ config: { tea: { steep_seconds: { value: 240 } } } }));
    const deployment = objectsOf(steps).find((object) => object.kind === "Deployment");
    expect(at(deployment, "spec", "replicas")).toBe(2);
    expect(fileOf(steps)).toContain("steep_seconds = 240\n");
    expect(fileOf(steps)).not.toContain("steep_seconds = 180\n");
  });

  it("can name its broker and its connections only by way of Nephos", () => {
    const config = {
      DEFAULT: { transport_url: { value: "fake:/" } },
      Database: { connection: { value: "sqlite://" } },
      api_database: { "max-retries": { value: 1 } },
      tea: { region_name: { valueFrom: { secretKeyRef: { name: "x", key: "y" } } } },
    };
    expect(refusedOptions(teapot, teapotContext({ config }))).toEqual([
      "spec.services.teapot.config.DEFAULT.transport_url",
      "spec.services.teapot.config.Database.connection",
      "spec.services.teapot.config.api_database.max-retries",
      "spec.services.teapot.config.tea.region_name",
    ]);
  });
});

describe("a service without a database", () => {
  it("gets no account, no password and no Job for one", () => {
    const steps = renderService(
      { ...teapot, databases: [], upgrade: { ...teapot.upgrade, before: [] } },
      teapotContext(),
    );
    expect(JSON.stringify(steps)).not.toContain("teapot-database");
    expect(objectsOf(steps).filter((object) => object.kind === "Job")).toEqual([]);
  });
});

it("every golden file has a service", () => {
  const names = [...services, teapot].flatMap((service) =>
    releases.map((release) => `${service.name}.${release}.yaml`),
  );
  expect(goldenOrphans(golden, names)).toEqual([]);
});

/** A copy that shares nothing with the original but the functions. */
function structuredCloneOf(context: ServiceContext): ServiceContext {
  const { image, running, attached, versionOf, lacks, certificates, ...data } = context;
  return { ...structuredClone(data), image, running, attached, versionOf, lacks, certificates };
}

function list(value: unknown, field: string): Readonly<Record<string, unknown>>[] {
  const found = at(value, field);
  return Array.isArray(found) ? found.map((each: unknown) => mapAt(each)) : [];
}

/** The configuration file with its secrets blanked. */
function fileOf(steps: readonly Step[]): string {
  const config = objectsOf(steps).find((object: Manifest) => object.metadata.name.startsWith("teapot-config-"));
  const parts = at(config, "recipe", "teapot.conf", "parts");
  return Array.isArray(parts) ? parts.map((part: unknown) => (typeof part === "string" ? part : "***")).join("") : "";
}
