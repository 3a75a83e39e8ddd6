import type { Controller } from "./controller.ts";
import type { Live } from "./object.ts";
import { at } from "./object.ts";
import { startRuntime, type Runtime } from "./runtime.ts";
import { FakeServer, refusal } from "./testing/fake-server.ts";
import { HandClock, settle } from "./testing/hand-clock.ts";
import { live } from "./testing/objects.ts";

const teapot = { apiVersion: "example.dev/v1", kind: "Teapot" };
const configMap = { apiVersion: "v1", kind: "ConfigMap" };

let server: FakeServer;
let clock: HandClock;
let stop: AbortController;
/** Names of subjects, one for each pass. */
let passes: string[];

beforeEach(() => {
  server = new FakeServer();
  clock = new HandClock();
  stop = new AbortController();
  passes = [];
});
afterEach(() => stop.abort());

/** Keeps a ConfigMap with the colour of each Teapot. */
const painter: Controller = {
  name: "painter",
  kind: teapot,
  reads: [],
  owns: [configMap],
  plan: (subject) => {
    passes.push(subject.metadata.name);
    const data = { colour: String(at(subject, "spec", "colour")) };
    return {
      steps: [
        {
          name: "paint/pot",
          after: [],
          objects: [Object.assign({ data }, configMap, { metadata: { name: subject.metadata.name } })],
        },
      ],
    };
  },
  status: (subject, verdicts) => ({
    observedGeneration: subject.metadata.generation,
    painted: [...verdicts.values()].every(({ is }) => is === "done"),
    conditions: [],
  }),
};

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

function start(controller: Controller = painter): Runtime {
  return startRuntime({
    transport: server,
    controllers: [controller],
    namespaces: ["here"],
    clock,
    log,
    signal: stop.signal,
    instance: "test",
  });
}

let generation = 0;
const pot = (name: string, colour: string, metadata: Partial<Live["metadata"]> = {}): Live =>
  server.put(live({ ...teapot, metadata: { generation: ++generation, ...metadata, name }, spec: { colour } }));
const painted = async (name: string): Promise<unknown> => {
  const { body } = await server.call({ method: "GET", path: `/api/v1/namespaces/here/configmaps/${name}` });
  return at(body, "data", "colour");
};
/** Writes other than events. */
const writes = (): string[] =>
  server.calls
    .filter(({ method, path }) => method !== "GET" && !path.includes("events"))
    .map(({ method, path }) => `${method} ${path.split("/").slice(6).join("/")}`);

