import { parse } from "yaml";
import { z } from "zod";
import { type Client, kubeClient } from "../operator/client.ts";
import { covers } from "../operator/covers.ts";
import { at, isRecord, type Kind, listAt, type Live, type Manifest, mapAt, refOf, textAt } from "../operator/object.ts";
import { UnknownKind, verdictOf } from "../operator/outcome.ts";
import { conditions, crdOf, listMap, rules } from "../operator/schema.ts";
import { type Access, httpTransport, type Transport } from "../operator/transport.ts";
import { accessFrom } from "./lab/access.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-client";
const manager = "e2e-client";

type Fields = Readonly<Record<string, unknown>>;
const manifest = (apiVersion: string, kind: string, name: string, rest: Fields = {}): Manifest => ({
  ...rest,
  apiVersion,
  kind,
  metadata: { name, namespace },
});
const settings = (name: string, data: Fields = { a: "1" }, labels: Readonly<Record<string, string>> = {}): Manifest =>
  Object.assign(manifest("v1", "ConfigMap", name, { data }), { metadata: { name, namespace, labels } });

let on: Scene;
let client: Client;
let access: Access;
const opened: Transport[] = [];

beforeAll(async () => {
  on = await scene();
  client = on.client;
  access = accessFrom(on.cluster.kubeconfig);
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"]);
  await on.kubectl(["delete", "crd", "teapots.e2e-client.example.dev", "--ignore-not-found"]);
  await on.kubectl(["create", "namespace", namespace]);
});

afterAll(async () => {
  await on.kubectl(["delete", "crd", "teapots.e2e-client.example.dev", "--ignore-not-found"]);
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await Promise.all([on.transport, ...opened].map((each) => each.close()));
});

/** A client that is nobody but a service account without any rights. */
async function nobody(): Promise<Client> {
  await client.apply(manifest("v1", "ServiceAccount", "nobody"), manager);
  const answer = await client.raw({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/nobody/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } },
  });
  const token = textAt(answer, "status", "token") ?? "";
  const transport = httpTransport({ server: access.server, ca: access.ca, token: () => token });
  opened.push(transport);
  return kubeClient(transport);
}

describe("an object", () => {
  it("is created once, read, changed and removed", async () => {
    const made = await client.create(settings("life"), manager);
    expect(await client.get(refOf(made))).toMatchObject({ data: { a: "1" }, metadata: { uid: made.metadata.uid } });
    const changed = await client.apply(settings("life", { b: "2" }), manager);
    expect(changed["data"]).toEqual({ a: "1", b: "2" });
    await client.remove(refOf(made), made.metadata.uid);
    await expect(client.get(refOf(made))).rejects.toMatchObject({ status: 404, reason: "NotFound" });
  });

  it("that is applied again unchanged keeps its version", async () => {
    const first = await client.apply(settings("same"), manager);
    const second = await client.apply(settings("same"), manager);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it("loses a field that its manager does not want any more", async () => {
    await client.apply(settings("less", { a: "1", b: "2" }), manager);
    expect((await client.apply(settings("less", { a: "1" }), manager))["data"]).toEqual({ a: "1" });
  });

  it("is not removed by the uid of another, nor twice", async () => {
    const made = await client.create(settings("kept"), manager);
    const another = "00000000-0000-0000-0000-000000000000";
    await expect(client.remove(refOf(made), another)).rejects.toMatchObject({ status: 409, reason: "Conflict" });
    await client.remove(refOf(made), made.metadata.uid);
    await expect(client.remove(refOf(made), made.metadata.uid)).rejects.toMatchObject({ status: 404 });
  });

  it("has its finalizers set for the version that was seen, and for no other", async () => {
    const made = await client.create(settings("held"), manager);
    const held = await client.amend(made, { "/metadata/finalizers": ["e2e.example.dev/hold"] });
    expect(held.metadata.finalizers).toEqual(["e2e.example.dev/hold"]);
    await expect(client.amend(made, { "/metadata/finalizers": [] })).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
    });
    await client.remove(refOf(made), made.metadata.uid);
    const going = await client.get(refOf(made));
    expect(going.metadata.deletionTimestamp).toBeDefined();
    await client.amend(going, { "/metadata/finalizers": [] }).catch(() => undefined);
    await expect(client.get(refOf(made))).rejects.toMatchObject({ status: 404 });
  });

  it.each(["a:B.c", "Upper", "with.dots", "system:e2e:x"])(
    "of the name %s reaches the server under that name",
    async (name) => {
      const role = manifest("rbac.authorization.k8s.io/v1", "Role", name, {
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
      });
      const made = await client.apply(role, manager);
      expect(made.metadata.name).toBe(name);
      expect((await client.get(refOf(role))).metadata.uid).toBe(made.metadata.uid);
      await client.remove(refOf(role), made.metadata.uid);
    },
  );
});

