import { Cache } from "../operator/cache.ts";
import { type Client, kubeClient } from "../operator/client.ts";
import { systemClock } from "../operator/clock.ts";
import type { Kind, Live } from "../operator/object.ts";
import { httpTransport, poolSize, type Transport } from "../operator/transport.ts";
import { accessFrom } from "./lab/access.ts";
import { watchBlocks } from "./scene/longest-block.ts";
import { Proxy } from "./scene/proxy.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-client-many";
const manager = "e2e-client";
const configMaps: Kind = { apiVersion: "v1", kind: "ConfigMap" };
const many = 5000;

let on: Scene;
let proxy: Proxy;
let transport: Transport;
/** Goes through the proxy; the scene's own client goes past it. */
let client: Client;
const stop = new AbortController();

beforeAll(async () => {
  on = await scene();
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=300s"]);
  await on.kubectl(["create", "namespace", namespace]);
  const through = await Proxy.before(accessFrom(on.cluster.kubeconfig));
  proxy = through.proxy;
  transport = httpTransport(through.access);
  client = kubeClient(transport);
});

afterAll(async () => {
  stop.abort();
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await transport.close();
  await proxy.stop();
  await on.transport.close();
});

const settings = (name: string) => ({
  ...configMaps,
  metadata: { name, namespace, labels: { many: "yes" } },
  data: { filler: "x".repeat(2000) },
});

it("a thousand reads at once take no more connections than the pool has, and leave none behind that is not reused", async () => {
  const ref = { ...configMaps, namespace, name: "kube-root-ca.crt" };
  await eventually(
    "the namespace's first ConfigMap",
    30,
    () => client.get(ref),
    () => true,
  );
  await Promise.all(Array.from({ length: 1000 }, () => client.get(ref)));
  await Promise.all(Array.from({ length: 1000 }, () => client.get(ref)));
  expect(proxy.connections).toBeLessThanOrEqual(poolSize);
  expect(proxy.open).toBeLessThanOrEqual(poolSize);
});

it(`a list of ${many} objects comes whole, in pages, and never holds up the event loop for long`, async () => {
  await Promise.all(Array.from({ length: many }, (_, index) => client.create(settings(`many-${index}`), manager)));
  const blocks = watchBlocks();
  const names = new Set<string>();
  let pages = 0;
  let next = "";
  do {
    const page = await client.list(configMaps, { namespace, labelSelector: "many=yes" }, next);
    for (const item of page.items) names.add(JSON.stringify(item).replace(/.*"name":"(many-\d+)".*/, "$1"));
    pages++;
    next = page.next;
  } while (next !== "");
  const longest = blocks.end();
  process.stdout.write(`longest pause of the event loop while listing ${many} objects: ${longest.toFixed(0)} ms\n`);
  expect(names.size).toBe(many);
  expect(pages).toBe(many / 500);
  expect(longest).toBeLessThan(100);
});

describe("a cache over the real API server", () => {
  const restarts: string[] = [];
  const heard = new Set<string>();
  let cache: Cache;

  beforeAll(async () => {
    cache = new Cache({
      client,
      clock: systemClock,
      namespaces: [namespace],
      signal: stop.signal,
      restarted: (_, reason) => restarts.push(reason),
    });
    cache.watch(configMaps, ({ metadata }: Live) => heard.add(metadata.name));
    await cache.ready();
  });

  /** Makes an object past the proxy, and waits until the cache has it and has told of it. */
  async function seen(name: string, inSeconds: number): Promise<void> {
    const made = await on.client.create(settings(name), manager);
    await eventually(
      `the cache to see ${name}`,
      inSeconds,
      () =>
        Promise.resolve(
          cache.all(configMaps).some(({ metadata }) => metadata.uid === made.metadata.uid) && heard.has(name),
        ),
      (there) => there,
    );
  }

  it("sees what is made while all is well", async () => {
    await seen("well", 10);
    expect(restarts).toEqual([]);
  });

  it("sees what is made after its connections were cut, again and again, without listing anew", async () => {
    for (const name of ["cut-1", "cut-2", "cut-3"]) {
      proxy.cut();
      await seen(name, 20);
    }
    expect(new Set(restarts)).toEqual(new Set(["broken"]));
  });

  it("notices what was deleted while nothing answered, and sees what is made once it does again", async () => {
    await proxy.stop();
    const ref = { ...configMaps, namespace, name: "cut-1" };
    await on.client.remove(ref, (await on.client.get(ref)).metadata.uid);
    heard.delete("cut-1");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await proxy.start();
    await seen("back", 60);
    expect(cache.all(configMaps).some(({ metadata }) => metadata.name === "cut-1")).toBe(false);
    expect(heard.has("cut-1")).toBe(true);
  });

  it("sees what is made after its connection went silent without being closed", async () => {
    proxy.stall();
    await seen("silent", 150);
    expect(restarts).toContain("silent");
  });

  it("answers calls again after connections of the pool went silent", async () => {
    const call = () => client.get({ ...configMaps, namespace, name: "well" });
    await Promise.all(Array.from({ length: 50 }, call));
    proxy.stall();
    await eventually("a call to be answered", 90, call, ({ metadata }) => metadata.name === "well");
  });
});
