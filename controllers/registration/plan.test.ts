import fc from "fast-check";
import { type RegistrationSpec, registrationSpec } from "../../crds/registration.ts";
import { at } from "../../operator/object.ts";
import { type Plan, progress } from "../../operator/plan.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { type Entry, FakeKeystone, namesIn } from "../openstack/testing/fake-keystone.ts";
import { snapshot } from "../testing/world.ts";
import { type Facts, noFacts, observeKeystone, unfinishedUser } from "./facts.ts";
import { perform } from "./perform.ts";
import { keystoneCall, planRegistration } from "./plan.ts";

const spec = registrationSpec.parse({
  keystone: {
    url: "http://keystone:5000/v3",
    userName: "nephos",
    passwordFrom: { name: "keystone-nephos", key: "password" },
  },
  region: "RegionOne",
  service: { name: "teapot", type: "tea", description: "OpenStack Tea" },
  endpoints: [
    { interface: "public", url: "http://192.0.2.10:30418/v1" },
    { interface: "internal", url: "http://teapot.openstack.svc:4180/v1" },
  ],
  projects: ["service"],
  roles: ["service"],
  users: [
    {
      name: "teapot",
      passwordFrom: { name: "teapot-keystone", key: "password" },
      assignments: [{ role: "service", project: "service" }],
    },
    {
      name: "brewer",
      passwordFrom: { name: "brewer", key: "password" },
      keep: "Created",
      assignments: [
        { role: "service", project: "service" },
        { role: "service", system: "all" },
      ],
    },
  ],
});
const passwordFor = (user: string): string => `${user}'s password`;
const seen = snapshot();

/** Names of the actions that may be done now. */
function actionsOf(plan: Plan): string[] {
  return progress(plan, seen, judgeStep).open.flatMap((step) => (step.actions ?? []).map(({ name }) => name));
}

function observe(keystone: FakeKeystone, wanted: RegistrationSpec = spec): Promise<Facts> {
  return observeKeystone(wanted, keystone, (user) =>
    Promise.resolve(keystone.opens(user.name, passwordFor(user.name))),
  );
}

/** One pass of the controller: observe, plan, act; every action that ends before `loseFrom` lands. */
async function pass(keystone: FakeKeystone, wanted: RegistrationSpec = spec, loseFrom = Infinity): Promise<string[]> {
  const plan = planRegistration(wanted, await observe(keystone, wanted));
  const actions = progress(plan, seen, judgeStep).open.flatMap((step) => step.actions ?? []);
  for (const { input } of actions.slice(0, loseFrom)) {
    const call = keystoneCall.parse(input);
    const user = wanted.users.find(({ passwordFrom }) => passwordFrom.name === call.passwordFrom?.name)?.name;
    await perform(call, user === undefined ? undefined : passwordFor(user), keystone);
  }
  return actions.map(({ name }) => name);
}

async function settle(keystone: FakeKeystone, wanted: RegistrationSpec = spec): Promise<number> {
  for (let round = 0; round < 10; round++) {
    if ((await pass(keystone, wanted)).length === 0) return round;
  }
  return Infinity;
}

async function settled(): Promise<FakeKeystone> {
  const keystone = new FakeKeystone();
  await settle(keystone);
  return keystone;
}

/** The facts of a Keystone in which all is as wanted, with some changed. */
async function factsWith(change: (facts: Facts) => Partial<Facts>): Promise<Facts> {
  const facts = await observe(await settled());
  return { ...facts, ...change(facts) };
}

