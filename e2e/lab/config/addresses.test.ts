import { assert, integer, property, stringMatching } from "fast-check";
import { chooseIndex, indexesTouchedBy, limits, nameProblem, planCluster } from "./addresses.ts";

const names = stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const indexes = integer({ min: 0, max: limits.clusters - 1 });
const counts = integer({ min: 1, max: limits.nodes });

it("gives the first node of the test cluster its well-known addresses", () => {
  expect(planCluster("test", 1, 1)).toMatchObject({
    range: "10.101.0.0/16",
    bridge: "nl-test",
    gateway: "10.101.0.1",
    controlPlane: { name: "control-plane", address: "10.101.0.2", link: "nl-test-0" },
    nodes: [
      { name: "node1", address: "10.101.0.11", link: "nl-test-1", outerLink: "no-test-1", pods: "10.101.129.0/24" },
    ],
    outer: { bridge: "no-test", range: "10.101.32.0/24", gateway: "10.101.32.1" },
    services: "10.101.64.0/18",
    dnsService: "10.101.64.10",
    pods: "10.101.128.0/17",
  });
});

it("never gives one address, link or pod range twice, nor a name too long for an interface", () => {
  assert(
    property(names, indexes, counts, (name, index, count) => {
      const plan = planCluster(name, index, count);
      const machines = [plan.controlPlane, ...plan.nodes];
      const all = [plan.bridge, plan.gateway, ...plan.nodes.map(({ pods }) => pods)];
      all.push(plan.outer.bridge, plan.outer.gateway, ...plan.nodes.map(({ outerLink }) => outerLink));
      for (const machine of machines) all.push(machine.address, machine.link);
      expect(new Set(all).size).toBe(all.length);
      for (const link of [...plan.nodes.map(({ outerLink }) => outerLink), ...machines.map((machine) => machine.link)])
        expect(link.length).toBeLessThan(16);
    }),
  );
});

it("keeps every byte of an address in its range", () => {
  const plan = planCluster("x", limits.clusters - 1, limits.nodes);
  const bytes = JSON.stringify(plan)
    .match(/\d+\.\d+\.\d+\.\d+/g)
    ?.flatMap((address) => address.split(".").map(Number));
  expect(Math.max(...(bytes ?? [256]))).toBeLessThan(256);
});

it.each(["Test", "1st", "a-b", "far-too-long", "tenletters", "", "a b", "../x"])("refuses the name %j", (name) => {
  expect(nameProblem(name)).toContain("cannot name a cluster");
});

it("knows nephos and test by their indexes, and gives others the first free one", () => {
  expect(chooseIndex("nephos", new Set())).toBe(0);
  expect(chooseIndex("test", new Set([0]))).toBe(1);
  expect(chooseIndex("dev", new Set())).toBe(2);
  expect(chooseIndex("dev", new Set([0, 1, 2, 4]))).toBe(3);
});

it("gives way where a known name's range is taken", () => {
  expect(chooseIndex("test", new Set([1]))).toBe(2);
});

it("has no index left when all are taken", () => {
  const all = new Set(Array.from({ length: limits.clusters }, (_, index) => index));
  expect(chooseIndex("dev", all)).toBeUndefined();
});

it.each([
  [["10.103.0.0/16"], [3]],
  [
    ["10.101.5.7", "10.100.64.0/18"],
    [1, 0],
  ],
  [["10.102.0.0/15"], [2, 3]],
  [["192.168.0.0/16", "10.7.0.0/24", "172.17.0.1"], []],
])("sees that %j touches %j", (routes, touched) => {
  expect(indexesTouchedBy(routes)).toEqual(touched);
});

it("sees that a route to all of 10.0.0.0/8 touches every index", () => {
  expect(indexesTouchedBy(["10.0.0.0/8"])).toHaveLength(limits.clusters);
});
