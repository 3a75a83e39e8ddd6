import {
  certificateAnnotation,
  compose,
  everyCertificate,
  expiryAnnotation,
  issued,
  keysOf,
  type SecretRecipe,
  SourceMissing,
  SourceUnfit,
  sourcesOf,
  timestampOf,
  turned,
} from "./recipe.ts";

const recipe: SecretRecipe = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "server", annotations: { theirs: "x" } },
  recipe: { password: { generate: "password", length: 8 }, url: { parts: ["a", { secret: "other", key: "k" }] } },
};
const certificate = { authority: "ca", incarnation: "u", names: ["a.example"], from: 0, until: 29_449_440 } as const;
const copied = { ...recipe, recipe: {}, certificate: { copyOf: "theirs", host: "a.example" } };

describe("a Secret with a certificate of ours", () => {
  it("says until when it is good, and what it is for, beside what it said before", () => {
    const { metadata } = issued(recipe, certificate);
    expect(metadata.annotations).toEqual({
      theirs: "x",
      "nephos.dev/certificate": expect.stringMatching(/^[0-9a-f]{16}$/),
      "nephos.dev/not-after": "2025-12-29T00:00:00Z",
    });
    expect([certificateAnnotation, expiryAnnotation].every((name) => name in (metadata.annotations ?? {}))).toBe(true);
  });

  it("stays what it was, with the certificate", () => {
    expect(issued(recipe, certificate)).toMatchObject({ kind: "Secret", recipe: recipe.recipe, certificate });
    expect(issued(recipe, certificate).metadata.name).toBe("server");
  });

  it("is another for every other name, and the same for the same", () => {
    const markOf = (names: readonly string[]) =>
      issued(recipe, { ...certificate, names }).metadata.annotations?.[certificateAnnotation];
    expect(markOf(["b.example"])).not.toBe(markOf(["a.example"]));
    expect(markOf(["a.example"])).toBe(markOf(["a.example"]));
  });
});

describe("the keys of a whole Secret", () => {
  it.each([
    ["are those of its recipe", recipe, ["password", "url"]],
    [
      "of a ring are the next one: how many there are besides is its own business",
      { ...recipe, keyRing: { keep: 3 } },
      ["0"],
    ],
    ["with a certificate are that and its key", issued(recipe, certificate), ["tls.crt", "tls.key"]],
  ])("%s", (_, of, keys) => {
    expect(keysOf(of)).toEqual(keys);
  });
});

describe("what a Secret draws on", () => {
  it("is every value that stands in its texts", () => {
    expect(sourcesOf(recipe)).toEqual([{ secret: "other", key: "k" }]);
  });

  it("is both halves of a certificate that it takes over, and nothing of one that is made for it", () => {
    expect(sourcesOf(copied)).toEqual([
      { secret: "theirs", key: "tls.crt" },
      { secret: "theirs", key: "tls.key" },
    ]);
    expect(sourcesOf(issued({ ...recipe, recipe: {} }, certificate))).toEqual([]);
  });
});

describe("a composed text", () => {
  const valueOf = (value: string) => () => value;

  it("has a value as it is, and as a part of a URL only where it says so", () => {
    const parts = ["<", { secret: "a", key: "k" }, "|", { secret: "a", key: "k", as: "url" }, ">"] as const;
    expect(compose(parts, valueOf("a/b*"))).toBe("<a/b*|a%2Fb%2A>");
  });

  it("is not made of what is not there: the error is told by its name and says which it is", () => {
    const missing = (): string => compose([{ secret: "a", key: "k" }], () => undefined);
    expect(missing).toThrow(SourceMissing);
    expect(missing).toThrow(expect.objectContaining({ name: "SourceMissing", source: { secret: "a", key: "k" } }));
    expect(missing).toThrow("Secret a with key k is missing");
    expect(new SourceUnfit("no").name).toBe("SourceUnfit");
  });
});

it("a ring moves on from the highest of its keys, in whatever order they come and however many there are", () => {
  const keys = Object.fromEntries([10, 9, 2, 0].map((number) => [number, `key-${number}`]));
  expect(turned(keys, "fresh", { keep: 4 })).toEqual({ 0: "fresh", 9: "key-9", 10: "key-10", 11: "key-0" });
});

it("a minute is written as Kubernetes writes times, to the second", () => {
  expect(timestampOf(1)).toBe("1970-01-01T00:01:00Z");
});

it("what stands for every certificate of a Secret is no key that it could have", () => {
  expect(everyCertificate).not.toMatch(/^[-._a-zA-Z0-9]*$/);
});
