import fc from "fast-check";
import { covers, quantityOf, same } from "./covers.ts";

describe("what is live covers what is wanted", () => {
  it.each([
    ["equal values", { a: 1, b: "x", c: true }, { a: 1, b: "x", c: true }],
    ["a field that the server defaulted", { a: 1, protocol: "TCP" }, { a: 1 }],
    ["a field that is wanted as undefined", { a: 1 }, { a: 1, b: undefined }],
    ["an annotation of another manager", { annotations: { ours: "1", theirs: "2" } }, { annotations: { ours: "1" } }],
    [
      "list members in another order, found by their name",
      [{ name: "b" }, { name: "a", image: "i" }],
      [{ name: "a", image: "i" }, { name: "b" }],
    ],
    ["a sidecar that another manager added", [{ name: "a" }, { name: "sidecar" }], [{ name: "a" }]],
    [
      "two service ports of one number, told apart by name",
      [
        { port: 53, name: "tcp", protocol: "TCP" },
        { port: 53, name: "udp", protocol: "UDP" },
      ],
      [
        { port: 53, name: "udp" },
        { port: 53, name: "tcp" },
      ],
    ],
    ["a quantity written in another way", { requests: { cpu: "1" } }, { requests: { cpu: "1000m" } }],
    ["a quantity wanted as a number", { limits: { cpu: "2" } }, { limits: { cpu: 2 } }],
    ["a quantity of another unit", { sizeLimit: "1Gi" }, { sizeLimit: "1024Mi" }],
    ["an empty map that the server dropped", {}, { annotations: {} }],
    ["an empty map that the server kept", { emptyDir: {} }, { emptyDir: {} }],
    ["an empty map that the server filled", { securityContext: { runAsUser: 1 } }, { securityContext: {} }],
    ["an atomic list", ["ReadWriteOnce"], ["ReadWriteOnce"]],
    ["nothing wanted", { a: 1 }, undefined],
    ["an empty list that the server dropped", { name: "a" }, { name: "a", args: [] }],
    ["a switch that is off, which the server drops", {}, { hostNetwork: false }],
    ["a mount that may be written to, which the server drops", [{ name: "run" }], [{ name: "run", readOnly: false }]],
    ["an empty environment variable, which the server drops", [{ name: "A" }], [{ name: "A", value: "" }]],
    ["a delay of nothing, which the server drops", { periodSeconds: 5 }, { periodSeconds: 5, initialDelaySeconds: 0 }],
    ["a switch that is on", { readOnly: true }, { readOnly: true }],
    ["a list member that is found behind what is no map", [null, "b", { name: "a" }], [{ name: "a" }]],
    ["no size at all, as text", { requests: { cpu: "0" } }, { requests: { cpu: 0 } }],
    ["a size whose decimals leave a rounding error", { limits: { disk: "4.35G" } }, { limits: { disk: "4350M" } }],
  ])("%s", (_, live, wanted) => {
    expect(covers(live, wanted)).toBe(true);
  });

  it.each([
    ["another value", { a: 1 }, { a: 2 }],
    ["another type of value", { a: "true" }, { a: true }],
    ["a field that someone dropped", { a: 1 }, { a: 1, b: 2 }],
    ["a map that someone dropped", {}, { resources: { limits: { cpu: "1" } } }],
    ["a map in place of a list", { ports: {} }, { ports: [{ port: 80 }] }],
    ["a list in place of a map", { labels: [] }, { labels: { a: "b" } }],
    ["null in place of a map", { labels: null }, { labels: { a: "b" } }],
    ["a list member that someone dropped", [{ name: "a" }], [{ name: "a" }, { name: "b" }]],
    ["a list member that someone changed", [{ name: "a", image: "new" }], [{ name: "a", image: "old" }]],
    ["an atomic list that grew", ["a", "b"], ["a"]],
    ["an atomic list in another order", ["b", "a"], ["a", "b"]],
    ["an atomic list of maps that grew", [{ podSelector: {} }, { ipBlock: {} }], [{ podSelector: {} }]],
    ["another quantity", { limits: { cpu: "1001m" } }, { limits: { cpu: "1" } }],
    ["a port of another type, which the server keeps as it is written", { targetPort: 80 }, { targetPort: "80" }],
    ["an image of another tag", { image: "a:1.10" }, { image: "a:1.1" }],
    ["nothing at all", undefined, { a: 1 }],
    ["a protection that someone dropped", {}, { allowPrivilegeEscalation: false }],
    ["a token that someone lets in", {}, { automountServiceAccountToken: false }],
    ["an empty file that someone dropped", { data: {} }, { data: { empty: "" } }],
    ["a number of none that someone dropped", {}, { replicas: 0 }],
    ["a switch that someone dropped", {}, { hostNetwork: true }],
    ["a delay that someone dropped", {}, { initialDelaySeconds: 5 }],
    ["a value that someone dropped", [{ name: "A" }], [{ name: "A", value: "x" }]],
    ["members of a list that is to be empty", { args: ["a"] }, { args: [] }],
  ])("not where it has %s", (_, live, wanted) => {
    expect(covers(live, wanted)).toBe(false);
  });

  it.each([
    ["4100m", "4.1"],
    ["8200m", "8.2"],
    ["1100m", "1.1"],
    ["100m", "0.1"],
    ["57m", 0.057],
    ["1Pi", "1024Ti"],
    ["1k", "1e3"],
  ])("the quantity %s, which the server makes of %s", (live, wanted) => {
    expect(covers({ resources: { limits: { cpu: live } } }, { resources: { limits: { cpu: wanted } } })).toBe(true);
  });

  it.each([
    ["a ConfigMap", { data: { version: "1.0" } }, { data: { version: "1" } }],
    ["an argument", { args: ["--mode", "0700"] }, { args: ["--mode", "700"] }],
    ["an environment variable", { env: [{ name: "N", value: "1000" }] }, { env: [{ name: "N", value: "1k" }] }],
    ["an annotation", { metadata: { annotations: { n: "1.0" } } }, { metadata: { annotations: { n: "1" } } }],
  ])("not text that only looks like the same number: in %s", (_, live, wanted) => {
    expect(covers(live, wanted)).toBe(false);
  });
});

