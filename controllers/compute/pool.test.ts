import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, type Live, listAt, mapAt, textAt } from "../../operator/object.ts";
import { type Mark, type Plan, progress, type Step } from "../../operator/plan.ts";
import { expectGolden } from "../../operator/testing/golden.ts";
import { judgeStep, type Verdict } from "../../operator/verdict.ts";
import { pageHas } from "../testing/page.ts";
import { means, stepsYaml } from "../testing/render.ts";
import { live, namespace, node, secret, settled, snapshot } from "../testing/world.ts";
import { poolController } from "./pool-controller.ts";
import {
  agentNames,
  agentsOn,
  apiVersion,
  bundle,
  cell,
  certificate,
  checked,
  cloud,
  ground,
  host,
  network,
  pool,
  picky,
  poolWith,
  setsOf,
  southbound,
} from "./testing/hosts.ts";

const controller = poolController(means);

const plannedFor = (subject: Live, ...objects: readonly Live[]): Plan =>
  controller.plan(subject, snapshot(subject, ...objects), undefined);
const stepOf = (plan: Plan, name: string): Step => {
  const found = plan.steps.find((step) => step.name === name);
  if (found === undefined)
    throw new Error(`no step ${name}; there are ${plan.steps.map((step) => step.name).join(", ")}`);
  return found;
};
const told = (marks: readonly Mark[] = []): string[] => marks.map(({ on, value }) => `${on.name} ${value ?? "-"}`);
const movesIn = (plan: Plan): string[] => told(stepOf(plan, "hosts/moves").marks);
const wanted = settledOf(plannedFor(pool, ...ground));
const revision =
  textAt(
    wanted.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name.startsWith("libvirt")),
    "metadata",
    "labels",
    "nephos.dev/revision",
  ) ?? "";

/** What the pool wants, as it is once it is there. */
function settledOf(plan: Plan): Live[] {
  return plan.steps.flatMap(({ objects }) => objects.filter(({ kind }) => kind !== "ComputeNode").map(settled));
}

/** The verdicts and the status of a pool that has made all that it wants. */
function seenBy(subject: Live, ...objects: readonly Live[]) {
  const own = settledOf(plannedFor(subject, ...ground));
  const seen = snapshot(subject, ...ground, ...own, ...objects);
  const plan = controller.plan(subject, seen, undefined);
  const nodes = stepOf(plan, "hosts/nodes").objects.map(settled);
  const whole = snapshot(subject, ...ground, ...own, ...nodes, ...objects);
  const { verdicts } = progress(plan, whole, (step, now) =>
    judgeStep(
      { ...step, objects: step.objects.map((each) => ({ ...each, metadata: { ...each.metadata, namespace } })) },
      now,
    ),
  );
  return { plan, verdicts, status: controller.status(subject, verdicts, whole, undefined) };
}

const moves = (verdicts: ReadonlyMap<string, Verdict>): Verdict | undefined => verdicts.get("hosts/moves");
const on = (verdict: Verdict | undefined): string => (verdict !== undefined && "on" in verdict ? verdict.on : "");
const toldTo = (name: string) => ({ "nephos.dev/agents": `standard.${name}` });

