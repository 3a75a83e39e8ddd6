import { type Client, kubeClient } from "./client.ts";
import { ApiError, UnknownKind } from "./outcome.ts";
import { FakeServer, refusal } from "./testing/fake-server.ts";
import { configMap, live } from "./testing/objects.ts";

let server: FakeServer;
let client: Client;
beforeEach(() => {
  server = new FakeServer();
  client = kubeClient(server);
});

const settings = { apiVersion: "v1", kind: "ConfigMap", namespace: "here", name: "settings" };

describe("the paths of a client", () => {
  it("come from discovery, which is asked once per group and version", async () => {
    server.put(configMap("settings"));
    await client.get(settings);
    await client.get(settings);
    await Promise.all([
      client.list({ apiVersion: "v1", kind: "Secret" }, {}),
      client.list({ apiVersion: "v1", kind: "Node" }, {}),
    ]);
    expect(server.calls.map(({ path }) => path)).toEqual([
      "/api/v1",
      "/api/v1/namespaces/here/configmaps/settings",
      "/api/v1/namespaces/here/configmaps/settings",
      "/api/v1/secrets",
      "/api/v1/nodes",
    ]);
  });

  it("leave out the namespace of what has none", async () => {
    server.put(live({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } }));
    await client.get({ apiVersion: "v1", kind: "Node", namespace: "here", name: "n1" });
    expect(server.calls.at(-1)?.path).toBe("/api/v1/nodes/n1");
  });

  it("have names encoded, so that none reaches into another path", async () => {
    await expect(client.get({ ...settings, name: "../a:B.c" })).rejects.toThrow(ApiError);
    expect(server.calls.at(-1)?.path).toBe("/api/v1/namespaces/here/configmaps/..%2Fa%3AB.c");
  });

  it.each([
    ["of a known group", "v1", "Teapot"],
    ["of a group that is not there", "nowhere.dev/v1", "Teapot"],
  ])("do not exist for an unknown kind %s, which is asked for again each time", async (_, apiVersion, kind) => {
    const ask = () => client.get({ apiVersion, kind, namespace: "here", name: "x" });
    await expect(ask()).rejects.toThrow(new UnknownKind(`the API server does not know ${apiVersion}/${kind}`));
    const before = server.calls.length;
    await expect(ask()).rejects.toThrow(UnknownKind);
    expect(server.calls).toHaveLength(before + 1);
  });

  it("are found once a discovery that failed works again", async () => {
    server.put(configMap("settings"));
    server.instead = () => refusal(503, "ServiceUnavailable");
    await expect(client.get(settings)).rejects.toMatchObject({ status: 503 });
    server.instead = () => undefined;
    await expect(client.get(settings)).resolves.toMatchObject({ metadata: { name: "settings" } });
  });
});

describe("an answer", () => {
  it.each([
    [404, "NotFound"],
    [409, "Conflict"],
    [422, "Invalid"],
    [500, "InternalError"],
  ])("of %i %s becomes an error that says so", async (status, reason) => {
    server.instead = ({ path }) => (path.endsWith("/settings") ? refusal(status, reason) : undefined);
    await expect(client.get(settings)).rejects.toMatchObject({ status, reason, message: `${reason} (${status})` });
  });

  it("says how long to stay away", async () => {
    server.instead = () => refusal(429, "TooManyRequests", 7);
    await expect(client.raw({ method: "GET", path: "/version" })).rejects.toMatchObject({ retryAfterInSeconds: 7 });
  });

  it("that is no object is an error, as of a proxy that answers with a page of its own", async () => {
    server.instead = ({ path }) =>
      path.endsWith("/settings") ? { status: 200, retryAfterInSeconds: undefined, body: undefined } : undefined;
    await expect(client.get(settings)).rejects.toMatchObject({ status: 502 });
  });

  it("without words of its own is told by its number", async () => {
    server.instead = () => ({ status: 502, retryAfterInSeconds: undefined, body: undefined });
    await expect(client.raw({ method: "GET", path: "/version" })).rejects.toThrow("HTTP 502");
  });
});

it("a list comes in pages, each with the way to the next", async () => {
  for (let i = 0; i < 5; i++) server.put(configMap(`settings-${i}`));
  server.pageSize = 2;
  const names: string[] = [];
  let next = "";
  do {
    const page = await client.list(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace: "here", labelSelector: "a=b" },
      next,
    );
    names.push(...page.items.map((item) => JSON.stringify(item).replace(/.*"name":"([^"]*)".*/, "$1")));
    next = page.next;
  } while (next !== "");
  expect(names).toHaveLength(5);
  expect(server.callsOf("GET", "configmaps").map(({ query }) => query)).toEqual([
    { limit: "500", labelSelector: "a=b" },
    { limit: "500", labelSelector: "a=b", continue: "2" },
    { limit: "500", labelSelector: "a=b", continue: "4" },
  ]);
});

it("finalizers are set for exactly the version that was seen", async () => {
  const seen = server.put(configMap("settings"));
  await client.amend(seen, { "/metadata/finalizers": ["ours"] }).catch(() => undefined);
  expect(server.calls.at(-1)).toMatchObject({
    method: "PATCH",
    contentType: "application/json-patch+json",
    body: [
      { op: "test", path: "/metadata/resourceVersion", value: seen.metadata.resourceVersion },
      { op: "add", path: "/metadata/finalizers", value: ["ours"] },
    ],
  });
});
