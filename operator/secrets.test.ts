import fc from "fast-check";
import { kubeClient } from "./client.ts";
import { type Live, mapAt } from "./object.ts";
import { ApiError } from "./outcome.ts";
import {
  compose,
  isGenerated,
  isRecipe,
  type Ingredient,
  type SecretRecipe,
  SourceMissing,
  sourcesOf,
} from "./recipe.ts";
import { readSecretValue, SecretFiller } from "./secrets.ts";
import { FakeServer, refusal } from "./testing/fake-server.ts";
import { live } from "./testing/objects.ts";

const recipe = (
  ingredients: Readonly<Record<string, Ingredient>>,
  labels: Record<string, string> = {},
): SecretRecipe => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "wanted", namespace: "here", labels: { app: "keystone", ...labels } },
  recipe: ingredients,
});
const password: Ingredient = { generate: "password", length: 32 };
const url: Ingredient = { parts: ["mysql://keystone:", { secret: "db", key: "password" }, "@db/keystone"] };

let server: FakeServer;
let filler: SecretFiller;
/** Versions of the sources as the cache has them. */
let versions: Map<string, string>;

beforeEach(() => {
  versions = new Map();
  server = new FakeServer();
  filler = new SecretFiller(kubeClient(server), "cloud");
});

const encode = (text: string): string => Buffer.from(text).toString("base64");
const decode = (text: unknown): string => Buffer.from(String(text), "base64").toString();
const source = (value: string): Live =>
  server.put(
    live({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db" },
      data: { password: encode(value), other: encode("x") },
    }),
  );

/** One pass over a recipe: what the cache has, as the engine gives it. */
async function pass(wanted: SecretRecipe): Promise<Live | undefined> {
  const answer = await server.call({ method: "GET", path: "/api/v1/namespaces/here/secrets/wanted" });
  const { body } = answer;
  const metadata = mapAt(body, "metadata");
  const cached =
    answer.status === 404
      ? undefined
      : live({ apiVersion: "v1", kind: "Secret", metadata: { name: "wanted", ...metadata } });
  return filler.apply(wanted, cached, (name) => versions.get(name) ?? "");
}

const valuesOf = (secret: Live | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(mapAt(secret, "data")).map(([key, value]) => [key, decode(value)]));

/** The calls that one pass makes of its own. */
async function callsOf(wanted: SecretRecipe): Promise<string[]> {
  const before = server.calls.length;
  await pass(wanted);
  return server.calls.slice(before + 1).map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);
}

describe("a generated Secret", () => {
  it("is created, never applied, so that of two processes one is refused", async () => {
    const made = await pass(recipe({ password }));
    expect(valuesOf(made)["password"]).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(server.callsOf("POST")).toHaveLength(1);
    expect(server.callsOf("PATCH")).toHaveLength(0);
    const again = filler.apply(recipe({ password }), undefined, () => "");
    await expect(again).rejects.toMatchObject({ status: 409, reason: "AlreadyExists" });
  });

  it("costs no call once it is there, and its values stay", async () => {
    const made = await pass(recipe({ password }));
    expect(await callsOf(recipe({ password }))).toEqual([]);
    expect(await callsOf(recipe({ password, later: password }))).toEqual([]);
    expect(await readSecretValue(kubeClient(server), "here", { secret: "wanted", key: "password" })).toBe(
      valuesOf(made)["password"],
    );
  });

  it("gets its labels back without its values being touched", async () => {
    const made = await pass(recipe({ password }));
    const dressed = await pass(recipe({ password }, { step: "secrets" }));
    expect(dressed?.metadata.labels).toEqual({ app: "keystone", step: "secrets" });
    expect(server.callsOf("PATCH").map(({ body }) => Object.keys(mapAt({ body }, "body")))).toEqual([
      ["apiVersion", "kind", "metadata"],
    ]);
    expect(valuesOf(dressed)).toEqual(valuesOf(made));
  });

  it.each([1, 8, 64])(
    "has passwords of the length asked for (%i), of letters and digits that are not mistaken for each other",
    async (length) => {
      const made = await pass(recipe({ password: { generate: "password", length } }));
      expect(valuesOf(made)["password"]).toMatch(new RegExp(`^[A-HJ-NP-Za-km-z2-9]{${length}}$`));
    },
  );

  it("has Fernet keys of 32 bytes in URL-safe base64, each its own", async () => {
    const names = Array.from({ length: 20 }, (_, index) => String(index));
    const made = await pass(
      recipe(Object.fromEntries(names.map((name): [string, Ingredient] => [name, { generate: "fernetKey" }]))),
    );
    const keys = Object.values(valuesOf(made));
    expect(new Set(keys).size).toBe(20);
    for (const key of keys) {
      expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/);
      expect(Buffer.from(key, "base64url")).toHaveLength(32);
    }
  });
});

