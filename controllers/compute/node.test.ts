import type { Live } from "../../operator/object.ts";
import { type Plan, progress } from "../../operator/plan.ts";
import { judgeStep, type Verdict } from "../../operator/verdict.ts";
import { FakeNeutron } from "../openstack/testing/fake-neutron.ts";
import { FakeNova } from "../openstack/testing/fake-nova.ts";
import { pageHas } from "../testing/page.ts";
import { live, snapshot } from "../testing/world.ts";
import { hostCall, type HostFacts, noFacts, observeHost, observeLeaving, performHostCall } from "./host-facts.ts";
import { nodeController } from "./node-controller.ts";
import { agentsOn, apiVersion, checked, cloud, host, pool, picky, setsOf } from "./testing/hosts.ts";

const controller = nodeController();
const revision = "0a1b2c3d";
const placed = { "nephos.dev/agents": `standard.${revision}` };
const going = "2026-02-01T00:00:00Z";

const told = (wish: object = {}, metadata: object = {}): Live =>
  live({
    apiVersion,
    kind: "ComputeNode",
    metadata: { name: "one", ...metadata },
    spec: { pool: { name: "standard" }, node: "one", hypervisor: "Auto", revision, ...wish },
  });
const subject = told();
const leaving = told({}, { deletionTimestamp: going });
const gone = { "nephos.dev/host-of": "elsewhere" };

/** A host whose agents are all ready. */
const well = [host("one", placed), checked("one"), ...setsOf(revision), ...agentsOn("one", revision)];
/** The same host, when its pool does not mean it any more. */
const unmeant = [cloud, picky, ...well];

interface Seen {
  readonly plan: Plan;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly status: unknown;
  readonly actions: readonly { readonly name: string; readonly input: unknown }[];
  readonly marks: readonly string[];
}

/** A pass over a ComputeNode, up to what it would do. */
function pass(of: Live, objects: readonly Live[], facts: HostFacts | undefined): Seen {
  const seen = snapshot(of, ...objects);
  const deleted = of.metadata.deletionTimestamp !== undefined;
  const plan = (deleted ? controller.planDeletion?.(of, seen, facts) : controller.plan(of, seen, facts)) ?? {
    steps: [],
  };
  const { verdicts, open } = progress(plan, seen, judgeStep);
  return {
    plan,
    verdicts,
    status: controller.status(of, verdicts, seen, facts),
    actions: open.flatMap(({ actions = [] }) => actions),
    marks: open.flatMap(({ marks = [] }) => marks.map(({ on, value }) => `${on.name} ${value ?? "-"}`)),
  };
}

const on = (verdict: Verdict | undefined): string => (verdict !== undefined && "on" in verdict ? verdict.on : "");
const undone = ({ verdicts }: Seen): string[] =>
  [...verdicts].flatMap(([step, { is }]) => (is === "done" ? [] : [step]));

const service = { id: "service-1", up: true, status: "enabled", reason: undefined } as const;
const fresh = { ...service, status: "disabled", reason: "New compute service disabled due to config option." } as const;
const agents = [
  { id: "one", binary: "ovn-controller", alive: true },
  { id: "agent-1", binary: "neutron-ovn-agent", alive: true },
];
const enabled: HostFacts = { ...noFacts, service };
const ripe: HostFacts = { ...noFacts, service: fresh, hypervisor: true, agents };

describe("a ComputeNode", () => {
  const stateOf = (of: Live, ...objects: readonly Live[]) => pass(of, [pool, ...objects], enabled).status;

  it.each<[string, Live[]]>([
    ["Checking", [host("one")]],
    ["Unfit", [host("one"), checked("one", "no", 1)]],
    ["Joining", [host("one"), checked("one")]],
    ["Unwell", [host("one", placed), checked("one"), ...setsOf(revision), ...agentsOn("one", revision, "False")]],
    ["Updating", [host("one", { "nephos.dev/agents": "standard.0ld" }), checked("one")]],
    ["Updating", [host("one", placed), checked("one"), ...agentsOn("one", "0ld")]],
    ["Unreachable", [host("one", placed, "Unknown"), checked("one")]],
    ["Unreachable", []],
    ["Leaving", [host("one", { ...placed, ...gone }), checked("one")]],
  ])("is %s, and not Ready", (state, objects) => {
    expect(stateOf(subject, ...objects)).toMatchObject({
      state,
      conditions: [{ type: "Ready", status: "False" }, {}],
    });
  });

  it("is Ready when all its agents are and Nova may send servers, and says what these run on", () => {
    const objects = [host("one", placed), ...setsOf(revision), ...agentsOn("one", revision)];
    const ready = { state: "Ready", revision, conditions: [{ type: "Ready", status: "True" }] };
    expect(stateOf(subject, ...objects, checked("one"))).toMatchObject({ ...ready, hypervisor: "QEMU" });
    expect(stateOf(subject, ...objects, checked("one", "one\n"))).toMatchObject({ ...ready, hypervisor: "KVM" });
    expect(stateOf(told({ hypervisor: "QEMU" }), ...objects, checked("one", "one\n"))).toMatchObject({
      ...ready,
      hypervisor: "QEMU",
    });
  });
});