describe("the runtime", () => {
  it("makes what objects want, whether they were there before or come later, and reports", async () => {
    pot("early", "red");
    start();
    await clock.advance(1);
    pot("late", "blue");
    await clock.advance(1);
    expect([await painted("early"), await painted("late")]).toEqual(["red", "blue"]);
    const { body } = await server.call({ method: "GET", path: "/apis/example.dev/v1/namespaces/here/teapots/late" });
    expect(at(body, "status")).toMatchObject({ painted: true });
  });

  it("writes nothing at rest, also in a fresh process", async () => {
    pot("a", "red");
    start();
    await clock.advance(5);
    const before = writes();
    await clock.advance(2000);
    expect(writes()).toEqual(before);
    expect(passes.length).toBeGreaterThan(3);
    stop.abort();
    stop = new AbortController();
    start();
    await clock.advance(2000);
    expect(writes()).toEqual(before);
  });

  it("repairs what somebody changed or deleted", async () => {
    const subject = pot("a", "red");
    start();
    await clock.advance(2);
    const made = server.callsOf("PATCH", "configmaps").at(-1)?.body;
    server.put(
      live({
        ...configMap,
        metadata: Object.assign({}, at(made, "metadata"), { name: "a" }),
        data: { colour: "black" },
      }),
    );
    await clock.advance(2);
    expect(await painted("a")).toBe("red");
    server.drop(live({ ...configMap, metadata: { name: "a" } }));
    await clock.advance(2);
    expect(await painted("a")).toBe("red");
    expect(subject.metadata.name).toBe("a");
  });

  it("follows a change of the spec", async () => {
    pot("a", "red");
    start();
    await clock.advance(2);
    pot("a", "blue");
    await clock.advance(2);
    expect(await painted("a")).toBe("blue");
  });

  it("tells of a condition that warns when it comes, and never again, also in a fresh process", async () => {
    const loud: Controller = {
      ...painter,
      warnings: ["Loud"],
      status: (subject, verdicts, seen, facts) => {
        const is = at(subject, "spec", "colour") === "red" ? "True" : "False";
        const conditions = [{ type: "Loud", status: is, reason: "Red", message: "it is red", observedGeneration: 1 }];
        return { ...painter.status(subject, verdicts, seen, facts), conditions };
      },
    };
    const warned = (): unknown[] =>
      server.callsOf("POST", "events").flatMap(({ body }) => (at(body, "reason") === "Loud" ? [at(body, "note")] : []));
    pot("a", "red");
    pot("b", "blue");
    start(loud);
    await clock.advance(5);
    expect(warned()).toEqual(["it is red"]);
    await clock.advance(2000);
    stop.abort();
    stop = new AbortController();
    start(loud);
    await clock.advance(2000);
    expect(warned()).toEqual(["it is red"]);
  });

  it("forgets an object that is gone", async () => {
    const gone = pot("a", "red");
    start();
    await clock.advance(2);
    server.drop(gone);
    await clock.advance(2);
    const before = passes.length;
    await clock.advance(3000);
    expect(passes).toHaveLength(before);
  });

  it("works on each object once at a time, and on several at once", async () => {
    let under = 0;
    let most = 0;
    const overlaps: string[] = [];
    const working = new Set<string>();
    const slow: Controller = {
      ...painter,
      observe: async ({ metadata: { name } }) => {
        if (working.has(name)) overlaps.push(name);
        working.add(name);
        most = Math.max(most, ++under);
        await clock.sleep(500);
        under--;
        working.delete(name);
      },
    };
    for (const name of ["a", "b", "c"]) pot(name, "red");
    start(slow);
    for (let i = 0; i < 10; i++) {
      pot("a", `colour-${i}`);
      await clock.advance(0.2);
    }
    await clock.advance(10);
    expect(overlaps).toEqual([]);
    expect(most).toBe(3);
    expect(await painted("a")).toBe("colour-9");
  });

  it("waits until it sees its own writes before it writes again, and lists anew where they do not come", async () => {
    pot("a", "red");
    start();
    await clock.advance(2);
    server.deaf = true;
    server.stream("teapots").event("MODIFIED", pot("a", "blue"));
    await clock.advance(2);
    const before = writes().length;
    server.stream("teapots").event("MODIFIED", { ...pot("a", "blue"), metadata: { ...pot("a", "blue").metadata } });
    await clock.advance(5);
    expect(writes()).toHaveLength(before);
    await clock.advance(60);
    expect(await painted("a")).toBe("blue");
    const lists = server.callsOf("GET", "configmaps").filter(({ query }) => query?.["limit"] !== undefined);
    expect(lists.length).toBeGreaterThan(1);
  });

  it("is not ready before every kind was listed, and says which are not", async () => {
    server.instead = ({ path }) => (path.endsWith("/configmaps") ? refusal(403, "Forbidden") : undefined);
    pot("a", "red");
    const runtime = start();
    await clock.advance(10);
    expect(runtime.unready()).toBe("not listed yet: v1/ConfigMap here");
    expect(passes).toEqual([]);
    server.instead = () => undefined;
    await clock.advance(40);
    expect(runtime.unready()).toBeUndefined();
    expect(await painted("a")).toBe("red");
  });

  it("backs off from an object whose passes fail, without holding up others", async () => {
    pot("bad", "red");
    pot("good", "red");
    server.instead = ({ method, path }) =>
      method === "PATCH" && path.endsWith("configmaps/bad") ? refusal(500, "InternalError") : undefined;
    start();
    await clock.advance(60);
    expect(await painted("good")).toBe("red");
    const tries = server.callsOf("PATCH", "configmaps/bad").length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(25);
    server.instead = () => undefined;
    await clock.advance(61);
    expect(await painted("bad")).toBe("red");
  });

  it("looks again sooner at what waits for something outside", async () => {
    let there = false;
    const patient: Controller = {
      ...painter,
      pollInSeconds: 100,
      pollUndoneInSeconds: 5,
      plan: (subject, seen, facts) => {
        const waits = { name: "wait", after: [], objects: [] };
        const step = there ? waits : { ...waits, held: { is: "waiting", on: "paint" } as const };
        return { steps: [...painter.plan(subject, seen, facts).steps, step] };
      },
    };
    pot("a", "red");
    start(patient);
    await clock.advance(41);
    expect(passes.length).toBeGreaterThan(8);
    there = true;
    await clock.advance(6);
    const before = passes.length;
    await clock.advance(40);
    expect(passes.length).toBe(before);
  });

  it("survives a plan that throws: that object fails, others do not", async () => {
    const fragile: Controller = {
      ...painter,
      plan: (subject, seen, facts) => {
        if (subject.metadata.name === "bad") throw new Error("no");
        return painter.plan(subject, seen, facts);
      },
    };
    pot("bad", "red");
    pot("good", "red");
    start(fragile);
    await clock.advance(5);
    expect(await painted("good")).toBe("red");
  });

  it("stops when the pass under way is over, and begins no other", async () => {
    let release: () => void = quiet;
    const held: Controller = { ...painter, observe: () => new Promise<void>((resolve) => (release = resolve)) };
    pot("a", "red");
    const runtime = start(held);
    await clock.advance(1);
    let over = false;
    const watch = async (): Promise<void> => {
      await runtime.stopped;
      over = true;
    };
    void watch();
    stop.abort();
    await settle();
    expect(over).toBe(false);
    release();
    await settle();
    expect(over).toBe(true);
  });
});
