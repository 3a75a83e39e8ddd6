import { farewell, requireRegistry, wishOf } from "./target.ts";

describe("what was asked for", () => {
  it("is a cluster of our own with one node where nothing is said; make passes on what is not set as empty", () => {
    const wish = { cluster: "embedded", name: "nephos", nodes: 1, registry: undefined };
    expect(wishOf({})).toEqual(wish);
    expect(wishOf({ CLUSTER: "", NODES: "", NAME: "", REGISTRY: "" })).toEqual(wish);
  });

  it("is refused with a sentence where it makes no sense", () => {
    expect(() => wishOf({ CLUSTER: "other" })).toThrow("CLUSTER is other; it can be embedded or current");
    expect(() => wishOf({ NODES: "none" })).toThrow("NODES is none; it has to be a number from 1");
  });

  it("needs a registry only where images have to get into somebody else's cluster", () => {
    const current = wishOf({ CLUSTER: "current" });
    expect(() => requireRegistry(current)).toThrow("needs REGISTRY=");
    expect(() => requireRegistry({ ...current, registry: "registry.example.org/nephos" })).not.toThrow();
    expect(() => requireRegistry(wishOf({}))).not.toThrow();
  });
});

describe("the last words", () => {
  const said = (env: Record<string, string>) => farewell(wishOf(env), "openstack");

  it("name what finds the same cloud again", () => {
    expect(said({})).toContain('eval "$(make env)"');
    expect(said({ NAME: "other" })).toContain('eval "$(make env NAME=other)"');
    expect(said({ NAME: "other" })).toContain("make down NAME=other.");
    expect(said({ CLUSTER: "current" })).toContain('eval "$(make env CLUSTER=current)"');
  });

  it("do not offer to take down somebody else's cluster", () => {
    expect(said({ CLUSTER: "current" })).not.toContain("make down");
  });
});
