import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, type Live, listAt, mapAt } from "../../operator/object.ts";
import { type Plan, progress, type Snapshot } from "../../operator/plan.ts";
import { isRecipe } from "../../operator/recipe.ts";
import { expectGolden, goldenOrphans } from "../../operator/testing/golden.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { imageResolver } from "../images.ts";
import { services } from "../services/index.ts";
import { requestsMissing, troubleWith, workloadsIn } from "../testing/pods.ts";
import { stepsYaml } from "../testing/render.ts";
import { claim, conditionsOf, live, placed, rollOut, secret, snapshot } from "../testing/world.ts";
import { networkController } from "./controller.ts";

const controller = networkController({
  services,
  images: imageResolver({ registry: "registry.example.org/nephos", references: {} }),
});
const apiVersion = "nephos.dev/v1alpha1";
const planned =
  (network: Live) =>
  (seen: Snapshot): Plan =>
    placed(controller.plan(network, seen, undefined));

function networkWith(spec: object = {}, metadata: Partial<Live["metadata"]> = {}): Live {
  const born = { name: "fabric", creationTimestamp: "2026-02-01T00:00:00Z", ...metadata };
  return live({ apiVersion, kind: "Network", metadata: born, spec: { cloud: { name: "demo" }, ...spec } });
}

function cloudWith(spec: object = {}, metadata: Partial<Live["metadata"]> = {}): Live {
  const born = { name: "demo", creationTimestamp: "2026-01-01T00:00:00Z", ...metadata };
  return live({ apiVersion, kind: "Cloud", metadata: born, spec: { release: "2026.1", ...spec } });
}

const authority = [secret("nephos-ca", "0", "1"), secret("nephos-ca-bundle", "ca.crt")];

function judged(network: Live, ...objects: readonly Live[]) {
  const seen = snapshot(network, ...objects);
  const { open, verdicts } = progress(planned(network)(seen), seen, judgeStep);
  return {
    open: open.map(({ name }) => name),
    verdicts,
    status: controller.status(network, verdicts, seen, undefined),
  };
}

const network = networkWith();
const world = [cloudWith(), ...authority];
const { rounds, objects } = rollOut(planned(network), network, ...world);

describe("the plan of a Network", () => {
  it.each(["network.yaml", "network-every-field.yaml"])("of the sample %s is as recorded", (file) => {
    const sample: unknown = parse(readFileSync(join(import.meta.dirname, "../../crds/samples", file), "utf8"));
    const born = networkWith(mapAt(sample, "spec"));
    const end = rollOut(planned(born), born, ...world);
    expectGolden(
      stepsYaml(controller.plan(born, snapshot(...end.objects), undefined).steps),
      join(import.meta.dirname, "golden", file),
    );
  });

  it("has no golden files but the samples", () => {
    const files = ["network.yaml", "network-every-field.yaml"];
    expect(goldenOrphans(join(import.meta.dirname, "golden"), files)).toEqual([]);
  });

  it("rolls a fabric out from its certificates to northd, without a stop", () => {
    expect(rounds).toEqual([
      ["client/certificate", "northbound/config", "southbound/config", "northd/config"],
      ["northbound/server", "southbound/server"],
      ["northd/server"],
    ]);
    expect([...judged(network, ...objects).verdicts.values()].filter(({ is }) => is !== "done")).toEqual([]);
  });

  it("makes only kinds that the controller declares", () => {
    const kinds = new Set(
      planned(network)(snapshot(...objects)).steps.flatMap((step) => step.objects.map(({ kind }) => kind)),
    );
    expect([...kinds].sort()).toEqual(controller.owns.map(({ kind }) => kind).sort());
  });

  it("stands on its Cloud and on what signs", () => {
    expect(planned(network)(snapshot(network, ...world)).basis?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "Cloud demo",
      "Secret nephos-ca",
    ]);
  });

  it("waits for the volume of each database", () => {
    const unbound = objects.map((each) =>
      each.metadata.name === "data-ovn-sb-0" ? { ...each, status: { phase: "Pending" } } : each,
    );
    const { verdicts } = judged(network, ...unbound);
    expect(verdicts.get("southbound/server")).toEqual({
      is: "waiting",
      on: "PersistentVolumeClaim data-ovn-sb-0, which is Pending",
    });
    expect(verdicts.get("northd/server")).toEqual({ is: "waiting", on: "southbound/server" });
  });
});