describe("the plan of a Registration", () => {
  it("fills an empty Keystone, first what other things are made of", () => {
    expect(actionsOf(planRegistration(spec, noFacts))).toEqual([
      "region RegionOne to be made",
      "service teapot to be made",
      "project service to be made",
      "role service to be made",
      "user teapot to be made",
      "user brewer to be made",
    ]);
  });

  it("has nothing to do where all is there", async () => {
    const plan = planRegistration(spec, await factsWith(() => ({})));
    expect(actionsOf(plan)).toEqual([]);
    expect([...progress(plan, seen, judgeStep).verdicts.values()].map(({ is }) => is)).toEqual(
      plan.steps.map(() => "done"),
    );
  });

  it("waits, and does nothing, while Keystone cannot be asked", () => {
    const plan = planRegistration(spec, { ...noFacts, unreachable: "Keystone does not answer" });
    expect(actionsOf(plan)).toEqual([]);
    expect(progress(plan, seen, judgeStep).verdicts.get("keystone")).toEqual({
      is: "waiting",
      on: "Keystone does not answer",
    });
  });

  const first = <T>(list: readonly T[], change: (entry: T) => Partial<T>): T[] =>
    list.map((entry, index) => (index === 0 ? { ...entry, ...change(entry) } : entry));
  const cases: readonly (readonly [string, (facts: Facts) => Partial<Facts>, readonly string[]])[] = [
    [
      "an endpoint that was deleted",
      ({ endpoints }) => ({ endpoints: endpoints.slice(1) }),
      ["public endpoint to be made"],
    ],
    [
      "an endpoint with another URL",
      ({ endpoints }) => ({ endpoints: first(endpoints, () => ({ url: "http://x" })) }),
      ["public endpoint to be corrected"],
    ],
    [
      "an endpoint that is disabled",
      ({ endpoints }) => ({ endpoints: first(endpoints, () => ({ enabled: false })) }),
      ["public endpoint to be corrected"],
    ],
    [
      "an endpoint that is there twice",
      ({ endpoints }) => ({
        endpoints: [...endpoints, ...endpoints.slice(0, 1).map((each) => ({ ...each, id: "z" }))],
      }),
      ["second public endpoint to be removed"],
    ],
    [
      "an endpoint of another region besides",
      ({ endpoints }) => ({
        endpoints: [...endpoints, ...first(endpoints, () => ({ id: "z", region: "Two" })).slice(0, 1)],
      }),
      [],
    ],
    [
      "a service that is disabled",
      ({ services }) => ({ services: first(services, () => ({ enabled: false })) }),
      ["service teapot to be corrected"],
    ],
    [
      "a service that is described otherwise",
      ({ services }) => ({ services: first(services, () => ({ description: "" })) }),
      ["service teapot to be corrected"],
    ],
    [
      "a service that is there twice",
      ({ services }) => ({ services: [...services, ...first(services, () => ({ id: "z" })).slice(0, 1)] }),
      ["second service teapot to be removed"],
    ],
    [
      "a service of the same type and another name",
      ({ services }) => ({
        services: [...services, ...first(services, () => ({ id: "a", name: "kettle" })).slice(0, 1)],
      }),
      [],
    ],
    ["a region that is missing", () => ({ regions: ["Elsewhere"] }), ["region RegionOne to be made"]],
    ["a project that is missing", () => ({ projects: {} }), ["project service to be made"]],
    ["a role that is missing", () => ({ roles: {} }), ["role service to be made"]],
    ["a user that is missing", ({ users }) => ({ users: users.slice(1) }), ["user teapot to be made"]],
    [
      "a password that does not open the account",
      ({ users }) => ({ users: first(users, () => ({ passwordWorks: false })) }),
      ["password of user teapot to be set"],
    ],
    [
      "a user that is disabled",
      ({ users }) => ({ users: first(users, () => ({ enabled: false })) }),
      ["user teapot to be enabled"],
    ],
    [
      "a role that was taken away",
      ({ users }) => ({ users: first(users, () => ({ assignments: [] })) }),
      ["role service to be given to teapot on service"],
    ],
    [
      "a role that was given besides",
      ({ users }) => ({
        users: first(users, ({ assignments }) => ({ assignments: [...assignments, "r/system:all"] })),
      }),
      [],
    ],
    [
      "roles that a user who belongs to its owner has lost",
      ({ users }) => ({
        users: users.map((user) =>
          user.name === "brewer" ? { ...user, assignments: [], enabled: false, passwordWorks: false } : user,
        ),
      }),
      [],
    ],
    [
      "a user who was made once but not handed over",
      ({ users }) => ({
        users: users.map((user) =>
          user.name === "brewer" ? { ...user, assignments: user.assignments.slice(0, 1), unfinished: true } : user,
        ),
      }),
      ["role service to be given to brewer on the system"],
    ],
  ];

  it.each(cases)("answers to %s", async (_, change, actions) => {
    expect(actionsOf(planRegistration(spec, await factsWith(change)))).toEqual(actions);
  });

  it("names every action once, as what the step waits for", () => {
    expect(progress(planRegistration(spec, noFacts), seen, judgeStep).verdicts.get("users")).toEqual({
      is: "waiting",
      on: "user teapot to be made, user brewer to be made",
    });
  });

  it("is not done while a role that it gives but does not make is missing", async () => {
    const facts = await factsWith(({ users }) => ({
      roles: {},
      users: users.map((user) => ({ ...user, assignments: [] })),
    }));
    const plan = planRegistration({ ...spec, roles: [] }, facts);
    expect(actionsOf(plan)).toEqual([]);
    expect(progress(plan, seen, judgeStep).verdicts.get("assignments")).toEqual({
      is: "waiting",
      on: "role service to exist",
    });
  });

  it("holds no password, only where it is found", () => {
    const inputs = planRegistration(spec, noFacts).steps.flatMap((step) =>
      (step.actions ?? []).map(({ input }) => keystoneCall.parse(input)),
    );
    expect(inputs.filter(({ path }) => path === "users").map(({ passwordFrom }) => passwordFrom)).toEqual(
      spec.users.map((user) => user.passwordFrom),
    );
    expect(inputs.filter(({ body }) => "password" in body)).toEqual([]);
  });

  it("makes what is named like a property that every object has", () => {
    const odd = { ...spec, projects: ["constructor"], roles: ["toString"] };
    expect(actionsOf(planRegistration(odd, noFacts))).toEqual(
      expect.arrayContaining(["project constructor to be made", "role toString to be made"]),
    );
  });
});