describe("a pool", () => {
  it("is rendered as recorded", () => {
    const sample: unknown = parse(
      readFileSync(join(import.meta.dirname, "../../crds/samples/compute-pool.yaml"), "utf8"),
    );
    const plan = plannedFor(poolWith(mapAt(sample, "spec")), ...ground, host("one"));
    expectGolden(stepsYaml(plan.steps), join(import.meta.dirname, "golden", "compute-pool.yaml"));
  });

  it.each([
    ["ComputeCell cell1 to exist", [cloud]],
    ["a Network in this namespace", [cloud, cell]],
    ["Cloud demo to exist", [cell, network]],
    ["Service ovn-sb to have an address", [cloud, cell, network]],
    ["Secret ovn-client to exist", [cloud, cell, network, southbound, bundle]],
    ["Secret nephos-ca-bundle to exist", [cloud, cell, network, southbound, certificate]],
    ["Secret nova-cell1-screens-tls to exist", [cloud, cell, network, southbound, certificate, bundle]],
  ])("waits for %s, and makes nothing before", (missing, objects) => {
    const plan = plannedFor(pool, ...objects);
    expect(plan.steps).toMatchObject([{ name: "pool/ground", objects: [], held: { is: "waiting", on: missing } }]);
  });

  it("stands on cell, Cloud, Network and the address of the southbound database", () => {
    expect(plannedFor(pool, ...ground).basis?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "ComputeCell cell1",
      "Cloud demo",
      "Network fabric",
      "Service ovn-sb",
    ]);
  });

  it("says which labels a node would need, as long as it has none", () => {
    const { verdicts, status } = seenBy(pool, host("foreign", { "nephos.dev/host-of": "elsewhere" }));
    expect(on(moves(verdicts))).toBe("a node with the label nephos.dev/host-of=openstack that no other pool has");
    expect(at(status, "hosts")).toEqual({ total: 0, ready: 0, updated: 0 });
    expect(on(moves(seenBy(picky, host("one")).verdicts))).toBe(
      "a node with the labels nephos.dev/host-of=openstack and rack=a that no other pool has; label one, or correct spec.hosts.kubernetesNodes.nodeSelector",
    );
  });

  it("makes a ComputeNode for each of its hosts, and for no other node", () => {
    const others = [
      host("taken", { "nephos.dev/agents": "other.0a1b2c3d" }),
      node("plain", undefined, "2026-01-01T00:00:00Z"),
    ];
    const plan = plannedFor(pool, ...ground, host("one"), host("two"), ...others);
    expect(stepOf(plan, "hosts/nodes").objects).toMatchObject([
      { metadata: { name: "one" }, spec: { pool: { name: "standard" }, node: "one", hypervisor: "Auto", revision } },
      { metadata: { name: "two" } },
    ]);
  });

  it("runs everything under the account of host agents, and nothing that is no DaemonSet", () => {
    const kinds = new Set(wanted.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["ConfigMap", "DaemonSet", "Secret"]);
    const accounts = wanted.flatMap((each) =>
      each.kind === "DaemonSet" ? [textAt(each, "spec", "template", "spec", "serviceAccountName")] : [],
    );
    expect(accounts).toEqual(Array.from({ length: 6 }, () => "nephos-host-agents"));
  });
});

