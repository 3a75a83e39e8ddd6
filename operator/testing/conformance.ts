import { type Client, kubeClient } from "../client.ts";
import { covers } from "../covers.ts";
import { at, type Kind, type Live, listAt, type Manifest, type OwnerReference, refOf, textAt } from "../object.ts";
import type { Transport } from "../transport.ts";

/** A server to be asked. The namespace is the suite's own, and empty. */
export interface Ground {
  readonly transport: Transport;
  readonly namespace: string;
}

/** A kind of a CustomResourceDefinition that the server must have: any spec, any status, a status subresource. */
export const kettle: Kind = { apiVersion: "conformance.example.dev/v1", kind: "Kettle" };

type Fields = Readonly<Record<string, unknown>>;

interface On {
  readonly client: Client;
  readonly namespace: string;
  /** A manifest in the suite's namespace. */
  readonly of: (kind: Kind, name: string, fields?: Fields, metadata?: Fields) => Manifest;
  readonly config: (name: string, data: Fields, metadata?: Fields) => Manifest;
  readonly kettle: (name: string, spec: Fields, metadata?: Fields) => Manifest;
  /** What a watch from a version brings, up to so many events that are no bookmarks. */
  readonly heard: (kind: Kind, from: string, count: number, labelSelector?: string) => Promise<string[]>;
}

const [me, other] = ["conformance", "conformance-other"];
const configMap: Kind = { apiVersion: "v1", kind: "ConfigMap" };
const labels = { app: "web" };
const pod = {
  containers: [{ name: "web", image: "web:1", env: [{ name: "A", value: "1" }], ports: [{ containerPort: 80 }] }],
};
const template = { metadata: { labels }, spec: pod };
const web = { replicas: 0, selector: { matchLabels: labels }, template };
const claim = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const restless = { ...template, spec: { ...pod, restartPolicy: "Never" } };