describe("the calls of a plan", () => {
  const callsOf = (plan: Plan) =>
    plan.steps.flatMap(({ actions = [] }) =>
      actions.map(({ name, input }) => ({ name, ...keystoneCall.parse(input) })),
    );
  const service = { name: "teapot", type: "tea", description: "OpenStack Tea", enabled: true };
  const face = (id: string, rest: object = {}) => ({
    ...{ id, serviceId: "s1", interface: "public", region: "RegionOne", url: "http://192.0.2.10:30418/v1" },
    ...{ enabled: true, ...rest },
  });
  const account = { enabled: true, unfinished: false, assignments: [] };

  it("come step after step, each with what it needs", () => {
    const { steps } = planRegistration(spec, noFacts);
    expect(steps.map(({ name, after, objects }) => [name, after, objects])).toEqual([
      ["region", [], []],
      ["service", [], []],
      ["endpoints", ["region", "service"], []],
      ["projects", [], []],
      ["roles", [], []],
      ["users", [], []],
      ["assignments", ["projects", "roles", "users"], []],
      ["handover", ["assignments"], []],
    ]);
  });

  it("on an empty Keystone make everything", () => {
    const user = { domain_id: "default", enabled: true };
    const create = { verb: "create" };
    expect(callsOf(planRegistration(spec, noFacts)).map((call) => ({ ...call, name: undefined }))).toEqual([
      { ...create, path: "regions", member: "region", body: { id: "RegionOne" } },
      { ...create, path: "services", member: "service", body: service },
      { ...create, path: "projects", member: "project", body: { name: "service", domain_id: "default" } },
      { ...create, path: "roles", member: "role", body: { name: "service" } },
      {
        ...{ ...create, path: "users", member: "user", body: { ...user, name: "teapot" } },
        passwordFrom: { name: "teapot-keystone", key: "password" },
      },
      {
        ...{ ...create, path: "users", member: "user", body: { ...user, name: "brewer", description: unfinishedUser } },
        passwordFrom: { name: "brewer", key: "password" },
      },
    ]);
  });

  it("on what is there twice keep the one with the first id, and change only what differs", () => {
    const facts: Facts = {
      ...noFacts,
      services: ["s3", "s1", "s2"].map((id) => ({ ...service, id, enabled: id !== "s1" })),
      endpoints: [face("e2"), face("e3"), face("e1", { url: "http://old" }), face("e0", { serviceId: "s9" })],
    };
    const update = { verb: "update" };
    const remove = { verb: "remove", member: "", body: {} };
    const calls = callsOf(planRegistration({ ...spec, endpoints: spec.endpoints.slice(0, 1) }, facts));
    expect(calls.filter(({ path }) => /^(services|endpoints)/.test(path))).toEqual([
      { ...update, name: "service teapot to be corrected", path: "services/s1", member: "service", body: service },
      { ...remove, name: "second service teapot to be removed", path: "services/s2" },
      { ...remove, name: "second service teapot to be removed", path: "services/s3" },
      {
        ...{ ...update, name: "public endpoint to be corrected", path: "endpoints/e1", member: "endpoint" },
        body: {
          ...{ interface: "public", url: "http://192.0.2.10:30418/v1", enabled: true },
          ...{ service_id: "s1", region_id: "RegionOne" },
        },
      },
      { ...remove, name: "second public endpoint to be removed", path: "endpoints/e2" },
      { ...remove, name: "second public endpoint to be removed", path: "endpoints/e3" },
    ]);
  });

  it("on users repair, grant and hand over, each by its id", () => {
    const facts: Facts = {
      ...noFacts,
      ...{ regions: ["RegionOne"], projects: { service: "p1" }, roles: { service: "r1" } },
      users: [
        { ...account, id: "u1", name: "teapot", passwordWorks: false },
        { ...account, id: "u2", name: "brewer", unfinished: true },
      ],
    };
    const put = { verb: "put", member: "", body: {} };
    const calls = callsOf(planRegistration(spec, facts)).filter(({ path }) => path.includes("users"));
    expect(calls).toEqual([
      {
        ...{ name: "password of user teapot to be set", verb: "update", path: "users/u1", member: "user" },
        ...{ body: { enabled: true }, passwordFrom: { name: "teapot-keystone", key: "password" } },
      },
      { ...put, name: "role service to be given to teapot on service", path: "projects/p1/users/u1/roles/r1" },
      { ...put, name: "role service to be given to brewer on service", path: "projects/p1/users/u2/roles/r1" },
      { ...put, name: "role service to be given to brewer on the system", path: "system/users/u2/roles/r1" },
      {
        ...{ name: "user brewer to be handed over", verb: "update", path: "users/u2", member: "user" },
        body: { description: "" },
      },
    ]);
  });

  it("say every missing role and project once", () => {
    const facts: Facts = {
      ...noFacts,
      users: ["teapot", "brewer"].map((name) => ({ ...account, id: name, name, unfinished: true })),
    };
    const { verdicts } = progress(planRegistration({ ...spec, roles: [], projects: [] }, facts), seen, judgeStep);
    expect(verdicts.get("assignments")).toEqual({
      is: "waiting",
      on: "role service to exist, project service to exist",
    });
  });

  it("are none while Keystone cannot be asked", () => {
    const { steps } = planRegistration(spec, { ...noFacts, unreachable: "no route" });
    expect(steps).toEqual([{ name: "keystone", after: [], objects: [], held: { is: "waiting", on: "no route" } }]);
  });
});

