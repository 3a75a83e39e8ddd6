import { Cache, snapshotOf } from "./cache.ts";
import { kubeClient } from "./client.ts";
import { at, type Kind, kindKey, type Live, mapAt, refKey, refOf } from "./object.ts";
import { identity } from "./plan.ts";
import { FakeServer, refusal } from "./testing/fake-server.ts";
import { HandClock, settle } from "./testing/hand-clock.ts";
import { configMap, live } from "./testing/objects.ts";

const { jest } = import.meta;

const configMaps: Kind = { apiVersion: "v1", kind: "ConfigMap" };
const secrets: Kind = { apiVersion: "v1", kind: "Secret" };
const nodes = { apiVersion: "v1", kind: "Node", cluster: true } as const;

let server: FakeServer;
let clock: HandClock;
let cache: Cache;
let stop: AbortController;
let heard: string[];
let restarts: string[];

beforeEach(() => {
  server = new FakeServer();
  clock = new HandClock();
  stop = new AbortController();
  heard = [];
  restarts = [];
  cache = new Cache({
    client: kubeClient(server),
    clock,
    namespaces: ["here"],
    signal: stop.signal,
    restarted: (kind, reason) => restarts.push(`${kind.kind}: ${reason}`),
  });
});
afterEach(() => {
  stop.abort();
  jest.useRealTimers();
});

const hear = ({ metadata }: Live): void => void heard.push(metadata.name);
const names = (kind: Kind = configMaps): string[] =>
  cache
    .all(kind)
    .map(({ metadata }) => metadata.name)
    .sort();
/** The names that the cache has when all is quiet; the listener's memory is wiped. */
async function watching(...objects: readonly Live[]): Promise<string[]> {
  for (const object of objects) server.put(object);
  cache.watch(configMaps, hear);
  await settle();
  heard = [];
  return names();
}
const lists = (): number =>
  server.calls.filter(({ path, query }) => path.endsWith("configmaps") && query?.["watch"] === undefined).length;
const watchedFrom = (): (string | undefined)[] => server.streams.map(({ call }) => call.query?.["resourceVersion"]);

describe("a cache", () => {
  it("lists in pages, then watches from there with bookmarks, for no more than ten minutes", async () => {
    server.pageSize = 2;
    expect(await watching(...["a", "b", "c", "d", "e"].map((name) => configMap(name)))).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
    expect(lists()).toBe(3);
    const query = server.stream().call.query ?? {};
    expect(query).toMatchObject({ watch: "true", allowWatchBookmarks: "true", resourceVersion: "105" });
    expect(Number(query["timeoutSeconds"])).toBeGreaterThanOrEqual(300);
    expect(Number(query["timeoutSeconds"])).toBeLessThanOrEqual(600);
  });

  it("is ready when every watched kind was listed", async () => {
    server.instead = ({ path }) => (path.endsWith("/secrets") ? refusal(503, "ServiceUnavailable") : undefined);
    cache.watch(configMaps, hear);
    cache.watch(secrets, hear);
    await settle();
    expect(cache.synced).toBe(false);
    expect(cache.missing).toEqual(["v1/Secret here"]);
    server.instead = () => undefined;
    const ready = cache.ready();
    await clock.advance(2);
    await ready;
    expect(cache.synced).toBe(true);
    expect(cache.missing).toEqual([]);
  });

  it("takes in what is made, changed and deleted, and tells of each with the object as it is or last was", async () => {
    await watching(configMap("a"));
    const told: unknown[] = [];
    cache.watch(configMaps, (object) => told.push([object.metadata.name, at(object, "data", "x")]));
    const b = server.put(configMap("b", { x: "1" }));
    server.put({ ...b, data: { x: "2" } });
    server.drop(b);
    await settle();
    expect(told).toEqual([
      ["b", "1"],
      ["b", "2"],
      ["b", "2"],
    ]);
    expect(names()).toEqual(["a"]);
  });

  it("opens one watch per kind and namespace, however many listen", async () => {
    await watching();
    cache.watch(configMaps, hear);
    await settle();
    server.put(configMap("a"));
    await settle();
    expect(server.streams).toHaveLength(1);
    expect(heard).toEqual(["a", "a"]);
  });

  it("watches what has no namespace in the whole cluster", async () => {
    server.put(live({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } }));
    cache.watch(nodes, hear);
    await settle();
    expect(names(nodes)).toEqual(["n1"]);
    expect(server.stream("nodes").call.path).toBe("/api/v1/nodes");
  });

  it("ends its watches when the signal fires", async () => {
    await watching(configMap("a"));
    stop.abort();
    await settle();
    const calls = server.calls.length;
    await clock.advance(3600);
    expect(server.calls).toHaveLength(calls);
    expect(server.stream().open).toBe(false);
  });
});