describe("nova-compute of a host", () => {
  const seen = (facts: HostFacts | undefined): Seen => pass(subject, [pool, ...well], facts);

  it.each<[string, HostFacts | undefined, string, string]>([
    ["was not asked about", undefined, "Nova to be asked", "Unknown"],
    [
      "cannot be asked about",
      { ...noFacts, unreachable: "Keystone does not answer" },
      "Keystone does not answer",
      "Unknown",
    ],
    ["is new to Nova", noFacts, "Nova to hear from nova-compute of one", "Joining"],
    ["is silent", { ...ripe, service: { ...fresh, up: false } }, "nova-compute of one to answer", "Joining"],
    ["fell silent", { ...enabled, service: { ...service, up: false } }, "nova-compute of one to answer", "Unwell"],
    [
      "is in a cell that is silent",
      { ...enabled, service: { ...service, up: false, status: "unknown" } },
      "the database of the cell of one to answer",
      "Unknown",
    ],
    ["has no hypervisor yet", { ...ripe, hypervisor: false }, "Nova to find the hypervisor of one", "Joining"],
    [
      "has no network yet",
      { ...ripe, agents: agents.slice(1) },
      "ovn-controller of one to answer in Neutron",
      "Joining",
    ],
    [
      "has an agent of the network that is dead",
      { ...ripe, agents: agents.map((each) => ({ ...each, alive: each.id === "one" })) },
      "neutron-ovn-agent of one to answer in Neutron",
      "Joining",
    ],
    [
      "disabled itself",
      { ...enabled, service: { ...service, status: "disabled", reason: "AUTO: Connection to libvirt lost: 1" } },
      "which disabled itself: AUTO: Connection to libvirt lost: 1",
      "Unwell",
    ],
  ])("that %s is waited for, and left as it is", (_, facts, words, state) => {
    const { actions, verdicts, status } = seen(facts);
    expect(actions).toEqual([]);
    expect(on(verdicts.get("host/service"))).toContain(words);
    expect(status).toMatchObject({ state });
  });

  it.each<[string, HostFacts]>([
    ["nobody ever enabled", ripe],
    [
      "we disabled when it left a pool",
      { ...ripe, service: { ...fresh, reason: "nephos: this host leaves its pool" } },
    ],
    [
      "has the agent of 2025.1",
      { ...ripe, agents: agents.map((each) => ({ ...each, binary: each.binary.replace("ovn-a", "ovn-metadata-a") })) },
    ],
  ])("that %s is enabled once all that servers need answers", (_, facts) => {
    const { actions, status } = seen(facts);
    expect(actions).toEqual([
      { name: "nova-compute of one to be enabled", input: { verb: "enable", id: "service-1" } },
    ]);
    expect(status).toMatchObject({ state: "Joining", conditions: [{ type: "Ready", status: "False" }, {}] });
  });

  it.each([
    ["for a reason", "kernel update", "kernel update"],
    ["for none", undefined, "no reason was given"],
  ])("that somebody disabled %s stays so, and the host is Ready", (_, reason, disabledReason) => {
    const { actions, status } = seen({ ...ripe, service: { ...service, status: "disabled", reason } });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      state: "Disabled",
      disabledReason,
      conditions: [{ type: "Ready", status: "True" }],
    });
  });

  it("is not enabled while an agent of the host is missing", () => {
    const lame = [
      pool,
      host("one", placed),
      checked("one"),
      ...setsOf(revision),
      ...agentsOn("one", revision, "False"),
    ];
    expect(pass(subject, lame, ripe).actions).toEqual([]);
  });
});

