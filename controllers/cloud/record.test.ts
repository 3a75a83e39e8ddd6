import { at, type Live, mapAt } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import { contextWith } from "../testing/render.ts";
import { passwordSecret } from "../services/secret.ts";
import { live, namespace, secret, snapshot } from "../testing/world.ts";
import { type Belonging, type Data, heldByLoss, installed, partRecord, recordStep } from "./record.ts";

const subject = live({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", metadata: { name: "prod" } });
const seenWith = (...objects: readonly Live[]) => snapshot(subject, ...objects);
const recordOf = (data: object, name = "nephos-record"): Live =>
  live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { ...data } });

const volume = { where: "on volume data", incarnation: "uid-1", there: true, movable: false };
const belonging = (data: Partial<Data> = {}): Belonging => ({
  secrets: [passwordSecret("store")],
  data: { ...volume, ...data },
});
const entries = (of: Belonging, ...objects: readonly Live[]): unknown =>
  mapAt(partRecord("part", [of], {}, seenWith(...objects), namespace), "data");

describe("the entry of a Secret", () => {
  it("is made once there is the Secret, and data that it may open", () => {
    expect(entries(belonging(), secret("store"))).toEqual({ "secret.store": "uid-1" });
    expect(entries(belonging())).toEqual({});
    expect(entries(belonging({ there: false }), secret("store"))).toEqual({});
    expect(entries(belonging({ incarnation: undefined }), secret("store"))).toEqual({});
  });

  it("stays while the data is the same, whether or not the Secret is there", () => {
    const before = recordOf({ "secret.store": "uid-1" }, "part");
    expect(entries(belonging(), before)).toEqual({ "secret.store": "uid-1" });
    expect(entries(belonging({ there: false }), before)).toEqual({ "secret.store": "uid-1" });
    expect(entries(belonging({ incarnation: "uid-2" }), before)).toEqual({});
  });

  it("follows data that others have moved to another place", () => {
    const before = recordOf({ "secret.store": "db.example.org:3306" }, "part");
    const moved = { incarnation: "db.example.net:3306", movable: true };
    expect(entries(belonging(moved), before)).toEqual({ "secret.store": "db.example.net:3306" });
    expect(entries(belonging({ ...moved, movable: false }), before)).toEqual({});
    expect(entries(belonging(moved), recordOf({ "secret.store": "uid-1" }, "part"))).toEqual({});
  });
});

it("keeps the facts of a part while nobody can tell them", () => {
  const of = (facts: Readonly<Record<string, string | undefined>>, ...before: readonly Live[]): unknown =>
    mapAt(partRecord("part", [], facts, seenWith(...before), namespace), "data");
  expect(of({ mapped: "cell-1" })).toEqual({ mapped: "cell-1" });
  expect(of({ mapped: undefined })).toEqual({});
  expect(of({ mapped: undefined }, recordOf({ mapped: "cell-1" }, "part"))).toEqual({ mapped: "cell-1" });
  expect(of({ mapped: "cell-2" }, recordOf({ mapped: "cell-1" }, "part"))).toEqual({ mapped: "cell-2" });
});

it("says of which release the data is, and where it is going until it is there", () => {
  const dataOf = (...before: readonly Live[]): unknown[] => {
    const { objects, meanwhile = [] } = recordStep(contextWith(), [], seenWith(...before), ["keystone/api"]);
    return [...objects, ...meanwhile].map((each) => at(each, "data"));
  };
  expect(dataOf()).toEqual([{ release: "2026.1" }, { release: "2026.1" }]);
  expect(dataOf(recordOf({ release: "2025.1" }))).toEqual([
    { release: "2026.1" },
    { release: "2025.1", next: "2026.1" },
  ]);
  const read = (...before: readonly Live[]) => installed(seenWith(...before), namespace);
  expect(read()).toBeUndefined();
  expect(read(recordOf({ release: "2025.1" }))).toEqual({ release: "2025.1" });
  expect(read(recordOf({ release: "2025.1", next: "2026.1" }))).toEqual({ release: "2025.1", next: "2026.1" });
});

describe("a step with a Secret", () => {
  const step: Step = { name: "store/secrets", after: [], objects: [passwordSecret("store")] };
  const held = (of: Belonging, ...objects: readonly Live[]): unknown =>
    heldByLoss([of], seenWith(...objects), namespace, "part")(step).held;

  it("is held where the Secret of data that is there is gone: which, and where its data is", () => {
    expect(held(belonging(), recordOf({ "secret.store": "uid-1" }, "part"))).toEqual({
      is: "blocked",
      reason: "SecretMissing",
      message:
        "Secret store is missing while its data exists on volume data; restore the Secret from a backup, nothing is generated anew over existing data",
    });
  });

  it("goes on where the Secret is there, its data is other data, nobody can tell, or nothing was recorded", () => {
    const before = recordOf({ "secret.store": "uid-1" }, "part");
    expect(held(belonging(), before, secret("store"))).toBeUndefined();
    expect(held(belonging({ incarnation: "uid-2" }), before)).toBeUndefined();
    expect(held(belonging({ incarnation: undefined }), before)).toBeUndefined();
    expect(held(belonging())).toBeUndefined();
  });
});