describe("a refusal", () => {
  it("is 409 AlreadyExists where the name is taken", async () => {
    await client.create(settings("taken"), manager);
    await expect(client.create(settings("taken"), manager)).rejects.toMatchObject({
      status: 409,
      reason: "AlreadyExists",
    });
  });

  it("is 409 Conflict where a field has another manager, unless it is taken over", async () => {
    await client.apply(settings("fought-over", { a: "theirs" }), "e2e-other");
    const ours = settings("fought-over", { a: "ours" });
    await expect(client.apply(ours, manager)).rejects.toMatchObject({ status: 409, reason: "Conflict" });
    expect((await client.apply(ours, manager, { force: true }))["data"]).toEqual({ a: "ours" });
  });

  it("is 422 Invalid for what cannot be", async () => {
    const service = manifest("v1", "Service", "invalid", { spec: { ports: [{ port: 99_999 }] } });
    await expect(client.create(service, manager)).rejects.toMatchObject({ status: 422, reason: "Invalid" });
    await expect(client.apply(service, manager)).rejects.toMatchObject({ status: 422, reason: "Invalid" });
  });

  it("is 400 for a field that nobody knows when it is created, and no success when it is applied", async () => {
    const typo = { ...settings("typo"), dat: { a: "1" } };
    await expect(client.create(typo, manager)).rejects.toMatchObject({ status: 400, reason: "BadRequest" });
    await expect(client.apply(typo, manager)).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/[.]dat: field not declared in schema/),
    });
    expect(await client.apply(typo, manager).catch(verdictOf)).toMatchObject({ reason: "RejectedByApiServer" });
    await expect(client.get(refOf(typo))).rejects.toMatchObject({ status: 404 });
  });

  it("is 403 Forbidden for who may not, naming the resource", async () => {
    const poor = await nobody();
    const refused = { status: 403, reason: "Forbidden", message: expect.stringContaining("configmaps") };
    await expect(poor.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace })).rejects.toMatchObject(refused);
    await expect(poor.apply(settings("theirs"), manager)).rejects.toMatchObject(refused);
  });

  it("is 401 for who is nobody at all", async () => {
    const transport = httpTransport({ server: access.server, ca: access.ca, token: () => "none" });
    opened.push(transport);
    await expect(kubeClient(transport).raw({ method: "GET", path: "/api/v1" })).rejects.toMatchObject({ status: 401 });
  });
});

describe("a watch", () => {
  /** Events of a watch until one satisfies, as `type name`; bookmarks have no name. */
  async function eventsUntil(
    scope: { readonly labelSelector?: string },
    from: string,
    last: RegExp,
    during: () => Promise<unknown>,
  ): Promise<string[]> {
    const events: string[] = [];
    const stop = new AbortController();
    const acting = during();
    for await (const line of client.watch(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace, ...scope },
      from,
      10,
      stop.signal,
    )) {
      const event: unknown = JSON.parse(line);
      events.push(`${textAt(event, "type") ?? ""} ${textAt(event, "object", "metadata", "name") ?? ""}`.trim());
      if (last.test(events.at(-1) ?? "")) break;
    }
    await acting;
    return events;
  }

  const now = async (): Promise<string> =>
    (await client.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace })).resourceVersion;

  it("tells of what happens to the objects of its labels, in order", async () => {
    const events = await eventsUntil({ labelSelector: "watched=yes" }, await now(), /^DELETED/, async () => {
      await client.apply(settings("unlabelled"), manager);
      const made = await client.apply(settings("seen", { a: "1" }, { watched: "yes" }), manager);
      await client.apply(settings("seen", { a: "2" }, { watched: "yes" }), manager);
      await client.remove(refOf(made), made.metadata.uid);
    });
    expect(events.filter((event) => event !== "BOOKMARK")).toEqual(["ADDED seen", "MODIFIED seen", "DELETED seen"]);
  });

  it("tells of an object that loses the label as of a deleted one", async () => {
    await client.apply(settings("loses", { a: "1" }, { watched: "yes" }), manager);
    const events = await eventsUntil({ labelSelector: "watched=yes" }, await now(), /^DELETED/, () =>
      client.apply(settings("loses"), manager),
    );
    expect(events.at(-1)).toBe("DELETED loses");
  });

  it("has bookmarks once anything of the kind has changed, and ends by itself after the time it was given", async () => {
    const events = await eventsUntil({ labelSelector: "watched=never" }, await now(), /^$/, async () => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await client.apply(settings("beside"), manager);
    });
    expect(new Set(events)).toEqual(new Set(["BOOKMARK"]));
  });

  it("from a version that the server has not reached yet brings nothing, not even bookmarks: silence means to list again", async () => {
    const ahead = String(Number(await now()) + 1_000_000);
    expect(await eventsUntil({}, ahead, /^$/, () => client.apply(settings("unheard"), manager))).toEqual([]);
  });

  it("from a version that is no version is refused in its first line", async () => {
    const events: unknown[] = [];
    const signal = AbortSignal.timeout(20_000);
    for await (const line of client.watch({ apiVersion: "v1", kind: "ConfigMap" }, { namespace }, "no", 6, signal))
      events.push(JSON.parse(line));
    expect(events).toEqual([
      expect.objectContaining({ type: "ERROR", object: expect.objectContaining({ status: "Failure" }) }),
    ]);
  });
});