describe("a host that leaves", () => {
  const free: HostFacts = {
    ...noFacts,
    service: { ...service, status: "disabled", reason: "nephos: this host leaves its pool" },
    agents,
  };
  const bare = [cloud, picky, host("one")];

  it("is closed for new servers first, and keeps its agents meanwhile", () => {
    const seen = pass(leaving, unmeant, { ...enabled, agents });
    expect(seen.actions).toEqual([
      { name: "nova-compute of one to be disabled", input: { verb: "disable", id: "service-1" } },
    ]);
    expect(seen.marks).toEqual([]);
    expect(seen.status).toMatchObject({ state: "Leaving" });
  });

  it("keeps the word of whoever disabled it", () => {
    const theirs = { ...free, service: { ...service, status: "disabled", reason: "kernel update" } } as const;
    expect(pass(leaving, unmeant, theirs).actions).toEqual([]);
  });

  it.each([
    [["web"], "1 server is on one, web: migrate or delete what is there"],
    [
      ["a", "b", "c", "d", "e", "f", "g"],
      "7 servers are on one, a, b, c, d, e and 2 more: migrate or delete what is there",
    ],
  ])("with servers on it is not let go, and names some of them: %j", (servers, words) => {
    const seen = pass(leaving, unmeant, { ...free, servers });
    expect([seen.actions, seen.marks]).toEqual([[], []]);
    expect(seen.verdicts.get("leaving/servers")).toMatchObject({
      is: "blocked",
      reason: "HostInUse",
      message: expect.stringContaining(words),
    });
  });

  it("waits for a move of a server that may still come back", () => {
    const seen = pass(leaving, unmeant, { ...free, moves: ["0b5c"] });
    expect(seen.marks).toEqual([]);
    expect(seen.verdicts.get("leaving/servers")).toMatchObject({
      message: "a move of server 0b5c from or to one is not over; confirm or revert it",
    });
  });

  it("loses its agents when it is empty, then Nova and then Neutron forget it", () => {
    const first = pass(leaving, unmeant, free);
    expect([first.actions, first.marks]).toEqual([[], ["one -"]]);
    expect(on(first.verdicts.get("leaving/agents"))).toContain("to be gone");
    const second = pass(leaving, bare, free);
    expect(second.actions).toEqual([
      { name: "nova-compute of one to be taken out of Nova", input: { verb: "forget", id: "service-1" } },
    ]);
    const third = pass(leaving, bare, { ...noFacts, agents });
    expect(third.actions.map(({ name }) => name)).toEqual([
      "ovn-controller of one to be taken out of Neutron",
      "neutron-ovn-agent of one to be taken out of Neutron",
    ]);
    expect(undone(pass(leaving, bare, noFacts))).toEqual([]);
  });

  it.each([
    ["does not answer", { ...noFacts, unreachable: "Nova does not answer at nova" }],
    ["has not been asked", undefined],
    ["does not know what its cell has", { ...free, service: { ...service, status: "unknown" } } as const],
  ])("is left alone while Nova %s", (_, facts) => {
    const seen = pass(leaving, unmeant, facts);
    expect([seen.actions, seen.marks]).toEqual([[], []]);
    expect(undone(seen)).toContain("leaving/disabled");
  });

  it("loses its agents at once where an administrator takes the node away, and is cleaned up when it is empty", () => {
    const taken = [cloud, pool, host("one", { ...placed, ...gone }), ...agentsOn("one", revision)];
    const seen = pass(leaving, taken, { ...enabled, servers: ["web"] });
    expect(seen.marks).toEqual(["one -"]);
    expect(seen.actions).toHaveLength(1);
    expect(undone(pass(leaving, [cloud, pool, host("one", gone)], { ...free, servers: ["web"] }))).toContain(
      "leaving/servers",
    );
  });

  it("whose node is gone is cleaned up as well", () => {
    expect(pass(leaving, [cloud, pool], free).actions).toMatchObject([{ input: { verb: "forget" } }]);
    expect(undone(pass(leaving, [cloud, pool], noFacts))).toEqual([]);
  });

  it.each([
    ["gone", []],
    ["going", [{ ...cloud, metadata: { ...cloud.metadata, deletionTimestamp: going } }]],
  ])("asks nobody where its Cloud is %s: its agents go, and that is all", (_, clouds) => {
    const [, ...rest] = unmeant;
    const seen = pass(leaving, [...clouds, ...rest], undefined);
    expect(seen.marks).toEqual(["one -"]);
    expect(undone(seen)).toEqual(["leaving/agents"]);
    expect(undone(pass(leaving, [...clouds, picky, host("one")], undefined))).toEqual([]);
  });

  it("stays as it is where its pool means it after all: there will be another ComputeNode", () => {
    expect(pass(leaving, [cloud, pool, ...well], undefined).plan.steps).toEqual([]);
    const doomed = { ...pool, metadata: { ...pool.metadata, deletionTimestamp: going } };
    expect(pass(leaving, [cloud, doomed, ...well], free).marks).toEqual(["one -"]);
  });

  it("stands on its pool and its node as they are now", () => {
    expect(pass(leaving, unmeant, free).plan.basis).toMatchObject([
      { kind: "ComputePool", name: "standard" },
      { kind: "Node", name: "one" },
    ]);
  });
});