describe("the settings of a pool", () => {
  const option = (value: unknown) => ({ config: { DEFAULT: { max_concurrent_builds: value } } });
  const objectsFor = (subject: Live, above = cloud): string =>
    JSON.stringify(plannedFor(subject, above, ...ground.slice(1)).steps.flatMap(({ objects }) => objects));
  const cloudWith = (services: object): Live => ({ ...cloud, spec: { ...mapAt(cloud, "spec"), services } });

  it("are in nova.conf of its hosts, those of the Cloud's Nova too where the pool says nothing else", () => {
    const demanding = cloudWith({ nova: option({ value: 4 }) });
    expect(objectsFor(pool, demanding)).toContain("max_concurrent_builds = 4");
    expect(objectsFor(poolWith(option({ value: 8 })), demanding)).toContain("max_concurrent_builds = 8");
    expect(objectsFor(pool, cloudWith({ glance: option({ value: 4 }) }))).not.toContain("max_concurrent_builds");
  });

  it("are those of its cell where the pool says nothing else, and those of the Cloud's Nova where neither does", () => {
    const others = ground.filter((each) => each !== cloud && each !== cell);
    const inCell = (subject: Live): string => {
      const celled = { ...cell, spec: { ...mapAt(cell, "spec"), ...option({ value: 6 }) } };
      const above = cloudWith({ nova: option({ value: 4 }) });
      return JSON.stringify(plannedFor(subject, above, celled, ...others).steps.flatMap(({ objects }) => objects));
    };
    expect(inCell(pool)).toContain("max_concurrent_builds = 6");
    expect(inCell(poolWith(option({ value: 8 })))).toContain("max_concurrent_builds = 8");
  });

  it("reserve memory in MiB, and name models of processors for both hypervisors", () => {
    expect(objectsFor(poolWith({ reservedMemory: "3Gi" }))).toContain("reserved_host_memory_mb = 3072");
    expect(objectsFor(poolWith({ reservedMemory: "768Mi" }))).toContain("reserved_host_memory_mb = 768");
    const text = objectsFor(poolWith({ hypervisor: { cpuModels: ["Nehalem", "Westmere"] } }));
    expect(text).toContain("cpu_mode = custom\\ncpu_models = Nehalem,Westmere");
    const emulated = (all: string): string => /printf '([^']*)'/.exec(all)?.[1] ?? "";
    expect(emulated(text)).not.toContain("cpu_mode");
    expect(emulated(objectsFor(pool))).toContain("cpu_models = Nehalem");
  });

  it.each([
    [
      "that is Nephos's own",
      { config: { libvirt: { virt_type: { value: "lxc" } } } },
      "ReservedOption",
      "spec.config.libvirt.virt_type is an option that Nephos sets itself; remove it",
    ],
    [
      "from a Secret that is missing",
      option({ valueFrom: { secretKeyRef: { name: "tuning", key: "builds" } } }),
      "ReferenceMissing",
      "Secret tuning with key builds, which spec.config.DEFAULT.max_concurrent_builds names, is missing",
    ],
  ])("with an option %s change nothing on hosts, and the pool says so", (_, wish, reason, words) => {
    const { steps } = plannedFor(poolWith(wish), ...ground, host("one"));
    expect(steps).toMatchObject([
      { name: "pool/ground", objects: [], held: { reason, message: expect.stringContaining(words) } },
    ]);
  });

  it("with a value of a Secret are another revision with another value", () => {
    const subject = poolWith(option({ valueFrom: { secretKeyRef: { name: "tuning", key: "builds" } } }));
    const tuning = (resourceVersion: string): Live => {
      const known = secret("tuning", "builds");
      return { ...known, metadata: { ...known.metadata, resourceVersion } };
    };
    const plans = ["1", "2"].map((version) => plannedFor(subject, ...ground, tuning(version)));
    const [first, second] = plans.map((plan) => JSON.stringify(stepOf(plan, "agents/workloads").objects));
    expect(first).not.toBe(second);
    expect(plans[0]?.basis).toContainEqual(expect.objectContaining({ kind: "Secret", name: "tuning" }));
  });

  it("with options that the release does not know are warned of", () => {
    const { status } = seenBy(poolWith({ config: { DEFAULT: { max_concurent_builds: { value: 4 } } } }));
    expect(listAt(status, "conditions").at(-1)).toMatchObject({
      type: "UnknownOptions",
      message: expect.stringContaining("did you mean DEFAULT.max_concurrent_builds?"),
    });
  });
});

