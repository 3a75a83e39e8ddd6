import { stringify } from "yaml";
import { nodePolicies, podPolicies } from "../charts/policies.ts";
import { agentAccount } from "../controllers/compute/render.ts";
import { restrictedPod } from "../controllers/services/pod.ts";
import { specOf } from "../controllers/testing/render.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";

const namespace = "policies";
const operatorNamespace = "policies-operator";
const frame = { namespace: operatorNamespace, labels: { "nephos.dev/test": "policies" }, podLabels: {} };
const operator = `system:serviceaccount:${operatorNamespace}:nephos`;
const daemonSets = "system:serviceaccount:kube-system:daemon-set-controller";
const own = "nephos.dev/agents";

let at: Scene;
let node: string;

// Under names of their own: an operator that another test installed has the same policies, for other namespaces.
const policies: readonly object[] = [...podPolicies(frame, [namespace]), ...nodePolicies(frame, operatorNamespace)].map(
  (each) =>
    JSON.parse(JSON.stringify(each).replaceAll(/"(nephos-restricted-pods|nephos-own-node-labels)"/g, '"policies-$1"')),
);

const documents = (objects: readonly object[]): string =>
  objects.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n");

/** What the API server says to a write that is not kept; an empty text where it takes it. */
function answer(args: readonly string[], input?: string): Promise<string> {
  return at.kubectl([...args, "--dry-run=server"], input).then(
    () => "",
    (error: unknown) => (error instanceof Error && "lines" in error ? String(error.lines) : String(error)),
  );
}

const restricted = restrictedPod({
  spec: specOf(),
  uid: 42400,
  containers: [{ name: "main", image: "localhost/none" }],
});
const plain = restricted.containers[0] ?? { name: "main" };

const podWith = (spec: object, name = "asked"): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { ...restricted, ...spec },
});

const withContainer = (changes: object): object => ({ containers: [{ ...plain, ...changes }] });
const withRights = (rights: object): object =>
  withContainer({ securityContext: { ...plain.securityContext, ...rights } });

const create = (spec: object, ...who: readonly string[]): Promise<string> =>
  answer(["create", "-f", "-", ...who], documents([podWith(spec)]));

beforeAll(async () => {
  at = await scene();
  node = at.cluster.nodes[0]?.name ?? "";
  const labels = { "pod-security.kubernetes.io/enforce": "privileged" };
  const rights = ["get", "patch", "update", "create", "delete"];
  await at.kubectl(
    ["apply", "--server-side", "-f", "-"],
    documents([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: agentAccount, namespace } },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: operatorNamespace },
        rules: [{ apiGroups: [""], resources: ["nodes", "nodes/status"], verbs: rights }],
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: operatorNamespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: operatorNamespace },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: operator }],
      },
      ...policies,
    ]),
  );
  await eventually(
    "the policies to be in force",
    60,
    async () => [
      await create({ hostNetwork: true }),
      await answer(["label", "node", node, "foreign=1", "--as", operator]),
    ],
    (answers) => answers.every((text) => text !== ""),
  );
}, 120_000);

afterAll(async () => {
  await at.kubectl(["delete", "namespace", namespace, "--wait=false"]);
  await at.kubectl([
    "delete",
    "validatingadmissionpolicies,validatingadmissionpolicybindings",
    "-l",
    "nephos.dev/test",
  ]);
  await at.kubectl(["delete", "clusterrole,clusterrolebinding", operatorNamespace]);
  await at.transport.close();
}, 60_000);

test("the API server finds no fault in the expressions of the policies", async () => {
  const paths = ["-o", "jsonpath={.items[*].status.typeChecking.expressionWarnings}"];
  expect(await at.kubectl(["get", "validatingadmissionpolicies", "-l", "nephos.dev/test", ...paths])).toBe("");
});

test("a pod of a control plane is let in", async () => {
  expect(await create({})).toBe("");
});