describe("hosts in Nova and Neutron", () => {
  const asked = { host: "one", calledItself: "one" };
  function apis(): { nova: FakeNova; neutron: FakeNeutron } {
    const [nova, neutron] = [new FakeNova(), new FakeNeutron()];
    nova.hears("one", true);
    for (const { id, ...agent } of agents) neutron.put("agents", { id, host: "one", ...agent });
    return { nova, neutron };
  }
  /** What would be done next to a host of which all is well, or that is empty. */
  const turn = async (of: Live, objects: readonly Live[], known: ReturnType<typeof apis>): Promise<string[]> => {
    const facts = of === leaving ? await observeLeaving("one", known) : await observeHost(asked, known);
    const { actions } = pass(of, objects, facts);
    for (const { input } of actions) await performHostCall(hostCall.parse(input), known);
    return actions.map(({ name }) => name);
  };

  it("are enabled once, closed again, and forgotten with all that Neutron has of them", async () => {
    const known = apis();
    expect(await turn(subject, [pool, ...well], known)).toEqual(["nova-compute of one to be enabled"]);
    expect(await turn(subject, [pool, ...well], known)).toEqual([]);
    expect(await turn(leaving, unmeant, known)).toEqual(["nova-compute of one to be disabled"]);
    const bare = [cloud, picky, host("one")];
    expect(await turn(leaving, bare, known)).toEqual(["nova-compute of one to be taken out of Nova"]);
    expect(await turn(leaving, bare, known)).toHaveLength(2);
    expect(await turn(leaving, bare, known)).toEqual([]);
    expect([known.nova.entries().size, known.neutron.entries("agents").length]).toEqual([0, 0]);
  });

  it("that servers may come to cost one question", async () => {
    const known = apis();
    await turn(subject, [pool, ...well], known);
    const asking = (): Promise<never> => Promise.reject(new Error("Neutron was asked"));
    const neutron = { list: asking, create: asking, update: asking, remove: asking };
    expect(await observeHost(asked, { ...known, neutron })).toMatchObject({
      service: { status: "enabled" },
      agents: [],
    });
  });

  it("are found in Neutron by their chassis too, when that has lost its host", async () => {
    const neutron = new FakeNeutron();
    neutron.put("agents", { id: "one", host: '("Chassis" register deleted)', binary: "ovn-controller", alive: false });
    expect((await observeLeaving("one", { nova: new FakeNova(), neutron })).agents).toEqual([
      { id: "one", binary: "ovn-controller", alive: false },
    ]);
  });

  it("that Nova does not let go say so in its words", async () => {
    const known = apis();
    known.nova.puts("one", { servers: ["web"] });
    await expect(performHostCall({ verb: "forget", id: "service-1" }, known)).rejects.toThrow("hosting instances");
  });
});

describe("the page of mistakes", () => {
  const servers = ["web", "db"];
  const message =
    "INFO nova.service starting\nnova.exception.InvalidCPUInfo: Configured CPU model: Nehalam is not correct";
  const ended = { name: "compute", lastState: { terminated: { exitCode: 1, message } } };
  const lame = well.map((each) =>
    each.metadata.name === "nova-compute-one" ? { ...each, status: { containerStatuses: [ended] } } : each,
  );
  const made: Readonly<Record<string, () => unknown>> = {
    "a setting with which nova-compute does not start": () => pass(subject, [pool, ...lame], enabled).status,
    "a host that leaves with servers on it": () =>
      pass(leaving, unmeant, { ...noFacts, service: { ...service, status: "disabled" }, servers }).status,
  };
  pageHas("Of one host", made);
});