describe("a Network without what it stands on", () => {
  it("waits for its Cloud, and changes nothing", () => {
    const { open, verdicts, status } = judged(network);
    expect(open).toEqual([]);
    expect(verdicts.get("network/cloud")).toEqual({ is: "waiting", on: "Cloud demo to exist" });
    expect(conditionsOf(status)).toEqual({
      Ready: ["False", "Progressing"],
      Reconciling: ["True", "Progressing"],
      Available: ["False", "PartWithoutPod"],
    });
  });

  it("stays as it is when its Cloud is gone", () => {
    const left = objects.filter(({ kind }) => kind !== "Cloud");
    const { open, status } = judged(network, ...left);
    expect(open).toEqual([]);
    expect(conditionsOf(status)).toMatchObject({ Available: ["True", "FabricAnswers"] });
  });

  it("waits for the Cloud that the namespace has, where it names another one", () => {
    const younger = cloudWith({}, { name: "demo", creationTimestamp: "2026-03-01T00:00:00Z" });
    const { verdicts } = judged(network, younger, cloudWith({}, { name: "first" }));
    expect(verdicts.get("network/cloud")).toEqual({ is: "waiting", on: "Cloud first to go" });
  });

  it("waits for a Cloud whose spec cannot be read", () => {
    const { verdicts } = judged(network, cloudWith({ release: "1999.1" }));
    expect(verdicts.get("network/cloud")).toEqual({ is: "waiting", on: "Cloud demo to have a spec that can be read" });
  });

  it.each(["nephos-ca", "nephos-ca-bundle"])("waits for %s before it makes a certificate", (name) => {
    const { open, verdicts } = judged(network, ...world.filter(({ metadata }) => metadata.name !== name));
    expect(open).toEqual(["network/authority", "northd/config"]);
    expect(verdicts.get("network/authority")).toEqual({ is: "waiting", on: `Secret ${name}, which Cloud demo makes` });
  });
});

describe("every pod of a Network", () => {
  const placement = {
    nodeSelector: { "example.org/control-plane": "true" },
    tolerations: [{ operator: "Exists" }],
  };
  const cloud = cloudWith({ images: { pullSecrets: [{ name: "pull" }] }, placement });
  const workloads = workloadsIn(rollOut(planned(network), network, cloud, ...authority).objects);

  it("is among those that are looked at", () => {
    expect(workloads.map(({ name }) => name)).toEqual([
      "StatefulSet ovn-nb",
      "StatefulSet ovn-sb",
      "Deployment ovn-northd",
    ]);
  });

  it.each(workloads)("meets the restricted standard: $name", ({ pod }) => {
    expect(troubleWith(pod)).toEqual([]);
  });

  it.each(workloads)("says what it needs, so that it can be scheduled: $name", ({ pod }) => {
    expect(requestsMissing(pod)).toEqual([]);
  });

  it.each(workloads)("goes where the Cloud says, with its pull secrets: $name", ({ pod }) => {
    expect(at(pod, "nodeSelector")).toEqual(placement.nodeSelector);
    expect(at(pod, "tolerations")).toEqual(placement.tolerations);
    expect(at(pod, "imagePullSecrets")).toEqual([{ name: "pull" }]);
  });

  it.each(workloads)("is asked by programs, with no shell command put together: $name", ({ pod }) => {
    const probes = listAt(pod, "containers").flatMap((container) =>
      ["startupProbe", "readinessProbe"].map((probe) => listAt(container, probe, "exec", "command")),
    );
    expect(probes.filter((command) => command.length === 0 || command.includes("-c"))).toEqual([]);
  });
});

describe("the certificates of a Network", () => {
  const usages = planned(network)(snapshot(network, ...world)).steps.flatMap((step) =>
    step.objects.filter(isRecipe).map(({ metadata, certificate }) => [metadata.name, at(certificate, "usage")]),
  );

  it("tell clients from members: what a server shows opens no database", () => {
    expect(usages).toEqual([
      ["ovn-client", "client"],
      ["ovn-nb-tls", "member"],
      ["ovn-sb-tls", "member"],
    ]);
  });

  it("are for the Service and for the name that a member goes by", () => {
    const [certificate] = planned(network)(snapshot(network, ...world)).steps.flatMap((step) =>
      step.objects.filter(isRecipe).filter(({ metadata }) => metadata.name === "ovn-nb-tls"),
    );
    expect(at(certificate, "certificate", "names")).toEqual(
      expect.arrayContaining(["ovn-nb.openstack.svc", "ovn-nb-0.ovn-nb-raft.openstack.svc.cluster.local"]),
    );
  });
});