describe("passes of a Registration", () => {
  it("fill an empty Keystone in three rounds", async () => {
    const keystone = new FakeKeystone();
    expect(await settle(keystone)).toBe(3);
    expect(namesIn(keystone, "services")).toEqual(["teapot"]);
    expect(keystone.entries("endpoints").map(({ url }) => url)).toEqual(spec.endpoints.map(({ url }) => url));
    expect(keystone.entries("role_assignments")).toHaveLength(3);
    expect(keystone.opens("teapot", passwordFor("teapot"))).toBe(true);
    expect(keystone.opens("brewer", passwordFor("brewer"))).toBe(true);
  });

  it("end in the same Keystone whichever actions are lost on the way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 8 }), async (losses) => {
        const keystone = new FakeKeystone();
        for (const loseFrom of losses) await pass(keystone, spec, loseFrom);
        expect(await settle(keystone)).toBeLessThanOrEqual(5);
        expect(keystone.entries("role_assignments")).toHaveLength(3);
        expect(keystone.entries("users").map(({ description }) => description)).toEqual([undefined, ""]);
      }),
    );
  });

  it("settle any Keystone within five rounds and leave alone what is not theirs", async () => {
    await fc.assert(
      fc.asyncProperty(keystones, async (start) => {
        const keystone = new FakeKeystone(start);
        const foreign = foreignIn(keystone);
        expect(await settle(keystone)).toBeLessThanOrEqual(5);
        const before = await observe(keystone);
        expect(before.services.filter(({ name, enabled }) => name === "teapot" && enabled)).toHaveLength(1);
        expect(keystone.opens("teapot", passwordFor("teapot"))).toBe(true);
        const home = keystone
          .entries("projects")
          .filter((each) => each["name"] === "service" && each["domain_id"] === "default");
        const grants = keystone.entries("role_assignments").map(({ scope }) => at(scope, "project", "id"));
        expect(home).toHaveLength(1);
        expect(grants).toContain(home[0]?.id);
        expect(foreignIn(keystone)).toEqual(foreign);
      }),
    );
  });
});