describe("a composed Secret", () => {
  it("is put together from its sources", async () => {
    source("s3cret");
    expect(valuesOf(await pass(recipe({ url })))).toEqual({ url: "mysql://keystone:s3cret@db/keystone" });
  });

  it("is not made while a source is missing, and says which", async () => {
    await expect(pass(recipe({ url }))).rejects.toThrow(new SourceMissing({ secret: "db", key: "password" }));
    source("s3cret");
    const wrongKey: Ingredient = { parts: [{ secret: "db", key: "none" }] };
    await expect(pass(recipe({ wrongKey }))).rejects.toThrow("Secret db with key none is missing");
    expect([...server.callsOf("POST"), ...server.callsOf("PATCH")]).toEqual([]);
  });

  it("costs no call at rest, after it was compared once", async () => {
    versions.set("db", source("s3cret").metadata.resourceVersion);
    await pass(recipe({ url }));
    expect(await callsOf(recipe({ url }))).toEqual(["GET db", "GET wanted"]);
    expect(await callsOf(recipe({ url }))).toEqual([]);
    expect(await callsOf(recipe({ url }))).toEqual([]);
  });

  it("is rewritten when a source changes, and only then", async () => {
    versions.set("db", source("old").metadata.resourceVersion);
    await pass(recipe({ url }));
    await pass(recipe({ url }));
    versions.set("db", source("new").metadata.resourceVersion);
    expect(valuesOf(await pass(recipe({ url })))).toEqual({ url: "mysql://keystone:new@db/keystone" });
    expect(await pass(recipe({ url }))).toBeUndefined();
    expect(await callsOf(recipe({ url }))).toEqual([]);
  });

  it("is rewritten when its own text changes", async () => {
    versions.set("db", source("s3cret").metadata.resourceVersion);
    await pass(recipe({ url }));
    await pass(recipe({ url }));
    const other: Ingredient = { parts: ["amqp://", { secret: "db", key: "password" }] };
    expect(valuesOf(await pass(recipe({ url: other })))).toEqual({ url: "amqp://s3cret" });
  });

  it("is repaired when somebody else changed it", async () => {
    versions.set("db", source("s3cret").metadata.resourceVersion);
    const made = await pass(recipe({ url }));
    await pass(recipe({ url }));
    if (made === undefined) throw new Error("not made");
    server.put({ ...made, data: { url: encode("broken") } });
    expect(valuesOf(await pass(recipe({ url })))).toEqual({ url: "mysql://keystone:s3cret@db/keystone" });
  });

  it("is compared again by a fresh process, without a write", async () => {
    versions.set("db", source("s3cret").metadata.resourceVersion);
    await pass(recipe({ url }));
    filler = new SecretFiller(kubeClient(server), "cloud");
    const writes = server.calls.filter(({ method }) => method !== "GET").length;
    expect(await pass(recipe({ url }))).toBeUndefined();
    expect(server.calls.filter(({ method }) => method !== "GET")).toHaveLength(writes);
  });

  it("leaves the generated values beside it as they are", async () => {
    versions.set("db", source("old").metadata.resourceVersion);
    const made = valuesOf(await pass(recipe({ password, url })));
    versions.set("db", source("new").metadata.resourceVersion);
    expect(valuesOf(await pass(recipe({ password, url })))).toEqual({
      ...made,
      url: "mysql://keystone:new@db/keystone",
    });
  });

  it("stays as it is while a source is gone", async () => {
    const db = source("s3cret");
    versions.set("db", db.metadata.resourceVersion);
    await pass(recipe({ url }));
    server.drop(db);
    versions.set("db", "");
    const writes = server.callsOf("PATCH").length;
    await expect(pass(recipe({ url }))).rejects.toThrow(SourceMissing);
    expect(server.callsOf("PATCH")).toHaveLength(writes);
  });
});

describe("a value of a Secret", () => {
  const read = (secret: string, key: string) => readSecretValue(kubeClient(server), "here", { secret, key });

  it("is read decoded; undefined where Secret or key is not there", async () => {
    source("pässword");
    expect(await read("db", "password")).toBe("pässword");
    expect(await read("db", "none")).toBeUndefined();
    expect(await read("none", "password")).toBeUndefined();
  });

  it("fails where the API server refuses, so that it is not taken for missing", async () => {
    const client = kubeClient(server);
    await client.list({ apiVersion: "v1", kind: "Secret" }, {});
    server.instead = () => refusal(403, "Forbidden");
    await expect(readSecretValue(client, "here", { secret: "db", key: "password" })).rejects.toThrow(ApiError);
  });
});

describe("a recipe", () => {
  it("is told from a manifest", () => {
    expect(isRecipe(recipe({}))).toBe(true);
    expect(isRecipe({ apiVersion: "v1", kind: "Secret", metadata: { name: "x" } })).toBe(false);
  });

  it("knows whether any of its values is made of nothing, and what the others draw on", () => {
    expect([recipe({ password, url }), recipe({ url }), recipe({})].map(isGenerated)).toEqual([true, false, false]);
    expect(sourcesOf(recipe({ password, url, again: url }))).toEqual([
      { secret: "db", key: "password" },
      { secret: "db", key: "password" },
    ]);
  });

  it("composes text in the order of its parts", () => {
    const values = new Map([["k", "value"]]);
    expect(compose(["a-", { secret: "s", key: "k" }, "-z"], ({ key }) => values.get(key))).toBe("a-value-z");
    expect(compose([{ secret: "s", key: "empty" }], () => "")).toBe("");
    expect(compose([], () => undefined)).toBe("");
  });

  it("writes a value as a part of a URL where it stands in one, whatever signs it has", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const text = compose(["mysql://u:", { secret: "s", key: "k", as: "url" }, "@h/db"], () => value);
        expect(decodeURIComponent(text.slice("mysql://u:".length, -"@h/db".length))).toBe(value);
        expect(text).toMatch(/^mysql:\/\/u:[A-Za-z0-9._~%-]*@h\/db$/);
      }),
    );
  });
});
