import { covers } from "../../covers.ts";
import { at, type Kind, listAt, type Live, type Manifest, refOf, textAt } from "../../object.ts";
import { type Fields, me, other, owner, type Row } from "./ground.ts";

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
/** What the runtime relies on of objects and of what becomes of writes. */
export const objectRows: readonly Row[] = [
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
    "an empty list in a container is none, and covers what was wanted",
    async ({ client, of }) => {
      const containers = [{ name: "web", image: "web:1", env: [] }];
      const spec = { ...web, template: { ...template, spec: { containers } } };
      const wanted = of({ apiVersion: "apps/v1", kind: "Deployment" }, "none", { spec });
      const live = await client.apply(wanted, me);
      const [container] = listAt(live, "spec", "template", "spec", "containers");
      expect(at(container, "env")).toBeUndefined();
      expect(covers(live, wanted)).toBe(true);
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
    "a manager that names one label at a version sets it over another's, and takes it off by naming none",
    async ({ client, config }) => {
      const made = await client.apply(config("marked", { a: "1" }, { labels: { theirs: "1", mark: "old" } }), other);
      const { apiVersion, kind } = made;
      const mark = (live: Live, marks: Readonly<Record<string, string>>): Promise<Live> => {
        const { name, namespace = "", uid, resourceVersion } = live.metadata;
        const metadata = Object.assign({ name, namespace, labels: marks }, { uid, resourceVersion });
        return client.apply({ apiVersion, kind, metadata }, me, { force: true });
      };
      const marked = await mark(made, { mark: "new" });
      expect(marked).toMatchObject({ metadata: { labels: { theirs: "1", mark: "new" } }, data: { a: "1" } });
      await expect(mark(made, { mark: "late" })).rejects.toMatchObject(status(409, "Conflict"));
      const unmarked = await mark(marked, {});
      expect(unmarked.metadata.labels).toEqual({ theirs: "1" });
      await client.remove(refOf(made), made.metadata.uid);
      await expect(mark(unmarked, { mark: "new" })).rejects.toMatchObject(status(409, "Conflict"));
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
];