describe("the status of a Network", () => {
  it("that is up says where its databases are, and what is used", () => {
    const volume = { ...claim("data-ovn-nb-0"), spec: { storageClassName: "fast" } };
    const seen = [...objects.filter(({ metadata }) => metadata.name !== "data-ovn-nb-0"), volume];
    const { status } = judged(network, ...seen);
    expect(conditionsOf(status)).toEqual({
      Ready: ["True", "AllStepsDone"],
      Available: ["True", "FabricAnswers"],
      CertificatesValid: ["True", "NoneEndsSoon"],
    });
    expect(status).toMatchObject({
      databases: { northbound: "ssl:ovn-nb.openstack.svc:6641", southbound: "ssl:ovn-sb.openstack.svc:6642" },
      resolved: {
        serverMtu: 1442,
        images: { ovn: "registry.example.org/nephos/ovn:latest" },
        volumes: { "data-ovn-nb-0": { storageClassName: "fast" }, "data-ovn-sb-0": {} },
      },
    });
  });

  it("names the part that has no pod", () => {
    const ailing = objects.map((each) =>
      each.metadata.name === "ovn-northd" && each.kind === "Deployment"
        ? { ...each, status: { ...mapAt(each, "status"), readyReplicas: 0, availableReplicas: 0 } }
        : each,
    );
    const { status } = judged(network, ...ailing);
    expect(listAt(status, "conditions")).toContainEqual(
      expect.objectContaining({ type: "Available", status: "False", message: "no ready pod: ovn-northd" }),
    );
  });
});

describe("a second Network in a namespace", () => {
  const newer = networkWith({}, { name: "another", creationTimestamp: "2026-02-02T00:00:00Z" });

  it("writes nothing and says that there is one", () => {
    const { open, verdicts, status } = judged(newer, ...objects);
    expect(open).toEqual([]);
    expect(verdicts.get("network/namespace")).toEqual({
      is: "blocked",
      reason: "NamespaceTaken",
      message: "Network fabric is already in this namespace; a Cloud has one, delete this one",
      contradiction: true,
    });
    expect(conditionsOf(status)).toEqual({
      Ready: ["False", "NamespaceTaken"],
      Stalled: ["True", "NamespaceTaken"],
      Available: ["False", "NamespaceTaken"],
    });
  });

  it("may go without touching what the first one has", () => {
    expect(controller.planDeletion?.(newer, snapshot(newer, ...objects), undefined)).toEqual({ steps: [] });
  });
});

describe("a spec that was stored under another version of the schema", () => {
  it("stalls with the field that is wrong, and writes nothing", () => {
    const { open, verdicts, status } = judged(networkWith({ mtu: 1 }), ...world);
    expect(open).toEqual([]);
    expect(verdicts.get("network/spec")).toMatchObject({
      is: "blocked",
      reason: "InvalidSpec",
      message: expect.stringContaining("spec.mtu: "),
    });
    expect(conditionsOf(status)).toMatchObject({ Stalled: ["True", "InvalidSpec"] });
  });
});

