import {
  at,
  controllerOf,
  isLive,
  isRecord,
  kindKey,
  listAt,
  mapAt,
  nameFor,
  numberAt,
  refKey,
  refOf,
  textAt,
} from "./object.ts";
import { live } from "./testing/objects.ts";

const web = live({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas: 2 } });

describe("the name of an object", () => {
  it("is what tells it from all others", () => {
    expect(refOf(web)).toEqual({ apiVersion: "apps/v1", kind: "Deployment", namespace: "here", name: "web" });
  });

  it("is one string for maps, with an empty place where there is no namespace", () => {
    expect(kindKey(web)).toBe("apps/v1/Deployment");
    expect(refKey(refOf(web))).toBe("apps/v1/Deployment/here/web");
    expect(refKey({ apiVersion: "v1", kind: "Node", name: "n1" })).toBe("v1/Node//n1");
  });

  it("is short for a person", () => {
    expect(nameFor(refOf(web))).toBe("Deployment web");
  });
});

describe("the owner of an object", () => {
  const owner = { apiVersion: "v1", kind: "A", name: "a", uid: "1" };
  const ownedBy = (...ownerReferences: NonNullable<typeof web.metadata.ownerReferences>) =>
    controllerOf({ ...web, metadata: { ...web.metadata, ownerReferences } });

  it("is the one that controls it", () => {
    const controlling = { ...owner, uid: "2", controller: true };
    expect(ownedBy(owner, { ...owner, controller: false }, controlling)).toEqual(controlling);
  });

  it("is nobody where none does", () => {
    expect(ownedBy(owner)).toBeUndefined();
    expect(controllerOf(web)).toBeUndefined();
  });
});

describe("what came over the wire", () => {
  const { apiVersion, kind, metadata } = web;

  it("is an object where it has all that every object has", () => {
    expect(isLive({ apiVersion, kind, metadata: { name: "a", uid: "1", resourceVersion: "7" } })).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["a text", "web"],
    ["one without metadata", { apiVersion, kind }],
    ["one whose metadata is a list", { apiVersion, kind, metadata: [] }],
    ["one without a version", { kind, metadata }],
    ["one without a kind", { apiVersion, metadata }],
    ["one without a name", { apiVersion, kind, metadata: { ...metadata, name: undefined } }],
    ["one without a uid", { apiVersion, kind, metadata: { ...metadata, uid: 1 } }],
    ["one without a resource version", { apiVersion, kind, metadata: { ...metadata, resourceVersion: 1 } }],
  ])("is none: %s", (_, value) => {
    expect(isLive(value)).toBe(false);
  });

  it("is a map where it has fields, unlike a list, a text and null", () => {
    expect([{}, { a: 1 }, [], "a", null, undefined].map(isRecord)).toEqual([true, true, false, false, false, false]);
  });
});

describe("the value at a path", () => {
  const value = { a: { number: 1, text: "x", list: [1], map: { b: 2 } } };

  it("is found, whatever it is", () => {
    expect(at(value, "a", "map", "b")).toBe(2);
    expect(at(value)).toBe(value);
    expect(numberAt(value, "a", "number")).toBe(1);
    expect(textAt(value, "a", "text")).toBe("x");
    expect(listAt(value, "a", "list")).toEqual([1]);
    expect(mapAt(value, "a", "map")).toEqual({ b: 2 });
  });

  it("is nothing where the path ends early or leads through a text or a list", () => {
    expect(at(value, "a", "b", "c")).toBeUndefined();
    expect(at(value, "a", "text", "length")).toBeUndefined();
    expect(at(value, "a", "list", "0")).toBeUndefined();
    expect(at(undefined, "a")).toBeUndefined();
  });

  it("is nothing, or empty, where it is of another kind", () => {
    expect(numberAt(value, "a", "text")).toBeUndefined();
    expect(textAt(value, "a", "number")).toBeUndefined();
    expect(listAt(value, "a", "map")).toEqual([]);
    expect(mapAt(value, "a", "list")).toEqual({});
  });
});