describe("lists and fields that the API server knows", () => {
  it.each(["containerPort", "port", "mountPath", "topologyKey", "name", "ip", "type", "uid", "key"])(
    "members of a list are found by their %s",
    (key) => {
      const live = [{ [key]: "b" }, { [key]: "c" }, { [key]: "a", defaulted: true }];
      expect(covers(live, [{ [key]: "a" }, { [key]: "b" }])).toBe(true);
      expect(covers(live, [{ [key]: "a" }, { [key]: "d" }])).toBe(false);
    },
  );

  it.each(["requests", "limits", "capacity", "hard"])("the fields of %s are quantities", (field) => {
    expect(covers({ [field]: { cpu: "1" } }, { [field]: { cpu: "1000m" } })).toBe(true);
  });

  it.each(["sizeLimit", "storage"])("%s is a quantity", (field) => {
    expect(covers({ [field]: "1Gi" }, { [field]: "1024Mi" })).toBe(true);
  });

  it.each(["hostNetwork", "hostPID", "hostIPC", "readOnly", "stdin", "stdinOnce", "tty"])(
    "%s is dropped where it is false",
    (field) => {
      expect(covers({}, { [field]: false })).toBe(true);
    },
  );

  it.each(["initialDelaySeconds", "minReadySeconds"])("%s is dropped where it is 0", (field) => {
    expect(covers({}, { [field]: 0 })).toBe(true);
  });
});

describe("a quantity", () => {
  it.each([
    ["1e10", 1e10],
    ["2E+3", 2000],
    ["5e-1", 0.5],
    ["1Gi5", undefined],
    ["1 Gi", undefined],
    [["5"], undefined],
    ["500m", 0.5],
    ["1Gi", 2 ** 30],
    ["2", 2],
    [3, 3],
    ["1.5k", 1500],
    ["-1", -1],
    ["", undefined],
    ["Gi", undefined],
    ["1Zi", undefined],
    ["a1", undefined],
    [true, undefined],
  ])("%j is %s", (text, size) => {
    expect(quantityOf(text)).toBe(size);
  });
});

/** Values as manifests have them: no member of a list without a name that tells it apart. */
const { value } = fc.letrec<{ value: unknown; map: Record<string, unknown>; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  map: fc.dictionary(fc.constantFrom("spec", "image", "replicas", "labels", "x"), tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    tie("map"),
    fc.array(tie("leaf"), { maxLength: 3 }),
    fc.uniqueArray(
      fc.tuple(fc.constantFrom("a", "b", "c"), tie("map")).map(([name, rest]) => ({ ...rest, name })),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
  ),
}));
const filled = fc.dictionary(fc.constantFrom("spec", "image", "replicas"), value, { minKeys: 1, maxKeys: 3 });

describe("covers", () => {
  it("holds for a value and itself", () => {
    fc.assert(fc.property(value, (x) => expect(covers(x, structuredClone(x))).toBe(true)));
  });

  it("holds for a value with more fields at every depth of maps", () => {
    const more = (x: unknown): unknown => {
      if (Array.isArray(x)) return x.map((each: unknown) => (typeof each === "object" ? more(each) : each));
      if (typeof x !== "object" || x === null) return x;
      return { ...Object.fromEntries(Object.entries(x).map(([key, inner]) => [key, more(inner)])), defaulted: true };
    };
    fc.assert(fc.property(value, (x) => expect(covers(more(x), x)).toBe(true)));
  });

  it("fails for a value without one of its fields, but for an empty map or list", () => {
    fc.assert(
      fc.property(filled, fc.nat(), (x, index) => {
        const fields = Object.keys(x);
        const dropped = fields[index % fields.length] ?? "";
        const { [dropped]: gone, ...rest } = x;
        const empty = ["{}", "[]"].includes(JSON.stringify(gone));
        expect(covers(rest, x)).toBe(empty);
      }),
    );
  });
});

it("two values are the same whatever the order of their fields", () => {
  expect(same({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: 1 }, { a: 1, b: 2 })).toBe(false);
});
