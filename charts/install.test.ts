import { parseAllDocuments } from "yaml";
import { cloudController } from "../controllers/cloud/controller.ts";
import { controllers } from "../controllers/index.ts";
import { requestsMissing, troubleWith, workloadsIn } from "../controllers/testing/pods.ts";
import { means } from "../controllers/testing/render.ts";
import { pluralOf } from "../operator/access.ts";
import { at, listAt, textAt } from "../operator/object.ts";
import { installYaml } from "./generate.ts";
import { installManifests } from "./install.ts";

const installation = {
  image: "registry.example.org/nephos/operator:1",
  images: { infra: "registry.example.org/nephos/infra@sha256:0123" },
  registry: "registry.example.org/nephos",
  namespaces: ["one", "two"],
};
const manifests = installManifests(installation);
const ofKind = (kind: string) => manifests.filter((manifest) => textAt(manifest, "kind") === kind);
const nameOf = (manifest: unknown) =>
  `${textAt(manifest, "metadata", "namespace") ?? ""}/${textAt(manifest, "metadata", "name") ?? ""}`;

/** Permissions one by one: `group/resource verb`. */
function grants(roles: readonly unknown[]): string[] {
  const each = roles
    .flatMap((role) => listAt(role, "rules"))
    .flatMap((rule) =>
      listAt(rule, "apiGroups").flatMap((group) =>
        listAt(rule, "resources").flatMap((resource) =>
          listAt(rule, "verbs").map((verb) => `${String(group)}/${String(resource)} ${String(verb)}`),
        ),
      ),
    );
  return [...new Set(each)].sort();
}