describe("what is observed in Keystone", () => {
  it("is what the Registration speaks of, and nothing else", async () => {
    const keystone = await settled();
    await keystone.create("users", "user", { name: "somebody", domain_id: "default", enabled: true });
    await keystone.create("projects", "project", { name: "other", domain_id: "default" });
    await keystone.create("services", "service", { name: "keystone", type: "identity", enabled: true });
    const facts = await observe(keystone);
    expect(facts.users.map(({ name }) => name)).toEqual(["teapot", "brewer"]);
    expect(Object.keys(facts.projects)).toEqual(["service"]);
    expect(facts.services.map(({ name }) => name)).toEqual(["teapot"]);
  });

  it("asks for the password only of users whose password is kept", async () => {
    const asked: string[] = [];
    await observeKeystone(spec, await settled(), (user) => {
      asked.push(user.name);
      return Promise.resolve(true);
    });
    expect(asked).toEqual(["teapot"]);
  });

  it("tells roles on a project from roles on the system", async () => {
    const facts = await observe(await settled());
    const [role, project] = [facts.roles["service"], facts.projects["service"]];
    expect(facts.users.map(({ assignments }) => assignments)).toEqual([
      [`${role}/project:${project}`],
      [`${role}/project:${project}`, `${role}/system:all`],
    ]);
  });
});

/** What people and other services may have left in a Keystone. */
const pick = <T>(...entries: readonly T[]) => fc.subarray([...entries]);
const flag = fc.boolean();
const keystones: fc.Arbitrary<Readonly<Record<string, readonly Entry[]>>> = fc
  .record({
    regions: pick<Entry>({ id: "RegionOne" }, { id: "RegionTwo" }),
    projects: pick<Entry>(
      { id: "p1", name: "service", domain_id: "default" },
      { id: "p2", name: "service", domain_id: "other" },
      { id: "p3", name: "x", domain_id: "default" },
    ),
    roles: pick<Entry>({ id: "r1", name: "service" }, { id: "r2", name: "admin" }),
    services: pick("s1", "s2", "s3", "s4"),
    enabled: flag,
    description: fc.constantFrom("OpenStack Tea", ""),
    endpoints: fc.array(
      fc.record({
        service_id: fc.constantFrom("s1", "s2", "s3", "s4"),
        interface: fc.constantFrom("public", "internal", "admin"),
        region_id: fc.constantFrom("RegionOne", "RegionTwo"),
        url: fc.constantFrom("http://192.0.2.10:30418/v1", "http://other"),
        enabled: flag,
      }),
      { maxLength: 8 },
    ),
    users: pick("teapot", "brewer", "somebody"),
    password: fc.constantFrom("teapot's password", "another"),
    unfinished: flag,
  })
  .map(({ services, endpoints, users, enabled, description, password, unfinished, ...rest }) => ({
    ...rest,
    services: [
      { id: "s1", name: "teapot", type: "tea", enabled, description },
      { id: "s2", name: "teapot", type: "tea", enabled: true, description },
      { id: "s3", name: "kettle", type: "tea", enabled, description },
      { id: "s4", name: "teapot", type: "coffee", enabled, description },
    ].filter(({ id }) => services.includes(id)),
    endpoints: endpoints
      .filter((endpoint) => services.includes(endpoint.service_id))
      .map((endpoint, index) => ({ id: `e${index}`, ...endpoint })),
    users: [
      { id: "u-other", name: "teapot", domain_id: "other", enabled: true, password: "a third" },
      ...users.map((name) => ({
        id: `u-${name}`,
        name,
        domain_id: "default",
        enabled,
        password,
        description: unfinished ? unfinishedUser : "",
      })),
    ],
  }));

/** Everything in a Keystone that the Registration has no say in. */
function foreignIn(keystone: FakeKeystone): unknown {
  const [kept, ...spare] = keystone
    .entries("services")
    .filter(({ name, type }) => name === "teapot" && type === "tea")
    .map(({ id }) => id)
    .sort();
  const ours = [kept, ...spare];
  const elsewhere = ({ region_id, interface: face }: Entry) => region_id !== "RegionOne" || face === "admin";
  return {
    regions: keystone.entries("regions").filter(({ id }) => id !== "RegionOne"),
    projects: keystone
      .entries("projects")
      .filter(({ name, domain_id }) => name !== "service" || domain_id !== "default"),
    roles: keystone.entries("roles").filter(({ name }) => name !== "service"),
    services: keystone.entries("services").filter(({ id }) => !ours.includes(id)),
    endpoints: keystone
      .entries("endpoints")
      .filter(
        (endpoint) =>
          !ours.includes(String(endpoint["service_id"])) || (endpoint["service_id"] === kept && elsewhere(endpoint)),
      ),
    users: keystone.entries("users").filter(({ name, domain_id }) => name === "somebody" || domain_id !== "default"),
    assignments: keystone.entries("role_assignments").filter(({ user }) => JSON.stringify(user).includes("somebody")),
  };
}