describe("a host", () => {
  it("joins when its preflight found nothing in the way, and not before", () => {
    expect(movesIn(seenBy(pool, host("one")).plan)).toEqual([]);
    expect(on(moves(seenBy(pool, host("one")).verdicts))).toBe("the preflight of one to end");
    expect(movesIn(seenBy(pool, host("one"), checked("one")).plan)).toEqual([`one standard.${revision}`]);
  });

  it.each([
    [
      "HostUnfit",
      poolWith(),
      checked("one", "libvirtd runs on the host already", 1),
      "node one: libvirtd runs on the host already",
    ],
    [
      "HypervisorUnavailable",
      poolWith({ hypervisor: { type: "KVM" } }),
      checked("one"),
      "node one: there is no /dev/kvm; choose",
    ],
  ])("that is unfit does not join: %s", (reason, subject, pod, words) => {
    const { plan, verdicts, status } = seenBy(subject, host("one"), pod);
    expect(movesIn(plan)).toEqual([]);
    expect(moves(verdicts)).toMatchObject({ is: "blocked", reason, message: expect.stringContaining(words) });
    const condition = listAt(status, "conditions").find((each) => textAt(each, "type") === "HostsWell");
    expect(condition).toMatchObject({ status: "False", message: expect.stringContaining(words) });
  });

  it("does not join under a host name that another has", () => {
    const twins = [host("one"), host("two"), checked("one", "localhost\n"), checked("two", "localhost\n")];
    const { plan, verdicts } = seenBy(pool, ...twins);
    expect(movesIn(plan)).toEqual([`one standard.${revision}`]);
    expect(moves(verdicts)).toMatchObject({
      message: expect.stringContaining("node two calls itself localhost, and so does node one"),
    });
  });

  it("is told another revision, and is waited for until nothing is left of what it had", () => {
    const old = [...setsOf("0ld"), checked("one")];
    const first = seenBy(pool, host("one", toldTo("0ld")), ...old, ...agentsOn("one", "0ld"));
    expect(movesIn(first.plan)).toEqual([`one standard.${revision}`]);
    const between = seenBy(pool, host("one", toldTo(revision)), ...old, ...agentsOn("one", "0ld"));
    expect(movesIn(between.plan)).toEqual([]);
    expect(on(moves(between.verdicts))).toBe("the agents of one to be ready (libvirt to be ready)");
  });

  describe("while what it stands on is on its way", () => {
    const busy = { ...cloud, status: { observedGeneration: 1, steps: [{ name: "nova/workers", state: "Waiting" }] } };
    const old = [busy, ...setsOf("0ld"), checked("one"), ...agentsOn("one", "0ld")];

    it("keeps its agents, which the pool says", () => {
      const { plan, verdicts } = seenBy(pool, host("one", toldTo("0ld")), ...old);
      expect(movesIn(plan)).toEqual([]);
      expect(on(moves(verdicts))).toBe("step nova/workers of Cloud demo");
    });

    it("joins all the same", () => {
      const { plan } = seenBy(pool, host("one", toldTo("0ld")), host("two"), checked("two"), ...old);
      expect(movesIn(plan)).toEqual([`two standard.${revision}`]);
    });

    it("does not wait for that when it is dead", () => {
      const two = [host("two", toldTo(revision)), checked("two"), ...agentsOn("two", revision)];
      const { verdicts } = seenBy(pool, host("one", toldTo("0ld"), "False"), ...two, ...old);
      expect(moves(verdicts)).toEqual({ is: "done" });
    });
  });

  it("stays as it is with Manual updates, and is to have what it has", () => {
    const manual = poolWith({ update: "Manual" });
    const { plan, verdicts } = seenBy(
      manual,
      host("one", toldTo("0ld")),
      checked("one"),
      ...setsOf("0ld"),
      ...agentsOn("one", "0ld"),
    );
    expect(movesIn(plan)).toEqual([]);
    expect(moves(verdicts)).toEqual({ is: "done" });
    expect(stepOf(plan, "hosts/nodes").objects).toMatchObject([{ spec: { revision: "0ld" } }]);
  });

  it("that the pool does not mean any more loses its label, and is waited for until its agents are gone", () => {
    const gone = { "nephos.dev/host-of": "elsewhere" };
    const leaving = (label: string, ...pods: readonly Live[]) =>
      told(stepOf(seenBy(pool, host("one", { ...gone, ...toldTo(label) }), ...pods).plan, "hosts/leaving").marks);
    expect(leaving(revision, ...agentsOn("one", revision))).toEqual(["one -"]);
    const { verdicts } = seenBy(pool, host("one", gone), host("two"), ...agentsOn("one", revision));
    expect(on(verdicts.get("hosts/leaving"))).toBe("the agents of one to be gone");
  });

  const nodeOf = (name: string, metadata: object = {}, status: object = {}): Live =>
    live({
      apiVersion,
      kind: "ComputeNode",
      metadata: { name, ...metadata },
      spec: { pool: { name: "standard" }, node: name, hypervisor: "Auto", revision },
      status,
    });

  it("keeps its label while its ComputeNode sees it out, and the pool says what that waits for", () => {
    const gone = { "nephos.dev/host-of": "elsewhere" };
    const going = { deletionTimestamp: "2026-02-01T00:00:00Z" };
    const said = { conditions: [{ type: "Ready", status: "False", message: "leaving/servers: 1 server is on one" }] };
    const { plan, verdicts } = seenBy(pool, host("one", { ...gone, ...toldTo(revision) }), nodeOf("one", going, said));
    expect(stepOf(plan, "hosts/leaving").marks).toEqual([]);
    expect(stepOf(plan, "hosts/nodes").objects).toEqual([]);
    expect(on(verdicts.get("hosts/leaving"))).toBe("ComputeNode one to be gone: leaving/servers: 1 server is on one");
  });

  it("is given up by its labels as they are now", () => {
    const basisWith = (...objects: readonly Live[]): string[] =>
      (plannedFor(pool, ...ground, ...objects).basis ?? []).map(({ kind, name }) => `${kind} ${name}`);
    expect(basisWith(host("one", { "nephos.dev/host-of": "elsewhere" }), nodeOf("one"))).toContain("Node one");
    expect(basisWith(host("one"), nodeOf("one"))).not.toContain("Node one");
  });

  it("is not the pool's while another one sees it out", () => {
    const other = nodeOf("one");
    const foreign = { ...other, spec: { ...mapAt(other, "spec"), pool: { name: "large" } } };
    expect(stepOf(plannedFor(pool, ...ground, host("one"), foreign), "hosts/nodes").objects).toEqual([]);
  });

  it("that servers may come to is needed before the pool is ready", () => {
    const all = [host("one", toldTo(revision)), checked("one"), ...agentsOn("one", revision)];
    const condition = (status: string) => ({
      conditions: [{ type: "Ready", status, message: "host/service: waiting" }],
    });
    const ready = (status: string) => seenBy(pool, ...all, nodeOf("one", {}, condition(status))).verdicts;
    expect(on(ready("False").get("hosts/service"))).toBe("ComputeNode one to be ready: host/service: waiting");
    expect([...ready("True").values()].filter(({ is }) => is !== "done")).toEqual([]);
  });

  it("that is dead holds nobody up, and is named", () => {
    const dead = host("one", toldTo(revision), "Unknown");
    const well = [host("two", toldTo(revision)), checked("two"), ...agentsOn("two", revision)];
    const { verdicts, status } = seenBy(pool, dead, checked("one"), ...well);
    expect([...verdicts.values()].filter(({ is }) => is !== "done")).toEqual([]);
    expect(at(status, "hosts")).toEqual({ total: 2, ready: 1, updated: 2 });
    expect(JSON.stringify(status)).toContain("node one does not answer");
  });
});