/** Kinds as plans want them, which a server fills with defaults. */
const wantedKinds: readonly (readonly [Kind, Fields])[] = [
  [{ apiVersion: "apps/v1", kind: "Deployment" }, { spec: web }],
  [
    { apiVersion: "apps/v1", kind: "StatefulSet" },
    { spec: { ...web, serviceName: "web", volumeClaimTemplates: [claim] } },
  ],
  [{ apiVersion: "batch/v1", kind: "Job" }, { spec: { suspend: true, backoffLimit: 3, template: restless } }],
  [{ apiVersion: "v1", kind: "Service" }, { spec: { selector: labels, ports: [{ name: "http", port: 80 }] } }],
  [
    { apiVersion: "v1", kind: "Service" },
    { spec: { type: "NodePort", selector: labels, ports: [{ name: "http", port: 80 }] } },
  ],
  [
    { apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
    { spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
  ],
  [
    { apiVersion: "v1", kind: "Secret" },
    { type: "Opaque", data: { a: "YQ==" } },
  ],
];

const status = (code: number, reason: string): Fields => ({ name: "ApiError", status: code, reason });
const owner = (live: Live, controller: boolean): OwnerReference => {
  const { apiVersion, kind, metadata } = live;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller };
};

/** What the runtime relies on, one row each: the title and the questions. */
const rows: readonly (readonly [string, (on: On) => Promise<void>])[] = [
  [
    "a kind that nobody defined is unknown",
    async ({ client, of }) => {
      await expect(
        client.get(refOf(of({ apiVersion: "nobody.example.dev/v1", kind: "Nothing" }, "x"))),
      ).rejects.toMatchObject({
        name: "UnknownKind",
      });
    },
  ],
  [
    "an object is created once, with a uid, a version and a time",
    async ({ client, config }) => {
      const made = await client.create(config("create", { a: "1" }), me);
      expect(made).toMatchObject({ metadata: { creationTimestamp: expect.stringMatching(/Z$/) }, data: { a: "1" } });
      expect(await client.get(refOf(made))).toMatchObject({ metadata: { uid: made.metadata.uid } });
      await expect(client.create(config("create", {}), me)).rejects.toMatchObject(status(409, "AlreadyExists"));
    },
  ],
  [
    "one made anew under its name has another uid",
    async ({ client, config }) => {
      const first = await client.apply(config("anew", {}), me);
      await client.remove(refOf(first), first.metadata.uid);
      expect((await client.apply(config("anew", {}), me)).metadata.uid).not.toBe(first.metadata.uid);
    },
  ],
  [
    "an apply that changes nothing keeps the version",
    async ({ client, config, kettle: boil }) => {
      for (const wanted of [config("still", { a: "1" }), boil("still", { water: 1 })]) {
        const first = await client.apply(wanted, me);
        expect((await client.apply(wanted, me)).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      }
    },
  ],
  [
    "a field goes when its only manager leaves it out, and stays while another wants it",
    async ({ client, config }) => {
      await client.apply(config("leave", { a: "1", b: "2", c: "3" }), me);
      await client.apply(config("leave", { b: "2" }), other);
      expect((await client.apply(config("leave", { a: "1" }), me))["data"]).toEqual({ a: "1", b: "2" });
      expect((await client.apply(config("leave", {}), other))["data"]).toEqual({ a: "1" });
    },
  ],
  [
    "an empty map keeps the fields that its manager puts into it later",
    async ({ client, config }) => {
      await client.apply(config("fill", {}), me);
      expect((await client.apply(config("fill", { a: "1" }), me))["data"]).toEqual({ a: "1" });
    },
  ],
  [
    "the members of a list stand as they were applied last",
    async ({ client, of }) => {
      const order = async (...names: readonly string[]): Promise<unknown[]> => {
        const env = names.map((name) => ({ name, value: "1" }));
        const containers = [{ name: "web", image: "web:1", env }];
        const spec = { ...web, template: { ...template, spec: { containers } } };
        const live = await client.apply(of({ apiVersion: "apps/v1", kind: "Deployment" }, "order", { spec }), me);
        const [container] = listAt(live, "spec", "template", "spec", "containers");
        return listAt(container, "env").map((each) => at(each, "name"));
      };
      expect(await order("B")).toEqual(["B"]);
      expect(await order("A", "B")).toEqual(["A", "B"]);
      expect(await order("B", "A")).toEqual(["B", "A"]);
      expect(await order("C", "A")).toEqual(["C", "A"]);
      expect(await order("B", "A")).toEqual(["B", "A"]);
    },
  ],
  [
    "a port of the nodes that is out of the cluster's range is refused with 422",
    async ({ client, of }) => {
      const ports = [{ name: "http", port: 80, nodePort: 1 }];
      const service = of({ apiVersion: "v1", kind: "Service" }, "ports", {
        spec: { type: "NodePort", selector: labels, ports },
      });
      await expect(client.apply(service, me)).rejects.toMatchObject({
        ...status(422, "Invalid"),
        message: expect.stringContaining("provided port is not in the valid range"),
      });
    },
  ],
  [
    "what one manager adds to a list of containers, another keeps",
    async ({ client, of }) => {
      const image = (name: string): Fields => ({ name, image: `${name}:1` });
      const wanted = (containers: readonly Fields[]): Manifest =>
        of({ apiVersion: "apps/v1", kind: "Deployment" }, "lists", {
          spec: { ...web, template: { metadata: { labels }, spec: { containers } } },
        });
      await client.apply(wanted([image("a"), image("b")]), me);
      await client.apply(wanted([image("c")]), other);
      const live = await client.apply(wanted([image("b")]), me);
      const names = listAt(live, "spec", "template", "spec", "containers").map((each) => textAt(each, "name"));
      expect(new Set(names)).toEqual(new Set(["b", "c"]));
    },
  ],
  [
    "a field of another manager is refused with 409 unless it is taken over; then it is no longer the other's",
    async ({ client, config }) => {
      await client.apply(config("fight", { a: "theirs" }), other);
      await expect(client.apply(config("fight", { a: "ours" }), me)).rejects.toMatchObject(status(409, "Conflict"));
      await client.apply(config("fight", { a: "ours" }), me, { force: true });
      expect((await client.apply(config("fight", {}), other))["data"]).toEqual({ a: "ours" });
    },
  ],
  [
    "the same value may have two managers",
    async ({ client, config }) => {
      await client.apply(config("shared", { a: "1" }), other);
      expect((await client.apply(config("shared", { a: "1" }), me))["data"]).toEqual({ a: "1" });
    },
  ],
  [
    "what was created is not the same manager's apply's: it stays when the apply leaves it out, and is fought over",
    async ({ client, config }) => {
      await client.create(config("posted", { a: "1", b: "2" }), me);
      expect((await client.apply(config("posted", { a: "1" }), me))["data"]).toEqual({ a: "1", b: "2" });
      await expect(client.apply(config("posted", { b: "3" }), me)).rejects.toMatchObject(status(409, "Conflict"));
    },
  ],
  [
    "an apply on a version that is past is refused with 409",
    async ({ client, config }) => {
      const first = await client.apply(config("past", { a: "1" }), me);
      await client.apply(config("past", { a: "2" }), me);
      const { resourceVersion } = first.metadata;
      const late = client.apply(config("past", { a: "3" }, { resourceVersion }), me);
      await expect(late).rejects.toMatchObject(status(409, "Conflict"));
    },
  ],
  [
    "an apply that names a uid is refused where the object is gone (409) or another (422)",
    async ({ client, config }) => {
      const uid = "00000000-0000-4000-8000-000000000000";
      await expect(client.apply(config("nobody", {}, { uid }), me)).rejects.toMatchObject(status(409, "Conflict"));
      await client.apply(config("somebody", {}), me);
      await expect(client.apply(config("somebody", {}, { uid }), me)).rejects.toMatchObject(status(422, "Invalid"));
    },
  ],
  [
    "a delete asks for the uid and finds nothing the second time",
    async ({ client, config }) => {
      const made = await client.apply(config("delete", {}), me);
      await expect(client.remove(refOf(made), "00000000-0000-4000-8000-000000000000")).rejects.toMatchObject(
        status(409, "Conflict"),
      );
      await client.remove(refOf(made), made.metadata.uid);
      await expect(client.remove(refOf(made), made.metadata.uid)).rejects.toMatchObject(status(404, "NotFound"));
      await expect(client.get(refOf(made))).rejects.toMatchObject(status(404, "NotFound"));
    },
  ],
  [
    "finalizers hold an object that goes, until the last is taken off the version that was seen",
    async ({ client, kettle: boil }) => {
      const made = await client.apply(boil("held", { water: 1 }), me);
      const held = await client.amend(made, { "/metadata/finalizers": ["conformance.example.dev/hold"] });
      await expect(client.amend(made, { "/metadata/finalizers": [] })).rejects.toMatchObject(status(422, "Invalid"));
      await client.remove(refOf(made), made.metadata.uid);
      const going = await client.get(refOf(made));
      expect(going.metadata.deletionTimestamp).toBeDefined();
      expect(going.metadata.generation).toBe((held.metadata.generation ?? 0) + 1);
      await client.remove(refOf(made), made.metadata.uid);
      expect((await client.get(refOf(made))).metadata.resourceVersion).toBe(going.metadata.resourceVersion);
      await client.amend(going, { "/metadata/finalizers": [] });
      await expect(client.get(refOf(made))).rejects.toMatchObject(status(404, "NotFound"));
    },
  ],
  [
    "the generation counts changes of the spec, not of labels or status",
    async ({ client, kettle: boil }) => {
      const generation = (live: Live): number | undefined => live.metadata.generation;
      expect(generation(await client.apply(boil("count", { water: 1 }), me))).toBe(1);
      expect(generation(await client.apply(boil("count", { water: 1 }, { labels }), me))).toBe(1);
      expect(generation(await client.apply(boil("count", { water: 2 }, { labels }), me))).toBe(2);
      const told = Object.assign(boil("count", {}), { status: { hot: true } });
      expect(generation(await client.apply(told, me, { subresource: "status" }))).toBe(2);
    },
  ],
  [
    "kinds without a generation have none",
    async ({ client, config }) => {
      expect((await client.apply(config("plain", { a: "1" }), me)).metadata.generation).toBeUndefined();
    },
  ],
  [
    "status and the rest are written by ways of their own",
    async ({ client, kettle: boil }) => {
      const both = Object.assign(boil("ways", { water: 1 }), { status: { hot: true } });
      expect((await client.apply(both, me))["status"]).toBeUndefined();
      const changed = Object.assign(boil("ways", { water: 2 }, { labels }), { status: { hot: true } });
      const told = await client.apply(changed, `${me}-status`, { subresource: "status" });
      expect(told).toMatchObject({ spec: { water: 1 }, status: { hot: true } });
      expect(told.metadata.labels?.["app"]).toBeUndefined();
      expect((await client.apply(both, me))["status"]).toEqual({ hot: true });
    },
  ],
  [
    "a status that says the same keeps the version; one that leaves a field out drops it",
    async ({ client, kettle: boil }) => {
      await client.apply(boil("told", { water: 1 }), me);
      const tell = (said: Fields): Promise<Live> =>
        client.apply(Object.assign(boil("told", {}), { status: said }), me, { force: true, subresource: "status" });
      const first = await tell({
        hot: true,
        conditions: [{ type: "Ready", status: "True", reason: "Hot", message: "it boils" }],
      });
      const again = await tell({
        hot: true,
        conditions: [{ type: "Ready", status: "True", reason: "Hot", message: "it boils" }],
      });
      expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      expect((await tell({ hot: false }))["status"]).toEqual({ hot: false });
    },
  ],
  [
    "the status of a custom kind is taken for any uid, but not for a version that is past, nor for an object that is not there",
    async ({ client, kettle: boil }) => {
      const first = await client.apply(boil("whose", { water: 1 }), me);
      const options = { subresource: "status", force: true } as const;
      const tell = (name: string, metadata: Fields): Promise<Live> =>
        client.apply(Object.assign(boil(name, {}, metadata), { status: { hot: true } }), me, options);
      const uid = "00000000-0000-4000-8000-000000000000";
      expect((await tell("whose", { uid }))["status"]).toEqual({ hot: true });
      const { resourceVersion } = first.metadata;
      await expect(tell("whose", { resourceVersion })).rejects.toMatchObject(status(409, "Conflict"));
      await expect(tell("nobody", {})).rejects.toMatchObject(status(404, "NotFound"));
    },
  ],
  [
    "an object has one controller at most",
    async ({ client, config }) => {
      const [a, b] = [await client.apply(config("owner-a", {}), me), await client.apply(config("owner-b", {}), me)];
      const ownerReferences = [owner(a, true), owner(b, true)];
      await expect(client.apply(config("owned", {}, { ownerReferences }), me)).rejects.toMatchObject(
        status(422, "Invalid"),
      );
    },
  ],
  [
    "what cannot change is refused with 422",
    async ({ client, of }) => {
      const job: Kind = { apiVersion: "batch/v1", kind: "Job" };
      const again = { ...restless, spec: { ...restless.spec, containers: [{ name: "web", image: "web:2" }] } };
      await client.create(of(job, "once", { spec: { suspend: true, template: restless } }), me);
      const changed = client.apply(of(job, "once", { spec: { template: again } }), me, { force: true });
      await expect(changed).rejects.toMatchObject(status(422, "Invalid"));
      const sets: Kind = { apiVersion: "apps/v1", kind: "StatefulSet" };
      await client.apply(of(sets, "once", { spec: { ...web, serviceName: "a" } }), me);
      const renamed = client.apply(of(sets, "once", { spec: { ...web, serviceName: "b" } }), me);
      await expect(renamed).rejects.toMatchObject(status(422, "Invalid"));
    },
  ],
  [
    "what the server adds to an object leaves it covered, and the same apply again changes nothing",
    async ({ client, of }) => {
      for (const [index, [kind, fields]] of wantedKinds.entries()) {
        const wanted = of(kind, `filled-${index}`, fields, { labels });
        const first = await client.apply(wanted, me);
        expect({ kind: kind.kind, covered: covers(first, wanted) }).toEqual({ kind: kind.kind, covered: true });
        // Controllers write statuses meanwhile: what counts is that nothing else moves.
        const second = await client.apply(wanted, me);
        expect(second["spec"]).toEqual(first["spec"]);
        expect(second.metadata.generation).toBe(first.metadata.generation);
      }
    },
  ],
  [
    "lists come in pages of one version, by label, and their members carry no kind",
    async ({ client, config, namespace }) => {
      const paged = { page: "yes" };
      for (const name of ["page-a", "page-b", "page-c"]) await client.apply(config(name, {}, { labels: paged }), me);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const ask = (query: Readonly<Record<string, string>>): Promise<unknown> =>
        client.raw({ method: "GET", path, query: { limit: "2", labelSelector: "page=yes", ...query } });
      const first = await ask({});
      expect(listAt(first, "items").map((each) => textAt(each, "metadata", "name"))).toEqual(["page-a", "page-b"]);
      expect(at(listAt(first, "items")[0], "kind")).toBeUndefined();
      await client.apply(config("page-d", {}, { labels: paged }), me);
      const rest = await ask({ continue: textAt(first, "metadata", "continue") ?? "" });
      expect(listAt(rest, "items").map((each) => textAt(each, "metadata", "name"))).toEqual(["page-c"]);
      expect(textAt(rest, "metadata", "resourceVersion")).toBe(textAt(first, "metadata", "resourceVersion"));
      expect(textAt(rest, "metadata", "continue") ?? "").toBe("");
    },
  ],
  [
    "a watch from a version brings every later change in order, a deletion with a version of its own",
    async ({ client, kettle: boil, heard }) => {
      const { resourceVersion } = await client.list(kettle, {});
      const first = await client.apply(boil("watched", { water: 1 }), me);
      const second = await client.apply(boil("watched", { water: 2 }), me);
      await client.remove(refOf(first), first.metadata.uid);
      const events = await heard(kettle, resourceVersion, 3);
      const [one, two] = [first.metadata.resourceVersion, second.metadata.resourceVersion];
      expect(events.slice(0, 2)).toEqual([`ADDED watched ${one}`, `MODIFIED watched ${two}`]);
      expect(events[2]).toMatch(/^DELETED watched /);
      expect(BigInt(events[2]?.split(" ")[2] ?? "0")).toBeGreaterThan(BigInt(two));
      expect(await heard(kettle, one, 2)).toEqual(events.slice(1));
    },
  ],
  [
    "a watch by label sees objects come and go as they get and lose it",
    async ({ client, config, heard }) => {
      const { resourceVersion } = await client.list(configMap, {});
      await client.apply(config("mark", { a: "1" }), me);
      const marked = { labels: { mark: "yes" } };
      await client.apply(config("mark", { a: "1" }, marked), me);
      await client.apply(config("mark", { a: "2" }, marked), me);
      await client.apply(config("mark", { a: "2" }), me);
      const events = await heard(configMap, resourceVersion, 3, "mark=yes");
      expect(events.map((event) => event.split(" ")[0])).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    },
  ],
  [
    "what a gone object owned goes as well, and so does what is made for one that is gone",
    async ({ client, config, kettle: boil }) => {
      const parent = await client.apply(boil("parent", { water: 1 }), me);
      const ownerReferences = [owner(parent, true)];
      const child = await client.apply(config("child", {}, { ownerReferences }), me);
      await client.remove(refOf(parent), parent.metadata.uid);
      await gone(client, child);
      await gone(client, await client.apply(config("orphan", {}, { ownerReferences }), me));
    },
  ],
];

async function gone(client: Client, live: Live): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await client.get(refOf(live)).catch(() => undefined);
    if (found?.metadata.uid !== live.metadata.uid) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${live.kind} ${live.metadata.name} is still there`);
}

/** What a watch from a version brings, up to so many events that are no bookmarks: `ADDED name version`. */
export async function heardBy(
  client: Client,
  kind: Kind,
  namespace: string,
  from: string,
  count: number,
  labelSelector?: string,
): Promise<string[]> {
  const stop = new AbortController();
  const events: string[] = [];
  for await (const line of client.watch(kind, { namespace, labelSelector }, from, 30, stop.signal)) {
    const event: unknown = JSON.parse(line);
    const type = textAt(event, "type") ?? "";
    if (type === "BOOKMARK") continue;
    const [name, version] = [
      textAt(event, "object", "metadata", "name"),
      textAt(event, "object", "metadata", "resourceVersion"),
    ];
    events.push(
      type === "ERROR" ? `ERROR ${String(at(event, "object", "code"))}` : `${type} ${name ?? ""} ${version ?? ""}`,
    );
    if (events.length === count) break;
  }
  stop.abort();
  return events;
}

/** Declares the tests of the suite; the server is asked for when they begin. */
export function declareConformance(ground: () => Ground): void {
  const on = (): On => {
    const { transport, namespace } = ground();
    const client = kubeClient(transport);
    const of = (kind: Kind, name: string, fields: Fields = {}, metadata: Fields = {}): Manifest =>
      Object.assign({ ...kind, metadata: { name, namespace, ...metadata } }, fields);
    return {
      client,
      namespace,
      of,
      config: (name, data, metadata) => of(configMap, name, { data }, metadata),
      kettle: (name, spec, metadata) => of(kettle, name, { spec }, metadata),
      heard: (kind, from, count, labelSelector) => heardBy(client, kind, namespace, from, count, labelSelector),
    };
  };
  it.each(rows)("%s", async (_title, ask) => {
    expect.hasAssertions();
    await ask(on());
    expect(ask).toBeDefined();
  });
}