describe("the deletion of a Network", () => {
  const planOf = (...seen: readonly Live[]): Plan =>
    controller.planDeletion?.(network, snapshot(network, ...seen), undefined) ?? { steps: [] };

  it("takes northd away before the databases, one after the other", () => {
    const left: Live[] = [...objects];
    const order: string[] = [];
    for (let round = 0; round < 5; round++) {
      const seen = snapshot(network, ...left);
      const { open } = progress(planOf(...left), seen, judgeStep);
      const removed = open.flatMap(({ removes = [] }) => removes.map(({ name }) => name));
      order.push(...removed.filter((name) => !order.includes(name)));
      left.splice(
        0,
        left.length,
        ...left.filter(({ kind, metadata }) => kind === "Secret" || !removed.includes(metadata.name)),
      );
    }
    expect(order).toEqual(["ovn-northd", "ovn-sb", "ovn-nb"]);
  });

  it("is refused as long as something uses the Network, with its name", () => {
    const user = live({ apiVersion, kind: "ProviderNetwork", metadata: { name: "public" } });
    const other = live({ apiVersion, kind: "ProviderNetwork", metadata: { name: "office" } });
    const plan = planOf(...objects, user);
    const { open, verdicts } = progress(plan, snapshot(network, ...objects, user), judgeStep);
    expect(open).toEqual([]);
    expect(verdicts.get("network/users")).toEqual({
      is: "blocked",
      reason: "InUse",
      message: "ProviderNetwork public uses this Network; delete that first",
    });
    expect(planOf(...objects, user, other).steps[0]?.held).toMatchObject({
      message: "ProviderNetwork office, ProviderNetwork public use this Network; delete them first",
    });
  });

  const neutron = (kind: string, name: string, of = cloudWith()): Live =>
    live({
      apiVersion: "apps/v1",
      kind,
      metadata: {
        name,
        ownerReferences: [
          { apiVersion, kind: "Cloud", name: of.metadata.name, uid: of.metadata.uid, controller: true },
        ],
      },
    });
  const api = neutron("Deployment", "neutron-api");
  const worker = neutron("StatefulSet", "neutron-periodic");
  const going = (each: Live): Live => ({
    ...each,
    metadata: { ...each.metadata, deletionTimestamp: "2026-03-01T00:00:00Z" },
  });
  const verdictWith = (...seen: readonly Live[]) => {
    const { open, verdicts } = progress(planOf(...seen), snapshot(network, ...seen), judgeStep);
    return { open, verdict: verdicts.get("network/users") };
  };

  it("is refused as long as the Neutron of a Cloud works on it, with the Cloud's name", () => {
    expect(verdictWith(...objects, cloudWith(), api, worker)).toEqual({
      open: [],
      verdict: { is: "blocked", reason: "InUse", message: "Cloud demo uses this Network; delete that first" },
    });
  });

  it("goes on where a Cloud has nothing yet that works on it", () => {
    const keystone = neutron("Deployment", "keystone-api");
    expect(verdictWith(...objects, cloudWith(), keystone).verdict).toEqual({ is: "done" });
  });

  it("waits for what is going already: a Cloud, its Neutron, a ProviderNetwork", () => {
    const provider = live({ apiVersion, kind: "ProviderNetwork", metadata: { name: "public" } });
    const waiting = (on: string) => ({ open: [], verdict: { is: "waiting", on: `${on} to be gone` } });
    expect(verdictWith(...objects, going(cloudWith()), api)).toEqual(waiting("Cloud demo"));
    const left = objects.filter(({ kind }) => kind !== "Cloud");
    expect(verdictWith(...left, going(api), going(provider))).toEqual(
      waiting("ProviderNetwork public, Deployment neutron-api"),
    );
  });

  it("names what a Cloud left behind, not another Cloud of the same name", () => {
    const other = cloudWith({}, { uid: "another" });
    expect(verdictWith(...objects, other, worker).verdict).toMatchObject({
      message: "StatefulSet neutron-periodic uses this Network; delete that first",
    });
  });

  it("stands on that nothing works on it: an old view does not take it away", () => {
    expect(planOf(...objects).basis?.map(({ kind, name }) => `${kind} ${name}`)).toContain("Deployment neutron-api");
  });

  it("waits until the pods of one part are gone before it takes the next", () => {
    const labels = { "app.kubernetes.io/name": "ovn", "app.kubernetes.io/component": "northd" };
    const pod = live({ apiVersion: "v1", kind: "Pod", metadata: { name: "ovn-northd-1", labels } });
    const left = [...objects.filter(({ kind }) => kind !== "Deployment"), pod];
    const { open, verdicts } = progress(planOf(...left), snapshot(network, ...left), judgeStep);
    expect(verdicts.get("northd/removal")).toEqual({ is: "waiting", on: "Pod ovn-northd-1 to be gone" });
    expect(open.map(({ name }) => name)).toEqual(["network/users", "northd/removal"]);
  });

  it("takes no volume and no Secret away", () => {
    const kinds = planOf(...objects).steps.flatMap(({ removes = [] }) => removes.map(({ kind }) => kind));
    expect([...new Set(kinds)].sort()).toEqual(["Deployment", "StatefulSet"]);
  });
});