describe("what the cache keeps", () => {
  const secret = live({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "s",
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"password":"hunter2"}}',
        keep: "me",
      },
    },
    data: { password: "aHVudGVyMg==" },
  });

  it("of a Secret is the names of its keys, however it came in: no value", async () => {
    server.put(secret);
    cache.watch(secrets, hear);
    const seen: Live[] = [];
    cache.watch(secrets, (object) => seen.push(object));
    await settle();
    const stored = server.put(secret);
    await settle();
    server.drop(stored);
    await settle();
    expect(seen).toHaveLength(3);
    for (const object of seen) {
      expect(JSON.stringify(object)).not.toMatch(/hunter2|aHVudGVyMg/);
      expect(mapAt(object, "data")).toEqual({ password: "" });
      expect(object.metadata.annotations).toMatchObject({ keep: "me" });
    }
  });

  it("of any object is not who manages its fields, nor what was last applied", async () => {
    const managed = Object.assign(configMap("a"), {
      metadata: { ...secret.metadata, name: "a", managedFields: [{ manager: "x" }] },
    });
    await watching(managed);
    expect(JSON.stringify(cache.all(configMaps))).not.toMatch(/managedFields|last-applied/);
  });

  it("cannot be changed by who reads it", async () => {
    await watching(configMap("a", { x: "1" }));
    const [object] = cache.all(configMaps);
    for (const part of [object, object?.metadata, object?.["data"]]) expect(Object.isFrozen(part)).toBe(true);
  });
});

