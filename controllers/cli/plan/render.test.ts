import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { dressed } from "../../../operator/dress.ts";
import type { Live } from "../../../operator/object.ts";
import type { Plan, Wanted } from "../../../operator/plan.ts";
import type { SecretRecipe } from "../../../operator/recipe.ts";
import { live, snapshot } from "../../../operator/testing/objects.ts";
import { expectGolden } from "../../../operator/testing/golden.ts";
import { type Comparison, differencesOf } from "./difference.ts";
import { changeLines, renderDiff } from "./render-diff.ts";
import { renderPlan, shownObject } from "./render.ts";

const golden = (name: string): string => join(import.meta.dirname, "golden", name);
const map = (name: string, data: object, metadata: object = {}): Wanted =>
  Object.assign({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata } }, { data });
const password: Wanted = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "password", annotations: { "nephos.dev/retain": "generated" } },
  recipe: { password: { generate: "password", length: 32 }, key: { generate: "fernetKey" } },
};
const composed: SecretRecipe = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "file" },
  recipe: { "a.conf": { parts: ["[a]\nurl = db://a:", { secret: "password", key: "password" }, "@db\n"] } },
};
const plan: Plan = {
  steps: [
    { name: "a/secrets", after: [], objects: [password, composed] },
    {
      name: "a/config",
      after: ["a/secrets"],
      objects: [map("kept", { a: "1" }), map("changed", { a: "new\nb\nc", z: "1" })],
    },
    {
      name: "a/job",
      after: ["a/config"],
      objects: [{ apiVersion: "batch/v1", kind: "Job", metadata: { name: "job-1234" } }],
    },
    {
      name: "a/held",
      after: ["a/job"],
      objects: [],
      held: { is: "blocked", reason: "NoWay", message: "a is b; make it c" },
    },
    { name: "a/last", after: ["a/held"], objects: [map("foreign", {}), map("anew", { a: "2" })], strategy: "Replace" },
  ],
};

const subject: Live = live({
  apiVersion: "nephos.dev/v1alpha1",
  kind: "Cloud",
  metadata: { name: "demo", uid: "uid-1" },
  spec: {},
});

/** What the cluster has: everything as an earlier plan wanted it, but for the job and what somebody else has. */
function comparison(): Comparison {
  const before: Plan = {
    steps: [
      { name: "a/secrets", after: [], objects: [{ ...composed, recipe: { "a.conf": { parts: ["old"] } } }] },
      {
        name: "a/config",
        after: [],
        objects: [map("kept", { a: "1" }), map("changed", { a: "old\nb\nc", z: "1" }), map("orphan", {})],
      },
      { name: "a/last", after: [], objects: [map("anew", { a: "1" })] },
    ],
  };
  const there = dressed(before, subject)
    .steps.flatMap((step) => step.objects)
    .map((wanted): Live => {
      const { recipe, ...rest } = Object.assign({ recipe: undefined }, wanted);
      return live({ ...rest, ...(recipe === undefined ? {} : { data: { "a.conf": "" } }) });
    });
  const foreign = live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "foreign" } });
  return {
    controller: {
      name: "test",
      owns: [
        { apiVersion: "v1", kind: "ConfigMap" },
        { apiVersion: "v1", kind: "Secret" },
      ],
    },
    subject,
    seen: snapshot(...there, foreign),
    managedFields: new Map(),
  };
}

describe("a plan as text", () => {
  const text = renderPlan("Cloud demo", "here", plan);

  it("is as recorded", () => {
    expectGolden(text, golden("plan.txt"));
  });

  it("can be read back as the objects that it shows", () => {
    const read = Array.from(parseAllDocuments(text)).map((document): unknown => document.toJS());
    const shown = plan.steps
      .flatMap((step) => step.objects)
      .map((wanted) => {
        const { metadata, ...rest } = wanted;
        return shownObject({ ...rest, metadata: { ...metadata, namespace: "here" } });
      });
    expect(read.filter((each) => each !== null)).toEqual(shown);
  });
});

describe("a diff as text", () => {
  it("is as recorded, whatever sort of difference there is", () => {
    const own = [{ path: "spec.a", from: 1, to: undefined }];
    const differences = differencesOf(plan, comparison());
    expect(new Set(differences.map(({ what }) => what))).toEqual(
      new Set(["create", "change", "keep", "refuse", "replace", "prune"]),
    );
    expectGolden(renderDiff({ title: "Cloud demo", namespace: "here", plan, own }, differences), golden("diff.txt"));
  });

  it("says so where there is nothing to do", () => {
    const text = renderDiff({ title: "Cloud demo", namespace: "here", plan: { steps: [] }, own: [] }, []);
    expect(text).toBe("Cloud demo in namespace here: nothing to do\n");
  });

  it.each([
    ["a\nb\nc", "a\nx\nc", ["- b", "+ x"]],
    ["a\nb", "a\nb\nc", ["+ c"]],
    ["a\nb\nc", "a\nc", ["- b"]],
    ["a\na", "a", ["- a"]],
    ["x", "y\nz", ["- x", "+ y", "+ z"]],
  ])("shows of %j and %j only what differs", (from, to, lines) => {
    expect(changeLines({ path: "data.a", from, to })).toEqual(["data.a:", ...lines]);
  });
});