describe("the status of a pool", () => {
  it("names five of its unwell hosts, however many there are", () => {
    const names = Array.from({ length: 12 }, (_, index) => `host-${String(index).padStart(2, "0")}`);
    const { status } = seenBy(pool, ...names.map((name) => host(name, toldTo(revision), "False")));
    const condition = listAt(status, "conditions").find((each) => textAt(each, "type") === "HostsWell");
    expect(textAt(condition, "message")).toMatch(/^node host-00 .*; node host-04 does not answer; and 7 more$/);
  });
});

describe("what other revisions are made of", () => {
  const keptIn = (...objects: readonly Live[]): string[] =>
    (seenBy(pool, ...setsOf("0ld"), ...objects).plan.kept ?? []).map(({ name }) => name);

  it("is kept while a host is told one of them or has its pods, and no longer", () => {
    const all = agentNames.map((agent) => `${agent}-standard-0ld`).sort();
    expect(keptIn(host("one", toldTo("0ld")))).toEqual(all);
    expect(keptIn(host("one", toldTo(revision)), ...agentsOn("one", "0ld"))).toEqual(all);
    expect(keptIn(host("one", toldTo(revision)), ...agentsOn("one", revision))).toEqual([]);
  });
});

describe("the deletion of a pool", () => {
  const deleted = (...objects: readonly Live[]) => {
    const plan = controller.planDeletion?.(pool, snapshot(pool, ...objects), undefined) ?? { steps: [] };
    const seen = snapshot(pool, ...objects);
    return {
      plan,
      marks: told(plan.steps.flatMap(({ marks = [] }) => marks)),
      undone: plan.steps.filter((step) => judgeStep(step, seen).is !== "done"),
    };
  };

  it("takes the labels off all hosts, and waits for the last agent", () => {
    const agents = agentsOn("one", revision);
    expect(deleted(host("one", toldTo(revision)), ...agents).marks).toEqual(["one -"]);
    expect(deleted(host("one"), ...agents).undone.length).toBeGreaterThan(0);
    expect(deleted(host("one"), checked("one")).undone).toEqual([]);
  });

  it("has their ComputeNodes see out its hosts, which keep their labels meanwhile", () => {
    const leaving = live({
      apiVersion,
      kind: "ComputeNode",
      metadata: { name: "one" },
      spec: { pool: { name: "standard" } },
    });
    const foreign = live({ apiVersion, kind: "ComputeNode", metadata: { name: "two" }, spec: { pool: { name: "x" } } });
    const { marks, undone, plan } = deleted(host("one", toldTo(revision)), leaving, foreign);
    expect(marks).toEqual([]);
    expect(undone.map(({ name }) => name)).toEqual(["hosts/leaving", "hosts/nodes"]);
    expect(plan.steps.flatMap(({ removes = [] }) => removes.map(({ name }) => name))).toEqual(["one"]);
  });

  it("needs neither Cloud nor Network", () => {
    expect(deleted()).toMatchObject({ marks: [], undone: [] });
  });
});

