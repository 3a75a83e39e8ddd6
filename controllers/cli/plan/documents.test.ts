import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readingOf } from "./documents.ts";

const cloud = (spec: string, name = "demo"): string =>
  `apiVersion: nephos.dev/v1alpha1\nkind: Cloud\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

const invalid = join(import.meta.dirname, "..", "..", "..", "crds", "invalid");

describe("every document that an API server refuses", () => {
  it.each(readdirSync(invalid))("is refused without one: %s", (file) => {
    const { wishes, refusals } = readingOf(readFileSync(join(invalid, file), "utf8"));
    expect(wishes).toEqual([]);
    expect(refusals).not.toEqual([]);
  });
});

describe("reading a manifest", () => {
  it("finds every document of ours, and leaves the others alone", () => {
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: openstack}\n";
    const { wishes, refusals, notes } = readingOf(`${namespace}---\n${cloud('{release: "2026.1"}')}---\n`);
    expect(wishes.map(({ title, name }) => [title, name])).toEqual([["document 2 (Cloud demo)", "demo"]]);
    expect(refusals).toEqual([]);
    expect(notes).toEqual(["document 1 (Namespace openstack): v1 is none of our kinds and is not looked at"]);
  });

  it.each([
    [
      "an unknown release",
      cloud('{release: "1999.1"}'),
      'document 1 (Cloud demo): spec.release: "1999.1" is none of 2025.1, 2025.2, 2026.1; kubectl explain cloud.spec.release tells more',
    ],
    ["a missing field", cloud("{}"), "document 1 (Cloud demo): spec.release: "],
    ["no spec at all", cloud("null"), "document 1 (Cloud demo): spec: "],
    [
      "a swapped letter",
      cloud('{release: "2026.1", databsae: {}}'),
      "document 1 (Cloud demo): spec.databsae: there is no such field; perhaps database is meant; kubectl explain cloud.spec tells more",
    ],
    ["a missing letter", cloud('{release: "2026.1", imags: {}}'), "perhaps images is meant"],
    ["another case", cloud('{release: "2026.1", dataBase: {}}'), "perhaps database is meant"],
    [
      "a word of no kind",
      cloud('{release: "2026.1", colour: {}}'),
      "spec.colour: there is no such field; there are release, ",
    ],
    [
      "an unknown service",
      cloud('{release: "2026.1", services: {keystoen: {}}}'),
      "spec.services: there is no such service; there are keystone, placement, glance, nova, neutron; kubectl explain cloud.spec.services tells more",
    ],
    [
      "a field in a map, whose names are no fields to kubectl",
      cloud('{release: "2026.1", services: {keystone: {replicas: 0}}}'),
      "kubectl explain cloud.spec.services.replicas tells more",
    ],
    [
      "a wrong type in a list",
      cloud('{release: "2026.1", images: {pullSecrets: [{name: pull}, {name: 3}]}}'),
      "document 1 (Cloud demo): spec.images.pullSecrets[1].name: Invalid input: expected string, received number; kubectl explain cloud.spec.images.pullSecrets.name tells more",
    ],
    [
      "a size that is none",
      cloud('{release: "2026.1", database: {managed: {storage: {size: "5 GB"}}}}'),
      'spec.database.managed.storage.size: "5 GB" is not of the form ',
    ],
    [
      "a name that Kubernetes refuses",
      cloud('{release: "2026.1"}', "Demo_1"),
      'metadata.name: "Demo_1" is no name for an object',
    ],
    [
      "a name that is too long for its kind",
      cloud('{release: "2026.1"}', "d".repeat(58)),
      "metadata.name: the name of a Cloud has at most 57 characters; choose a shorter one",
    ],
    [
      "what only a rule of the API server sees",
      cloud('{release: "2026.1", placement: {tolerations: [{operator: Exists, value: x}]}}'),
      "spec.placement.tolerations[0]: a toleration with operator: Exists has no value; remove it or set operator: Equal",
    ],
    [
      "no name",
      "apiVersion: nephos.dev/v1alpha1\nkind: Cloud\nspec: {}",
      "document 1 (Cloud): metadata.name is missing; give it a name",
    ],
    [
      "an unknown kind of ours",
      "apiVersion: nephos.dev/v1alpha1\nkind: Clowd",
      "document 1 (Clowd): there is no kind nephos.dev/v1alpha1 Clowd; there are nephos.dev/v1alpha1 Cloud, ",
    ],
    ["another version", "apiVersion: nephos.dev/v9\nkind: Cloud", "there is no kind nephos.dev/v9 Cloud"],
    ["no kind", "apiVersion: nephos.dev/v1alpha1", "document 1 (no kind): apiVersion or kind is missing; say both"],
    ["a list", "- a\n- b", "document 1: is no object; a manifest has apiVersion, kind, metadata and spec"],
    [
      "broken YAML",
      "a: 1\n---\nb: [1\n",
      "document 2: Flow sequence in block collection must be sufficiently indented and end with a ] at line 4, column 1; correct the YAML",
    ],
  ])("refuses %s, and names document and field", (_, text, sentence) => {
    const { wishes, refusals } = readingOf(text);
    expect(wishes).toEqual([]);
    expect(refusals.join("\n")).toContain(sentence);
  });

  it("tells all that is wrong at once", () => {
    expect(readingOf(`${cloud('{release: "1999.1", databse: {}}')}---\n${cloud("{}")}`).refusals).toHaveLength(3);
  });

  it("shows nothing of a document that is not ours, whatever is wrong with it", () => {
    const { refusals, notes } = readingOf(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: canary\n",
    );
    expect([...refusals, ...notes].length).toBeGreaterThan(0);
    expect([...refusals, ...notes].join("\n")).not.toContain("canary");
  });

  it("has nothing to say of an empty text", () => {
    expect(readingOf("")).toEqual({ wishes: [], refusals: [], notes: [] });
  });
});
