import { dressed, ownView, refuseForeign, settled } from "./dress.ts";
import type { Manifest } from "./object.ts";
import { identity, type Plan, type Step } from "./plan.ts";
import { configMap, live, snapshot } from "./testing/objects.ts";
import { digestAnnotation } from "./verdict.ts";

const apiVersion = "nephos.dev/v1alpha1";
const subject = live({ apiVersion, kind: "Cloud", metadata: { name: "demo", uid: "demo-1" } });
const settings: Manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
const step = (rest: Partial<Step>): Step => ({ name: "a/one", after: [], objects: [], ...rest });
const ownerOf = (rest: object) => [{ apiVersion, kind: "Cloud", name: "demo", uid: "u", controller: true, ...rest }];

describe("a plan that is dressed", () => {
  const only = (rest: Partial<Step>, of = subject): Step | undefined => dressed({ steps: [step(rest)] }, of).steps[0];

  it("has its marks on what is wanted and on what is wanted meanwhile, and the same digest for the same object", () => {
    const found = only({ objects: [settings], meanwhile: [settings] });
    expect(found?.objects[0]?.metadata.labels?.[identity.step]).toBe("a.one");
    expect(found?.meanwhile).toEqual(found?.objects);
    expect(found?.meanwhile?.[0]?.metadata.annotations?.[digestAnnotation]).toMatch(/^[0-9a-f]{16}$/);
  });

  it("wants nothing meanwhile and removes nothing where it did not before", () => {
    expect(Object.keys(only({}) ?? {})).toEqual(["name", "after", "objects"]);
  });

  it("removes from the namespace of its subject, unless it names another", () => {
    const ref = { apiVersion: "v1", kind: "ConfigMap", name: "old" };
    const elsewhere = { ...ref, namespace: "there" };
    expect(only({ removes: [ref, elsewhere] })?.removes).toEqual([{ ...ref, namespace: "here" }, elsewhere]);
  });

  it("of a subject outside of all namespaces has objects outside of them", () => {
    const { namespace: _, ...metadata } = subject.metadata;
    const found = only({ objects: [settings] }, { ...subject, metadata });
    expect(found?.objects[0]?.metadata).not.toHaveProperty("namespace");
  });

  it("keeps what else it says", () => {
    const basis = [{ apiVersion, kind: "Cloud", namespace: "here", name: "demo" }];
    const plan: Plan = { steps: [], basis };
    expect(dressed(plan, subject)).toEqual(plan);
  });
});

describe("the view of a subject", () => {
  const twin = configMap("twin");
  const ownedBy = (rest: object) => live({ ...twin, metadata: { ...twin.metadata, ownerReferences: ownerOf(rest) } });
  const refOf = { apiVersion: "v1", kind: "ConfigMap", namespace: "here", name: "twin" };

  it("lacks what belongs to one of that name that was deleted, in lists too, and nothing else", () => {
    const seenWith = (rest: object) => {
      const view = ownView(snapshot(subject, ownedBy(rest)), subject);
      return [view.get(refOf) !== undefined, view.list(refOf, {}).length];
    };
    expect(seenWith({ uid: "demo-0" })).toEqual([false, 0]);
    expect(seenWith({ uid: "demo-1" })).toEqual([true, 1]);
    expect(seenWith({ uid: "x", name: "other" })).toEqual([true, 1]);
    expect(seenWith({ uid: "x", kind: "Network" })).toEqual([true, 1]);
  });

  it("has what nobody owns, and the same minute", () => {
    const seen = snapshot(subject, twin);
    expect(ownView(seen, subject).get(refOf)).toEqual(twin);
    expect(ownView(seen, subject).minute).toBe(seen.minute);
  });

  it("waits for what the deleted one left, by its name", () => {
    expect(() => refuseForeign(ownedBy({ uid: "demo-0" }), subject)).toThrow(
      "ConfigMap twin of the deleted Cloud demo to be gone",
    );
  });
});

describe("what the API server never lets change", () => {
  it.each([
    ["StatefulSet", ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"]],
    ["Deployment", ["selector"]],
    ["DaemonSet", ["selector"]],
  ])("is taken from the live %s, and all else from what is wanted", (kind, fields) => {
    const spec = (value: string): object => Object.fromEntries([...fields, "replicas"].map((field) => [field, value]));
    const place = { apiVersion: "apps/v1", kind, metadata: { name: "api" } };
    const there = live({ ...place, spec: spec("live") });
    const wanted = { ...place, spec: spec("wanted") };
    expect(settled(wanted, there)).toEqual({ ...place, spec: { ...spec("live"), replicas: "wanted" } });
  });

  it("is not added where it is not wanted, and other kinds are left alone", () => {
    const place = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "api" } };
    const wanted = { ...place, spec: { replicas: 1 } };
    expect(settled(wanted, live({ ...place, spec: { selector: "live" } }))).toEqual(wanted);
    const other = { ...settings, spec: { selector: "wanted" } };
    expect(settled(other, live({ ...other, spec: { selector: "live" } }))).toEqual(other);
    expect(settled(place, live({ ...place, spec: { selector: "live" } }))).toEqual(place);
  });
});
