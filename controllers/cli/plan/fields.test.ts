import { changesOf, droppedFields } from "./fields.ts";

describe("the fields that differ", () => {
  it.each([
    ["a value", { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, [["spec.replicas", 1, 2]]],
    ["a new map", { spec: {} }, { spec: { a: { b: 1 } } }, [["spec.a", undefined, { b: 1 }]]],
    ["what only the server has", { spec: { a: 1, defaulted: 2 } }, { spec: { a: 1 } }, []],
    [
      "a member of a list by its name",
      {
        containers: [
          { name: "api", image: "a" },
          { name: "side", image: "s" },
        ],
      },
      { containers: [{ name: "api", image: "b" }] },
      [["containers[api].image", "a", "b"]],
    ],
    [
      "a member that is not there",
      { ports: [{ port: 1 }] },
      { ports: [{ port: 2 }] },
      [["ports[2]", undefined, { port: 2 }]],
    ],
    ["a list of values as a whole", { args: ["a", "b"] }, { args: ["a", "c"] }, [["args", ["a", "b"], ["a", "c"]]]],
    [
      "a name with dots",
      { annotations: { "a.b/c": "1" } },
      { annotations: { "a.b/c": "2" } },
      [['annotations."a.b/c"', "1", "2"]],
    ],
    [
      "one quantity among others that are only written otherwise",
      { requests: { cpu: "1", memory: "1Gi" } },
      { requests: { cpu: "1000m", memory: "2Gi" } },
      [["requests.memory", "1Gi", "2Gi"]],
    ],
  ])("are %s", (_, live, wanted, changes) => {
    expect(changesOf(live, wanted).map(({ path, from, to }) => [path, from, to])).toEqual(changes);
  });
});

describe("the fields that an apply takes away", () => {
  const entry = (fieldsV1: object, more: object = {}): object => ({
    manager: "ours",
    operation: "Apply",
    fieldsV1,
    ...more,
  });
  const live = {
    metadata: { name: "a", labels: { kept: "1", gone: "2", foreign: "3" } },
    spec: {
      ports: [
        { name: "http", port: 80 },
        { name: "old", port: 81 },
      ],
    },
  };
  const wanted = { metadata: { name: "a", labels: { kept: "1" } }, spec: { ports: [{ name: "http", port: 80 }] } };
  const owned = {
    "f:metadata": { "f:labels": { ".": {}, "f:kept": {}, "f:gone": {} } },
    "f:spec": {
      "f:ports": {
        'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {} },
        'k:{"port":81,"protocol":"TCP"}': { ".": {} },
      },
    },
  };

  it("are those that we once applied and want no more; not what others set", () => {
    expect(droppedFields([entry(owned)], "ours", live, wanted).map(({ path, to }) => [path, to])).toEqual([
      ["metadata.labels.gone", undefined],
      ["spec.ports[81, TCP]", undefined],
    ]);
  });

  it.each([
    ["another manager's", entry(owned, { manager: "theirs" })],
    ["an update's", entry(owned, { operation: "Update" })],
    ["the status's", entry(owned, { subresource: "status" })],
  ])("are not %s", (_, managed) => {
    expect(droppedFields([managed], "ours", live, wanted)).toEqual([]);
  });
});