describe("the install file", () => {
  it("holds documents that each say what they are", () => {
    const documents = parseAllDocuments(installYaml()).map((document): unknown => document.toJS());
    expect(documents.length).toBe(installManifests({ ...installation, namespaces: ["openstack"] }).length);
    expect(
      documents.filter(
        (document) => textAt(document, "apiVersion") === undefined || textAt(document, "kind") === undefined,
      ),
    ).toEqual([]);
  });

  it("makes what others need before those that need it", () => {
    const place = (kind: string) => manifests.findIndex((manifest) => textAt(manifest, "kind") === kind);
    const order = ["CustomResourceDefinition", "Namespace", "ServiceAccount", "ClusterRole", "Role", "Deployment"].map(
      place,
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it("makes every object once", () => {
    const all = manifests.map((manifest) => `${textAt(manifest, "kind") ?? ""} ${nameOf(manifest)}`);
    expect(new Set(all).size).toBe(all.length);
  });

  it("holds its own namespace to the restricted standard, and leaves those of Clouds to the policy that knows host agents", () => {
    const levels = ofKind("Namespace").map((manifest) => [
      nameOf(manifest),
      at(manifest, "metadata", "labels", "pod-security.kubernetes.io/enforce"),
    ]);
    expect(levels).toEqual([
      ["/nephos-system", "restricted"],
      ["/one", "privileged"],
      ["/two", "privileged"],
    ]);
  });
});

describe("the operator's permissions", () => {
  const inNamespaces = grants(ofKind("Role"));
  const everywhere = grants(ofKind("ClusterRole"));

  it("follow from what the controllers declare, and from nothing else", () => {
    const all = controllers((name) => name);
    const allowed = all.flatMap(({ kind, owns, reads, marks = [], ...rest }) => [
      ...marks.map((each) => `${groupOf(each)}/${pluralOf(each)} patch`),
      ...[kind, ...owns, ...reads].flatMap((each) =>
        ["get", "list", "watch"].map((verb) => `${groupOf(each)}/${pluralOf(each)} ${verb}`),
      ),
      ...owns.flatMap((each) =>
        ["create", "patch", "delete"].map((verb) => `${groupOf(each)}/${pluralOf(each)} ${verb}`),
      ),
      `${groupOf(kind)}/${pluralOf(kind)}/status patch`,
      ...("planDeletion" in rest ? [`${groupOf(kind)}/${pluralOf(kind)} patch`] : []),
    ]);
    const lease = ["create", "get", "patch"].map((verb) => `coordination.k8s.io/leases ${verb}`);
    allowed.push("events.k8s.io/events create", ...lease);
    expect(grants([...ofKind("Role"), ...ofKind("ClusterRole")])).toEqual([...new Set(allowed)].sort());
  });

  it("have no wildcard and no verb that is more than is needed", () => {
    const verbs = new Set([...inNamespaces, ...everywhere].map((grant) => grant.replace(/.* /, "")));
    expect([...verbs].sort()).toEqual(["create", "delete", "get", "list", "patch", "watch"]);
    expect([...inNamespaces, ...everywhere].filter((grant) => grant.includes("*"))).toEqual([]);
  });

  it("are to look at nodes, and to write what a policy lets it write there, outside the namespaces of clouds", () => {
    expect(everywhere).toEqual(["/nodes get", "/nodes list", "/nodes patch", "/nodes watch"]);
    expect(ofKind("ValidatingAdmissionPolicy").map(nameOf)).toContain("/nephos-own-node-labels");
  });

  it("let nobody change volumes, or the spec of a Cloud", () => {
    expect(
      inNamespaces.filter((grant) => /persistentvolumeclaims|clouds /.test(grant) && !/ (get|list|watch)$/.test(grant)),
    ).toEqual([]);
    expect(inNamespaces).toContain("nephos.dev/clouds/status patch");
  });

  it("are given in every namespace, by one binding each, to the operator's account alone", () => {
    const bindings = [...ofKind("RoleBinding"), ...ofKind("ClusterRoleBinding")];
    expect(
      bindings.map((binding) => [nameOf(binding), textAt(binding, "roleRef", "kind"), at(binding, "subjects")]),
    ).toEqual([
      [
        "nephos-system/nephos-leader-election",
        "Role",
        [{ kind: "ServiceAccount", name: "nephos", namespace: "nephos-system" }],
      ],
      ["one/nephos", "Role", [{ kind: "ServiceAccount", name: "nephos", namespace: "nephos-system" }]],
      ["two/nephos", "Role", [{ kind: "ServiceAccount", name: "nephos", namespace: "nephos-system" }]],
      ["/nephos", "ClusterRole", [{ kind: "ServiceAccount", name: "nephos", namespace: "nephos-system" }]],
    ]);
  });

  it("cover every kind that a Cloud's plan makes", () => {
    const made = cloudController(means).owns.map((kind) => `${groupOf(kind)}/${pluralOf(kind)} create`);
    expect(made.filter((grant) => !inNamespaces.includes(grant))).toEqual([]);
  });
});

describe("the operator's pod", () => {
  const [workload] = workloadsIn(ofKind("Deployment"));
  const [container] = listAt(workload?.pod, "containers");

  it("meets the restricted standard but for the token by which it is known to the API server", () => {
    expect(troubleWith(workload?.pod)).toEqual(["token of the service account"]);
  });

  it("says what it needs, and has an end to its memory", () => {
    expect(requestsMissing(workload?.pod)).toEqual([]);
    expect(textAt(container, "resources", "limits", "memory")).toBeDefined();
  });

  it("is told its namespaces, its registry and its images", () => {
    expect(listAt(container, "env")).toEqual(
      expect.arrayContaining([
        { name: "WATCH_NAMESPACES", value: "one,two" },
        { name: "NEPHOS_REGISTRY", value: "registry.example.org/nephos" },
        { name: "NEPHOS_IMAGES", value: '{"infra":"registry.example.org/nephos/infra@sha256:0123"}' },
      ]),
    );
  });

  it("is replaced without a moment in which there is none, and its successors do not crowd one node", () => {
    const [deployment] = ofKind("Deployment");
    expect(at(deployment, "spec", "strategy", "rollingUpdate")).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    const [spread] = listAt(workload?.pod, "topologySpreadConstraints");
    expect([textAt(spread, "topologyKey"), textAt(spread, "whenUnsatisfiable")]).toEqual([
      "kubernetes.io/hostname",
      "ScheduleAnyway",
    ]);
    expect(at(spread, "labelSelector")).toEqual(at(deployment, "spec", "selector"));
  });

  it("knows its own name and namespace, by which it runs for the lease", () => {
    const fields = listAt(container, "env").map((entry) => textAt(entry, "valueFrom", "fieldRef", "fieldPath"));
    expect(fields).toEqual(expect.arrayContaining(["metadata.name", "metadata.namespace"]));
  });
});

function groupOf({ apiVersion }: { readonly apiVersion: string }): string {
  return apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
}
