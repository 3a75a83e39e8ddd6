import { imageDefaults, imageResolver } from "./images.ts";

const resolve = imageResolver({
  registry: "registry.example.org/nephos",
  references: { infra: "registry.example.org/nephos/infra@sha256:0123" },
});

describe("the reference of an image", () => {
  it.each([
    ["comes from the operator's registry", "keystone:2026.1", undefined, "registry.example.org/nephos/keystone:2026.1"],
    ["is the one the operator was installed with", "infra", undefined, "registry.example.org/nephos/infra@sha256:0123"],
    [
      "comes from the cloud's registry, whose digests nobody knows",
      "infra",
      { registry: "mirror:5000/n" },
      "mirror:5000/n/infra:latest",
    ],
    [
      "keeps its tag in the cloud's registry",
      "keystone:2026.1",
      { registry: "mirror:5000/n" },
      "mirror:5000/n/keystone:2026.1",
    ],
    [
      "is the cloud's own for that name, before all others",
      "infra",
      { registry: "mirror:5000/n", overrides: { infra: "elsewhere/infra:1" } },
      "elsewhere/infra:1",
    ],
    [
      "is not another name's",
      "keystone:2026.1",
      { overrides: { infra: "x" } },
      "registry.example.org/nephos/keystone:2026.1",
    ],
  ])("%s", (_, name, wishes, expected) => {
    expect(resolve(name, wishes)).toBe(expected);
  });
});

describe("the operator's defaults", () => {
  it("are the local registry where nothing is said", () => {
    expect(imageDefaults({})).toEqual({ registry: "localhost/nephos", references: {} });
  });

  it("come from its environment", () => {
    expect(imageDefaults({ NEPHOS_REGISTRY: "r", NEPHOS_IMAGES: '{"infra": "r/infra:1", "bad": 3}' })).toEqual({
      registry: "r",
      references: { infra: "r/infra:1" },
    });
  });

  it("stop the operator when they cannot be read", () => {
    expect(() => imageDefaults({ NEPHOS_IMAGES: "{" })).toThrow(SyntaxError);
  });
});