describe("a kind of our own", () => {
  const teapot: Kind = { apiVersion: "e2e-client.example.dev/v1", kind: "Teapot" };
  const crd = crdOf({
    group: "e2e-client.example.dev",
    version: "v1",
    kind: "Teapot",
    shortNames: ["tp"],
    categories: ["kitchen"],
    description: "A pot",
    spec: z.object({
      volume: z.union([z.int(), z.string()]),
      parts: listMap(z.object({ name: z.string().max(63), size: z.int().default(1) }), "name")
        .max(8)
        .optional(),
      colour: z
        .string()
        .max(20)
        .default("white")
        .meta(rules({ rule: "self != 'black'", message: "take another colour" })),
      labels: z.record(z.string(), z.string()).optional(),
    }),
    status: z.object({ observedGeneration: z.int().optional(), conditions: conditions.optional() }),
    columns: [{ name: "Colour", type: "string", jsonPath: ".spec.colour" }],
  });
  const pot = (colour: string): Manifest =>
    manifest(teapot.apiVersion, "Teapot", "pot", { spec: { volume: "1l", parts: [{ name: "lid" }], colour } });

  it("is unknown before its definition is there, and known soon afterwards", async () => {
    await expect(client.list(teapot, { namespace })).rejects.toThrow(UnknownKind);
    await applyCrd();
    const page = await eventually(
      "Teapots to be served",
      30,
      () => client.list(teapot, { namespace }),
      () => true,
    );
    expect(page.items).toEqual([]);
  });

  it("has a definition that keeps every x-kubernetes field, and needs no second write", async () => {
    await applyCrd();
    const live = await client.get({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      name: "teapots.e2e-client.example.dev",
    });
    expect(uncovered(live, crd)).toEqual([]);
    const spec = at(
      listAt(live, "spec", "versions")[0],
      "schema",
      "openAPIV3Schema",
      "properties",
      "spec",
      "properties",
    );
    expect(spec).toMatchObject({
      volume: { "x-kubernetes-int-or-string": true },
      parts: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
      colour: { "x-kubernetes-validations": [{ rule: "self != 'black'", message: "take another colour" }] },
    });
  });

  it("is refused with the words of its rule", async () => {
    await eventually(
      "Teapots to be served",
      30,
      () => client.list(teapot, { namespace }),
      () => true,
    );
    await expect(client.apply(pot("black"), manager)).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
      message: expect.stringContaining("take another colour"),
    });
  });

  it("has a status that only its own write changes, by a manager of its own, and that leaves the spec alone", async () => {
    const made = await eventually(
      "a Teapot to be made",
      30,
      () => client.apply(pot("blue"), manager),
      () => true,
    );
    const withStatus = Object.assign(pot("red"), { status: { observedGeneration: 1 } });
    const status = await client.apply(withStatus, `${manager}-status`, { force: true, subresource: "status" });
    expect(status).toMatchObject({ spec: { colour: "blue" }, status: { observedGeneration: 1 } });
    expect(status.metadata).toMatchObject({ generation: made.metadata.generation });
    const managers = listAt(status, "metadata", "managedFields").filter(
      (entry) => textAt(entry, "subresource") === "status",
    );
    expect(managers.map((entry) => textAt(entry, "manager"))).toEqual([`${manager}-status`]);
    expect((await client.apply(pot("blue"), manager))["status"]).toEqual({ observedGeneration: 1 });
  });

  it("takes a status for another uid, so that who reports has to name the version that was seen", async () => {
    const status = { observedGeneration: 2 };
    const write = (identity: Fields): Promise<Live> => {
      const metadata = Object.assign({ name: "pot", namespace }, identity);
      return client.apply(Object.assign({ ...teapot, metadata }, { status }), `${manager}-status`, {
        force: true,
        subresource: "status",
      });
    };
    await expect(write({ uid: "00000000-0000-0000-0000-000000000000" })).resolves.toMatchObject({ status });
    await expect(write({ resourceVersion: "1" })).rejects.toMatchObject({ status: 409, reason: "Conflict" });
  });

  async function applyCrd(): Promise<void> {
    await client.apply(Object.assign({ apiVersion: "", kind: "", metadata: { name: "" } }, crd), manager, {
      force: true,
    });
  }
});