describe("a snapshot", () => {
  const ref = { ...configMaps, namespace: "here", name: "a" };

  it("stays as it was, whatever the watch brings", async () => {
    await watching(configMap("a", { x: "1" }), configMap("b"));
    const seen = cache.snapshot([configMaps], "here", 0);
    const a = server.put(configMap("a", { x: "2" }));
    server.put(configMap("c"));
    await settle();
    server.put({ ...a, data: { x: "3" } });
    server.drop(configMap("b"));
    await settle();
    expect(at(seen.get(ref), "data", "x")).toBe("1");
    expect(seen.list(configMaps).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    seen.release();
    const later = cache.snapshot([configMaps], "here", 0);
    expect(at(later.get(ref), "data", "x")).toBe("3");
    expect(later.list(configMaps).map(({ metadata }) => metadata.name)).toEqual(["a", "c"]);
    later.release();
  });

  it("holds also over a list that replaces everything", async () => {
    await watching(configMap("a"), configMap("b"));
    const seen = cache.snapshot([configMaps], "here", 0);
    server.restore(500, configMap("c"));
    cache.relist(ref);
    await settle();
    expect(names()).toEqual(["c"]);
    expect(seen.list(configMaps).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    expect(seen.get(ref)?.metadata.name).toBe("a");
    seen.release();
  });

  it("lists by labels, in the order of names", async () => {
    const labelled = (name: string, labels: Record<string, string>): Live =>
      live({ ...configMaps, metadata: { name, labels } });
    await watching(labelled("z", { app: "x" }), labelled("a", { app: "x", tier: "1" }), labelled("m", { app: "y" }));
    const seen = cache.snapshot([configMaps], "here", 0);
    const listed = (labels: Record<string, string>): string[] =>
      seen.list(configMaps, { labels }).map(({ metadata }) => metadata.name);
    expect(listed({ app: "x" })).toEqual(["a", "z"]);
    expect(listed({ app: "x", tier: "1" })).toEqual(["a"]);
    expect(listed({ app: "none" })).toEqual([]);
    expect(seen.list(configMaps, { namespace: "elsewhere" })).toEqual([]);
    seen.release();
  });

  it("finds the objects of a subject also after they changed hands", async () => {
    const owned = (uid: string): Live =>
      live({ ...configMaps, metadata: { name: "a", labels: { [identity.subject]: uid } } });
    await watching(owned("one"));
    const of = (uid: string): number => {
      const seen = cache.snapshot([configMaps], "here", 0);
      const found = seen.list(configMaps, { labels: { [identity.subject]: uid } }).length;
      seen.release();
      return found;
    };
    const before = cache.snapshot([configMaps], "here", 0);
    server.put(owned("two"));
    await settle();
    expect([of("one"), of("two")]).toEqual([0, 1]);
    expect(before.list(configMaps, { labels: { [identity.subject]: "one" } })).toHaveLength(1);
    expect(before.list(configMaps, { labels: { [identity.subject]: "two" } })).toHaveLength(0);
    before.release();
  });

  it("knows nothing of kinds that it was not taken of", async () => {
    await watching(configMap("a"));
    const seen = cache.snapshot([secrets], "here", 0);
    expect(seen.get(ref)).toBeUndefined();
    expect(seen.list(configMaps)).toEqual([]);
  });

  it("that a test builds answers like one of the cache", () => {
    const a = configMap("a");
    const built = snapshotOf(new Map([[kindKey(a), new Map([[refKey(refOf(a)), a]])]]));
    expect(built.get(ref)).toBe(a);
    expect(built.list(configMaps, { namespace: "here" })).toEqual([a]);
    expect(built.list(secrets)).toEqual([]);
  });
});

describe("a watch that ends", () => {
  it("cleanly is opened again where it was, without a list", async () => {
    await watching(configMap("a"));
    server.put(configMap("b"));
    await settle();
    server.stream().end();
    await clock.advance(2);
    server.put(configMap("c"));
    await settle();
    expect(watchedFrom()).toEqual(["101", "102"]);
    expect(names()).toEqual(["a", "b", "c"]);
    expect(lists()).toBe(1);
  });

  it("goes on from its last bookmark where nothing else came", async () => {
    await watching(configMap("a"));
    server.version = 150;
    server.stream().bookmark("150");
    await settle();
    server.stream().end();
    await clock.advance(2);
    expect(watchedFrom()).toEqual(["101", "150"]);
  });

  it("by a broken connection is resumed after a moment, and what happened meanwhile is caught up with", async () => {
    await watching(configMap("a"));
    server.put(configMap("b"));
    await settle();
    server.stream().cut();
    await settle();
    const b = server.put(configMap("b", { x: "2" }));
    server.put(configMap("c"));
    server.drop(b);
    await clock.advance(2);
    expect(restarts).toEqual(["ConfigMap: broken"]);
    expect(watchedFrom()).toEqual(["101", "102"]);
    expect(names()).toEqual(["a", "c"]);
    expect(lists()).toBe(1);
  });

  it("at once every time is not opened in a hot loop", async () => {
    await watching();
    const before = server.calls.length;
    for (let i = 0; i < 20; i++) {
      server.stream().end();
      await clock.advance(0.1);
    }
    expect(server.calls.length - before).toBeLessThanOrEqual(6);
  });
});

describe("a watch that has lost its place lists again", () => {
  it("where the version is too old to watch from", async () => {
    await watching(configMap("a"));
    server.stream().cut();
    await settle();
    server.put(configMap("b"));
    server.drop(configMap("a"));
    server.compact();
    await clock.advance(5);
    expect(restarts).toEqual(["ConfigMap: broken", "ConfigMap: HTTP 410"]);
    expect(names()).toEqual(["b"]);
    expect(heard.sort()).toEqual(["a", "b"]);
  });

  it.each([
    [
      "it is told so in the middle of the stream",
      () => server.stream().event("ERROR", refusal(410, "Expired").body),
      "HTTP 410",
    ],
    ["a line is no JSON", () => server.stream().send('{"type":"MODIF'), "garbled"],
    ["a line is no event", () => server.stream().send('{"some":"thing"}'), "garbled"],
    [
      "an event has no object",
      () => server.stream().event("ADDED", { metadata: { resourceVersion: "999" } }),
      "garbled",
    ],
    [
      "the server fails in the middle of the stream",
      () => server.stream().event("ERROR", refusal(500, "InternalError").body),
      "HTTP 500",
    ],
  ])("where %s", async (_, happen, reason) => {
    await watching(configMap("a"));
    server.deaf = true;
    server.put(configMap("b"));
    server.deaf = false;
    happen();
    await clock.advance(5);
    expect(restarts).toEqual([`ConfigMap: ${reason}`]);
    expect(names()).toEqual(["a", "b"]);
    expect(lists()).toBe(2);
  });

  it("where the list itself runs out of time between two pages", async () => {
    server.pageSize = 1;
    server.instead = ({ query }) =>
      query?.["continue"] === "1" && restarts.length === 0 ? refusal(410, "Expired") : undefined;
    await watching(configMap("a"), configMap("b"));
    await clock.advance(5);
    expect(restarts).toEqual(["ConfigMap: HTTP 410"]);
    expect(names()).toEqual(["a", "b"]);
  });

  it("when it is told to, and hears of what had been missed", async () => {
    await watching(configMap("a"));
    server.deaf = true;
    server.put(configMap("b"));
    await settle();
    expect(names()).toEqual(["a"]);
    cache.relist({ ...configMaps, namespace: "here", name: "b" });
    await settle();
    expect(names()).toEqual(["a", "b"]);
    expect(restarts).toEqual(["ConfigMap: relist"]);
  });

  it("and tells of objects that were deleted meanwhile, as they last were", async () => {
    await watching(configMap("a", { x: "1" }), configMap("b"));
    const told: Live[] = [];
    cache.watch(configMaps, (object) => told.push(object));
    server.deaf = true;
    server.drop(configMap("a"));
    server.stream().event("ERROR", refusal(410, "Expired").body);
    await clock.advance(5);
    expect(told.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    expect(told[0]?.["data"]).toEqual({ x: "1" });
  });
});

describe("an API server that", () => {
  it("does not answer is asked later and later, half a minute apart at most, and never given up", async () => {
    server.instead = () => new Error("connect ECONNREFUSED");
    cache.watch(configMaps, hear);
    await clock.advance(600);
    const waits = clock.slept.map((milliseconds) => milliseconds / 1000);
    expect(waits.length).toBeGreaterThan(15);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
    expect(Math.max(...waits.slice(0, 2))).toBeLessThanOrEqual(1.6);
    expect(Math.min(...waits.slice(8))).toBeGreaterThanOrEqual(15);
    server.instead = () => undefined;
    server.put(configMap("a"));
    await clock.advance(31);
    expect(names()).toEqual(["a"]);
  });

  it("lists but does not let us watch is not listed over and over", async () => {
    server.instead = ({ query }) => (query?.["watch"] === undefined ? undefined : refusal(403, "Forbidden"));
    await watching(configMap("a"));
    await clock.advance(300);
    expect(lists()).toBeLessThanOrEqual(25);
    expect(names()).toEqual(["a"]);
    expect(new Set(restarts)).toEqual(new Set(["ConfigMap: HTTP 403"]));
  });

  it("does not know the kind yet is asked quietly until it does", async () => {
    const deployments = { apiVersion: "apps/v1", kind: "Teapot" };
    cache.watch(deployments, hear);
    await clock.advance(60);
    expect(new Set(restarts)).toEqual(new Set(["Teapot: unknown kind"]));
    expect(cache.missing).toEqual(["apps/v1/Teapot here"]);
    expect(restarts.length).toBeLessThanOrEqual(12);
  });

  it("was restored from a backup and counts from lower is believed, though it says nothing to who asks from later", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
    await watching(configMap("a"), configMap("b"));
    server.stream().bookmark("5000");
    await settle();
    server.stream().cut();
    await settle();
    server.restore(200, configMap("b"), configMap("c"));
    await clock.advance(2);
    expect(server.stream().call.query).toMatchObject({ resourceVersion: "5000" });
    jest.advanceTimersByTime(100_000);
    await clock.advance(5);
    expect(restarts).toEqual(["ConfigMap: broken", "ConfigMap: silent"]);
    expect(names()).toEqual(["b", "c"]);
    server.put(configMap("d"));
    await settle();
    expect(names()).toEqual(["b", "c", "d"]);
    await cache.reached({ ...configMaps, namespace: "here", name: "d" }, "203");
  });
});

describe("a stream that is silent", () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  });

  it("for longer than bookmarks take is given up, and what was missed is caught up with", async () => {
    await watching(configMap("a"));
    server.deaf = true;
    server.put(configMap("b"));
    const dead = server.stream();
    jest.advanceTimersByTime(80_000);
    await clock.advance(2);
    expect(dead.open).toBe(true);
    jest.advanceTimersByTime(20_000);
    await clock.advance(5);
    expect(dead.open).toBe(false);
    expect(restarts).toEqual(["ConfigMap: silent"]);
    expect(names()).toEqual(["a", "b"]);
  });

  it("but for bookmarks is alive", async () => {
    await watching(configMap("a"));
    for (let minute = 0; minute < 5; minute++) {
      jest.advanceTimersByTime(60_000);
      server.stream().bookmark(String(200 + minute));
      await settle();
    }
    expect(server.streams).toHaveLength(1);
    expect(restarts).toEqual([]);
  });
});

