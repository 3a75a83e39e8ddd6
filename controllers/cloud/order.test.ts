import type { Release } from "../../crds/cloud.ts";
import type { Live } from "../../operator/object.ts";
import { boundClaim, incarnationOf } from "./claim.ts";
import { elderOf } from "../refusal.ts";
import { planCloud } from "./plan.ts";
import { withKeystone } from "../testing/render.ts";
import { kettle, teapot } from "../testing/teapot.ts";
import { claim, live, namespace, node, snapshot } from "../testing/world.ts";

const cloud = live({
  apiVersion: "nephos.dev/v1alpha1",
  kind: "Cloud",
  metadata: { name: "demo", creationTimestamp: "2026-02-01T00:00:00Z" },
  spec: { release: "2026.1" },
});
const record = (data: object): Live =>
  live({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "nephos-record" }, data });
const withPaths = (...paths: readonly (readonly [Release, Release])[]) => ({
  ...withKeystone,
  services: [...withKeystone.services, teapot, kettle],
  paths: paths.map(([from, to]) => ({ from, to })),
});
const planOf = (...objects: readonly Live[]) =>
  planCloud(
    cloud,
    snapshot(cloud, node("n", "192.0.2.1", "2026-01-01T00:00:00Z"), ...objects),
    withPaths(["2025.1", "2026.1"]),
  ).steps;

describe("the services of a Cloud", () => {
  it("come in three turns: all schemas, all servers, what only the new release can read", () => {
    const turns = planOf()
      .map(({ name }) => name.split("/"))
      .filter(([service = ""]) => ["keystone", "teapot", "kettle"].includes(service))
      .map(([, phase = ""]) => phase);
    const turn = ["secrets", "config", "database", "expand", "setup"];
    expect(turns).toEqual([
      ...[...turn, ...turn, ...turn],
      ...["api", "public", "registration"],
      ...["api", "public", "registration", "workers", "api", "public", "registration", "workers"],
      ...["contract", "contract", "contract"],
    ]);
  });

  it("wait for each other only while the release changes", () => {
    const afterOf = (name: string, ...objects: readonly Live[]) =>
      planOf(...objects).find((step) => step.name === name)?.after ?? [];
    const going = record({ release: "2025.1", next: "2026.1" });
    expect(afterOf("keystone/api", going)).toEqual(expect.arrayContaining(["teapot/expand", "kettle/expand"]));
    expect(afterOf("kettle/contract", going)).toEqual(expect.arrayContaining(["keystone/registration"]));
    expect(afterOf("kettle/api", going)).toEqual(expect.arrayContaining(["teapot/registration", "teapot/workers"]));
    expect(afterOf("kettle/api", record({ release: "2026.1" }))).toContain("teapot/registration");
    expect(afterOf("kettle/api", record({ release: "2026.1" }))).not.toContain("teapot/workers");
    expect(afterOf("keystone/api", record({ release: "2026.1" }))).not.toContain("teapot/expand");
    expect(afterOf("kettle/contract", record({ release: "2026.1" }))).not.toContain("keystone/registration");
  });

  it("touch no schema until the record says what the data is of", () => {
    const heldIn = (...objects: readonly Live[]) =>
      planOf(...objects).flatMap(({ name, held }) => (held === undefined ? [] : [[name, held]]));
    const waiting = { is: "waiting", on: "cloud/record" };
    expect(heldIn()).toEqual([
      ["keystone/expand", waiting],
      ["teapot/expand", waiting],
      ["kettle/expand", waiting],
    ]);
    expect(heldIn(record({ release: "2026.1" }))).toEqual([]);
    expect(heldIn(record({ release: "2025.1", next: "2026.1" }))).toEqual([]);
  });
});

describe("a way from one release to another", () => {
  const stepsWith = (...paths: readonly (readonly [Release, Release])[]) =>
    planCloud(cloud, snapshot(cloud, record({ release: "2025.1" })), withPaths(...paths)).steps;

  it("is no way unless it begins where the data is and ends where the spec wants it", () => {
    expect(stepsWith(["2025.1", "2025.2"], ["2025.2", "2026.1"]).map(({ name }) => name)).toEqual(["cloud/release"]);
    expect(stepsWith(["2025.1", "2026.1"]).length).toBeGreaterThan(10);
  });
});

describe("the volume claim that data lives on", () => {
  it("is waited for until it is there and bound", () => {
    const pending = { ...claim("data"), status: { phase: "Pending" } };
    expect(boundClaim(snapshot(), namespace, "data")).toEqual({
      is: "waiting",
      on: "PersistentVolumeClaim data to exist",
    });
    expect(boundClaim(snapshot(pending), namespace, "data")).toMatchObject({ is: "waiting" });
    expect(boundClaim(snapshot(claim("data")), namespace, "data")).toEqual({ is: "done" });
  });

  it("makes the data what it is by its uid", () => {
    expect(incarnationOf(snapshot(claim("data", "u7")), namespace, "data")).toBe("u7");
    expect(incarnationOf(snapshot(), namespace, "data")).toBe("none");
  });
});

it("a Cloud that is not in the snapshot yet has none before it", () => {
  expect(elderOf(cloud, snapshot())).toBeUndefined();
});