/** Paths at which a live object does not cover what is wanted, for a message that helps. */
function uncovered(live: unknown, wanted: unknown, path = "$"): string[] {
  if (covers(live, wanted)) return [];
  const inner = fieldsOf(wanted).flatMap(([field, value]) =>
    uncovered(memberOf(live, field, value), value, `${path}.${field}`),
  );
  return inner.length > 0 ? inner : [`${path}: wanted ${JSON.stringify(wanted)}, live ${JSON.stringify(live)}`];
}

function fieldsOf(value: unknown): [string, unknown][] {
  return isRecord(value) || Array.isArray(value) ? Object.entries(value) : [];
}

/** The member of a live map or list that stands for a wanted one: that of its name, else that at its place. */
function memberOf(live: unknown, field: string, wanted: unknown): unknown {
  if (isRecord(live)) return live[field];
  const members: readonly unknown[] = Array.isArray(live) ? live : [];
  const name = textAt(wanted, "name");
  return members.find((each) => name !== undefined && textAt(each, "name") === name) ?? members[Number(field)];
}

const labels = { app: "zoo" };
const pod = {
  metadata: { labels },
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    nodeSelector: { "example.dev/none": "" },
    hostNetwork: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 42_000,
      fsGroup: 42_000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: 30,
    initContainers: [{ name: "wait", image: "example.dev/a:1", command: ["true"], args: [], resources: {} }],
    containers: [
      {
        name: "api",
        image: "example.dev/a:1",
        imagePullPolicy: "IfNotPresent",
        command: ["server", "--port", "080"],
        env: [
          { name: "EMPTY", value: "" },
          { name: "NUMBER", value: "1000" },
          { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        ports: [{ name: "http", containerPort: 5000 }],
        resources: { requests: { cpu: "0.1", memory: "1024Mi" }, limits: { memory: "1.5Gi" } },
        readinessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 5, initialDelaySeconds: 0 },
        livenessProbe: { exec: { command: ["true"] }, failureThreshold: 3 },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        },
        volumeMounts: [
          { name: "config", mountPath: "/etc/a", readOnly: true },
          { name: "run", mountPath: "/run", readOnly: false },
        ],
      },
    ],
    tolerations: [{ key: "example.dev/a", operator: "Exists", effect: "NoSchedule" }],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } },
          },
        ],
      },
    },
    volumes: [
      {
        name: "config",
        projected: {
          sources: [{ configMap: { name: "c" } }, { secret: { name: "s", items: [{ key: "k", path: "p" }] } }],
        },
      },
      { name: "run", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
    ],
  },
};
const selector = { matchLabels: labels };
const [apps, rbac] = ["apps/v1", "rbac.authorization.k8s.io/v1"];