describe("a listener that throws", () => {
  it("keeps neither the watch nor other listeners from going on", async () => {
    cache.watch(configMaps, ({ metadata }) => {
      if (metadata.name === "poison") throw new Error("no");
    });
    await watching(configMap("poison"), configMap("a"));
    server.put(configMap("poison", { x: "2" }));
    server.put(configMap("b"));
    await settle();
    expect(heard).toEqual(["poison", "b"]);
    expect(names()).toEqual(["a", "b", "poison"]);
    expect(lists()).toBe(1);
    expect(restarts.length).toBeGreaterThan(0);
  });
});

describe("a version is reached", () => {
  const ref = { ...configMaps, namespace: "here", name: "a" };
  /** Whether waiting for a version ends. */
  async function reached(version: string): Promise<() => boolean> {
    let over = false;
    const waiting = async (): Promise<void> => {
      await cache.reached(ref, version);
      over = true;
    };
    void waiting();
    await settle();
    return () => over;
  }

  it.each([
    ["an event of any object of the kind", () => server.put(configMap("other"))],
    ["a bookmark", () => server.stream().bookmark("102")],
    [
      "a list",
      () => {
        server.version = 102;
        cache.relist(ref);
      },
    ],
    ["a deletion", () => server.drop(configMap("a"))],
  ])("by %s", async (_, happen) => {
    await watching(configMap("a"));
    const over = await reached("102");
    expect(over()).toBe(false);
    happen();
    await settle();
    expect(over()).toBe(true);
  });

  it("at once where it was passed already, or where nobody watches the kind", async () => {
    await watching(configMap("a"));
    expect((await reached("101"))()).toBe(true);
    await cache.reached({ ...secrets, namespace: "here", name: "s" }, "999");
  });

  it("not by an older one", async () => {
    await watching(configMap("a"));
    const over = await reached("105");
    server.stream().bookmark("104");
    await settle();
    expect(over()).toBe(false);
  });
});