describe("the page of mistakes", () => {
  const kvm = poolWith({ hypervisor: { type: "KVM" } });
  const inTheWay = "libvirtd runs on the host already, as process 42: stop and disable it, a host has one";
  const twins = [host("one"), host("two"), checked("one", "localhost\n"), checked("two", "localhost\n")];
  const groundless = (): unknown => {
    const seen = snapshot(pool, cloud, cell);
    return controller.status(pool, progress(plannedFor(pool, cloud, cell), seen, judgeStep).verdicts, seen, undefined);
  };
  const taken = "the interface eth1 carries the node's own address 192.0.2.10: give the physical network another one";
  const cellless = (): unknown => {
    const seen = snapshot(pool, cloud, network);
    return controller.status(
      pool,
      progress(plannedFor(pool, cloud, network), seen, judgeStep).verdicts,
      seen,
      undefined,
    );
  };
  const made: Readonly<Record<string, () => unknown>> = {
    "a pool without a node that was given to it": () => seenBy(pool).status,
    "a pool whose selector no node of its namespace meets": () => seenBy(picky, host("one")).status,
    "a pool before its ComputeCell": cellless,
    "a pool before its Network": groundless,
    "KVM where no guest boots with it": () => seenBy(kvm, host("one"), checked("one")).status,
    "a host with something in the way": () => seenBy(pool, host("one"), checked("one", inTheWay, 1)).status,
    "a physical network on the interface that the node is reached by": () =>
      seenBy(pool, host("one"), checked("one", taken, 1)).status,
    "two hosts of one name": () => seenBy(pool, ...twins).status,
  };

  pageHas("Of hosts", made);
});