const zoo: readonly Manifest[] = [
  manifest(apps, "Deployment", "zoo", {
    spec: {
      replicas: 0,
      selector,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
      template: pod,
    },
  }),
  manifest(apps, "Deployment", "zoo-recreated", {
    spec: { replicas: 0, selector, strategy: { type: "Recreate" }, template: pod },
  }),
  manifest(apps, "StatefulSet", "zoo", {
    spec: {
      replicas: 0,
      serviceName: "zoo",
      selector,
      template: pod,
      podManagementPolicy: "Parallel",
      volumeClaimTemplates: [
        {
          metadata: { name: "data", labels },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } },
        },
      ],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    },
  }),
  manifest(apps, "DaemonSet", "zoo", { spec: { selector, template: pod, updateStrategy: { type: "OnDelete" } } }),
  manifest("batch/v1", "Job", "zoo", {
    spec: {
      suspend: true,
      backoffLimit: 3,
      podFailurePolicy: {
        rules: [{ action: "FailJob", onExitCodes: { containerName: "api", operator: "In", values: [42] } }],
      },
      template: { ...pod, spec: { ...pod.spec, restartPolicy: "Never" } },
    },
  }),
  manifest("batch/v1", "CronJob", "zoo", {
    spec: {
      schedule: "0 3 * * *",
      suspend: true,
      concurrencyPolicy: "Forbid",
      jobTemplate: { spec: { template: { ...pod, spec: { ...pod.spec, restartPolicy: "Never" } } } },
    },
  }),
  manifest("v1", "Service", "zoo", {
    spec: {
      type: "NodePort",
      selector: labels,
      ports: [
        { name: "http", port: 80, targetPort: "http" },
        { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" },
        { name: "dns-tcp", port: 53, targetPort: 5353, protocol: "TCP" },
      ],
    },
  }),
  manifest("v1", "Service", "zoo-headless", {
    spec: { clusterIP: "None", selector: labels, publishNotReadyAddresses: true, ports: [{ port: 3306 }] },
  }),
  manifest("v1", "ConfigMap", "zoo", { data: { "a.conf": "[a]\nb = 1\n", empty: "" } }),
  manifest("v1", "ConfigMap", "zoo-immutable", { immutable: true, data: { a: "1" } }),
  manifest("v1", "Secret", "zoo", { type: "Opaque", data: { password: "czNjcmV0" } }),
  manifest("v1", "ServiceAccount", "zoo", { automountServiceAccountToken: false }),
  manifest("v1", "PersistentVolumeClaim", "zoo", {
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage: "2048Mi" } } },
  }),
  manifest("policy/v1", "PodDisruptionBudget", "zoo", { spec: { maxUnavailable: 1, selector } }),
  manifest("policy/v1", "PodDisruptionBudget", "zoo-share", { spec: { minAvailable: "50%", selector } }),
  manifest(rbac, "Role", "a:B.c", {
    rules: [
      { apiGroups: [""], resources: ["configmaps", "secrets"], verbs: ["get", "list"] },
      { apiGroups: ["nephos.dev"], resources: ["clouds/status"], resourceNames: ["demo"], verbs: ["patch"] },
    ],
  }),
  manifest(rbac, "RoleBinding", "a:B.c", {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a:B.c" },
    subjects: [{ kind: "ServiceAccount", name: "zoo", namespace }],
  }),
  manifest("networking.k8s.io/v1", "NetworkPolicy", "zoo", {
    spec: {
      podSelector: selector,
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        {
          from: [
            { podSelector: {} },
            { namespaceSelector: { matchLabels: { a: "b" } } },
            { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
          ],
          ports: [{ port: 80 }, { port: "http", protocol: "TCP" }],
        },
      ],
      egress: [{}],
    },
  }),
  manifest("networking.k8s.io/v1", "NetworkPolicy", "zoo-deny", {
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [] },
  }),
];

describe("what was applied needs no second write, at once and later", () => {
  it.each(zoo.map((wanted): [string, Manifest] => [`${wanted.kind} ${wanted.metadata.name}`, wanted]))(
    "%s",
    async (_, wanted) => {
      const applied = await client.apply(wanted, manager);
      expect(uncovered(applied, wanted)).toEqual([]);
      const later = await eventually("its controller to have seen it", 20, () => client.get(refOf(wanted)), observed);
      expect(uncovered(later, wanted)).toEqual([]);
      expect(uncovered(await client.apply(wanted, manager), wanted)).toEqual([]);
    },
  );

  it("a NetworkPolicy keeps its sources", async () => {
    const live = await client.get({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      namespace,
      name: "zoo",
    });
    expect(listAt(listAt(live, "spec", "ingress")[0], "from")).toHaveLength(3);
  });

  /** Controllers of workloads write their status within a moment; other kinds have none. */
  function observed(live: Live): boolean {
    const { generation } = live.metadata;
    const workload = live.apiVersion === "apps/v1";
    return !workload || mapAt(live, "status")["observedGeneration"] === generation;
  }
});

it("drift that anybody can cause is noticed, on every field of every kind that is wanted", async () => {
  const wanted = parse(
    JSON.stringify(zoo.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "zoo")),
  );
  await on.kubectl([
    "patch",
    "configmap",
    "zoo",
    "-n",
    namespace,
    "--type=json",
    "-p",
    '[{"op":"remove","path":"/data/empty"}]',
  ]);
  const live = await client.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: "zoo" });
  expect(uncovered(live, wanted)).toEqual(['$.data.empty: wanted "", live undefined']);
});