test.each<[string, object]>([
  ["the host's network", { hostNetwork: true }],
  ["the host's processes", { hostPID: true }],
  ["the host's IPC", { hostIPC: true }],
  ["privileges", withRights({ privileged: true, allowPrivilegeEscalation: true })],
  [
    "privileges before it starts",
    { initContainers: [{ ...plain, name: "first", securityContext: { privileged: true } }] },
  ],
  ["escalation", withRights({ allowPrivilegeEscalation: true })],
  ["a capability", withRights({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } })],
  ["the usual capabilities", withRights({ capabilities: {} })],
  ["root", withRights({ runAsUser: 0 })],
  ["whatever user", { securityContext: { ...restricted.securityContext, runAsNonRoot: false } }],
  ["no seccomp", { securityContext: { ...restricted.securityContext, seccompProfile: { type: "Unconfined" } } }],
  ["a folder of the host", { volumes: [...(restricted.volumes ?? []), { name: "host", hostPath: { path: "/" } }] }],
  ["a port of the host", withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] })],
  ["all of /proc", { ...withRights({ procMount: "Unmasked" }), hostUsers: false }],
  [
    "a kernel setting",
    { securityContext: { ...restricted.securityContext, sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
  ],
])("a pod that wants %s is refused, and told why", async (_what, spec) => {
  expect(await create(spec)).toContain("nephos-restricted-pods");
});

test("a pod that runs is labelled as before, and gets no container with more rights", async () => {
  await at.kubectl(["create", "-f", "-"], documents([podWith({}, "running")]));
  expect(await answer(["label", "pod", "running", "-n", namespace, "any=1"])).toBe("");
  const debug = (profile: string): Promise<string> =>
    at
      .kubectl([
        "debug",
        "pod/running",
        "-n",
        namespace,
        "--image=localhost/none",
        `--profile=${profile}`,
        "--attach=false",
      ])
      .then(() => "", String);
  expect(await debug("sysadmin")).not.toBe("");
  expect(await debug("restricted")).toBe("");
});

test("the account of the agents alone opens nothing", async () => {
  expect(await create({ hostNetwork: true, serviceAccountName: agentAccount })).toContain("nephos-restricted-pods");
});

test("a pod of an agent is let in when the DaemonSet controller makes it, and no other of its pods", async () => {
  const agent = { ...withRights({ privileged: true, allowPrivilegeEscalation: true }), hostNetwork: true };
  expect(await create({ ...agent, serviceAccountName: agentAccount }, "--as", daemonSets)).toBe("");
  expect(await create(agent, "--as", daemonSets)).toContain("nephos-restricted-pods");
});

test("the operator changes its own label of a node", async () => {
  expect(await answer(["label", "--overwrite", "node", node, `${own}=pool.0a1b2c3d`, "--as", operator])).toBe("");
});

test.each<[string, readonly string[]]>([
  ["another label", ["label", "nephos.dev/host-of=policies"]],
  ["an annotation", ["annotate", "example.org/any=1"]],
  ["a taint", ["taint", "example.org/any=1:NoExecute"]],
])("the operator is refused %s of a node", async (_what, [verb = "", value = ""]) => {
  expect(await answer([verb, "--overwrite", "node", node, value, "--as", operator])).toContain(
    "nephos-own-node-labels",
  );
});

test("the operator neither deletes a node nor speaks for one", async () => {
  expect(await answer(["delete", "node", node, "--as", operator])).toContain("nephos-own-node-labels");
  const patch = ["patch", "node", node, "--subresource=status", "--type=merge", "--patch"];
  expect(await answer([...patch, '{"status":{"phase":"Running"}}', "--as", operator])).toContain(
    "nephos-own-node-labels",
  );
});

test("others label nodes as they like", async () => {
  expect(await answer(["label", "--overwrite", "node", node, "nephos.dev/host-of=policies"])).toBe("");
});
