import { permissionsOf, pluralOf } from "./access.ts";
import type { Watched } from "./cache.ts";
import type { Controller } from "./controller.ts";

const kind = (apiVersion: string, name: string, cluster?: true): Watched => ({
  apiVersion,
  kind: name,
  ...(cluster === undefined ? {} : { cluster }),
});
const secret = kind("v1", "Secret");
const job = kind("batch/v1", "Job");
const policy = kind("networking.k8s.io/v1", "NetworkPolicy");
const node = kind("v1", "Node", true);
const cloud = kind("nephos.dev/v1alpha1", "Cloud");
const registration = kind("nephos.dev/v1alpha1", "Registration");

const controller = (rest: Pick<Controller, "kind" | "reads" | "owns">): Controller => ({
  name: rest.kind.kind.toLowerCase(),
  plan: () => ({ steps: [] }),
  status: () => ({}),
  ...rest,
});
const controllers = [
  controller({ kind: cloud, reads: [node, secret], owns: [job, policy, registration] }),
  controller({ kind: registration, reads: [secret, cloud, node], owns: [] }),
];
const { namespaced, cluster } = permissionsOf(controllers);
const verbsOn = (resource: string): string[] =>
  namespaced.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs);
const see = ["get", "list", "watch"];
const own = [...see, "create", "patch", "delete"];

describe("the permissions of controllers", () => {
  it.each([
    ["jobs", own],
    ["networkpolicies", own],
    ["registrations", own],
    ["secrets", see],
    ["clouds", see],
    ["clouds/status", ["patch"]],
    ["registrations/status", ["patch"]],
    ["nodes", []],
  ])("on %s in each namespace are %j", (resource, verbs) => {
    expect(verbsOn(resource)).toEqual(verbs);
  });

  it("on the whole cluster are to see what is cluster-scoped", () => {
    expect(cluster).toEqual([{ apiGroups: [""], resources: ["nodes"], verbs: see }]);
  });

  it("of a controller that writes labels of others' objects are to patch them, not to make any", () => {
    const marking = { ...controller({ kind: cloud, reads: [node], owns: [] }), marks: [node] };
    expect(permissionsOf([marking]).cluster).toEqual([
      { apiGroups: [""], resources: ["nodes"], verbs: see },
      { apiGroups: [""], resources: ["nodes"], verbs: ["patch"] },
    ]);
  });

  it("never have a wildcard, nor a verb that nothing here uses", () => {
    const rules = [...namespaced, ...cluster];
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes("*"))).toEqual([]);
    expect(new Set(rules.flatMap(({ verbs }) => verbs)).difference(new Set(own))).toEqual(new Set());
  });

  it("name each resource once per kind of access, in the order of the alphabet", () => {
    const resources = namespaced.flatMap((rule) => rule.resources);
    expect(resources).toHaveLength(new Set(resources).size);
    for (const rule of namespaced) expect(rule.resources).toEqual([...rule.resources].sort());
  });

  it("put each resource into the API group of its kind", () => {
    expect(namespaced.find(({ resources }) => resources.includes("jobs"))?.apiGroups).toEqual(["batch"]);
    expect(namespaced.find(({ resources }) => resources.includes("secrets"))?.apiGroups).toEqual([""]);
    expect(namespaced.find(({ resources }) => resources.includes("clouds"))?.apiGroups).toEqual(["nephos.dev"]);
  });

  it("of none see and change nothing but what the process itself needs: its events and its lease", () => {
    const none = permissionsOf([]);
    expect(none.cluster).toEqual([]);
    expect(none.namespaced.map(({ resources, verbs }) => [resources, verbs])).toEqual([[["events"], ["create"]]]);
    expect(none.own.map(({ resources, verbs }) => [resources, verbs])).toEqual([
      [["leases"], ["get", "create", "patch"]],
    ]);
  });

  it("hold subjects by their finalizers only where a controller has a plan of deletion", () => {
    const plain = controller({ kind: cloud, reads: [], owns: [] });
    const holding = { ...plain, planDeletion: () => ({ steps: [] }) };
    const on = (each: Controller): string[] =>
      permissionsOf([each])
        .namespaced.filter(({ resources }) => resources.includes("clouds"))
        .flatMap(({ verbs }) => verbs);
    expect(on(plain)).not.toContain("patch");
    expect(on(holding)).toContain("patch");
  });
});

it.each([
  ["Deployment", "deployments"],
  ["NetworkPolicy", "networkpolicies"],
  ["Ingress", "ingresses"],
  ["StorageClass", "storageclasses"],
  ["Gateway", "gateways"],
  ["ComputeCell", "computecells"],
  ["CloudBackupSchedule", "cloudbackupschedules"],
  ["Hypervisor", "hypervisors"],
])("the plural of %s is %s", (name, plural) => {
  expect(pluralOf({ apiVersion: "v1", kind: name })).toBe(plural);
});

describe("the rules", () => {
  it("of no controllers are to tell events and to hold the lease", () => {
    expect(permissionsOf([])).toEqual({
      namespaced: [{ apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] }],
      cluster: [],
      own: [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] }],
    });
  });

  it("of one controller are to see and report on its kind, though nobody else reads that", () => {
    expect(permissionsOf([controller({ kind: cloud, reads: [], owns: [] })]).namespaced.slice(0, -1)).toEqual([
      { apiGroups: ["nephos.dev"], resources: ["clouds"], verbs: see },
      { apiGroups: ["nephos.dev"], resources: ["clouds/status"], verbs: ["patch"] },
    ]);
  });

  it("stand in the order of their groups, whatever order the kinds are declared in", () => {
    const owns = [registration, policy, kind("batch/v1", "CronJob"), secret, job];
    const rules = permissionsOf([controller({ kind: cloud, reads: [], owns })]).namespaced;
    expect(rules.slice(0, 4).map(({ apiGroups, resources }) => [...apiGroups, ...resources])).toEqual([
      ["", "secrets"],
      ["batch", "cronjobs", "jobs"],
      ["nephos.dev", "registrations"],
      ["networking.k8s.io", "networkpolicies"],
    ]);
  });

  it("let what was owned once be found and deleted", () => {
    const former = { ...controller({ kind: cloud, reads: [], owns: [] }), formerlyOwned: [job] };
    expect(permissionsOf([former]).namespaced[0]).toEqual({
      apiGroups: ["batch"],
      resources: ["jobs"],
      verbs: [...see, "delete"],
    });
  });
});
