import { type ProviderNetworkSpec, providerNetworkSpec } from "../../crds/provider-network.ts";
import type { Live } from "../../operator/object.ts";
import { type Plan, progress } from "../../operator/plan.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { FakeNeutron } from "../openstack/testing/fake-neutron.ts";
import { live, snapshot } from "../testing/world.ts";
import { noFacts, observeNeutron, type ProviderFacts } from "./provider-facts.ts";
import { neutronCall, planProvider, planProviderDeletion } from "./provider-plan.ts";

const apiVersion = "nephos.dev/v1alpha1";
const subnet = {
  name: "public-v4",
  cidr: "203.0.113.0/24",
  gateway: "203.0.113.1",
  pools: [{ start: "203.0.113.100", end: "203.0.113.199" }],
};
const specWith = (changes: object = {}): ProviderNetworkSpec =>
  providerNetworkSpec.parse({
    network: { name: "fabric" },
    physicalNetwork: "physnet1",
    subnets: [subnet],
    ...changes,
  });
const fabricWith = (...names: readonly string[]): Live =>
  live({
    apiVersion,
    kind: "Network",
    metadata: { name: "fabric" },
    spec: { cloud: { name: "demo" }, physicalNetworks: names.map((name) => ({ name, bridge: `br-${name}` })) },
  });
const cloud = live({ apiVersion, kind: "Cloud", metadata: { name: "demo" }, spec: { release: "2026.1" } });
const subject = live({ apiVersion, kind: "ProviderNetwork", metadata: { name: "public" } });
const going: Live = { ...subject, metadata: { ...subject.metadata, deletionTimestamp: "2026-02-01T00:00:00Z" } };
const seen = snapshot(fabricWith("physnet1"));

const openActions = (plan: Plan) => progress(plan, seen, judgeStep).open.flatMap(({ actions = [] }) => actions);

/** One pass of the controller over a Neutron: observe, plan, act. */
async function pass(neutron: FakeNeutron, spec: ProviderNetworkSpec, of = subject): Promise<string[]> {
  const facts = await observeNeutron(of, spec, neutron);
  const plan = of === going ? planProviderDeletion(cloud, facts) : planProvider(of, spec, seen, facts);
  const actions = openActions(plan);
  for (const { input } of actions) {
    const { verb, path, member, body } = neutronCall.parse(input);
    await (verb === "remove" ? neutron.remove(path) : neutron[verb](path, member, body));
  }
  return actions.map(({ name }) => name);
}

async function settled(spec = specWith()): Promise<FakeNeutron> {
  const neutron = new FakeNeutron();
  for (let round = 0; round < 5 && (await pass(neutron, spec)).length > 0; round++);
  return neutron;
}

const verdictsOf = (plan: Plan) => progress(plan, seen, judgeStep).verdicts;
const planned = (spec: ProviderNetworkSpec, facts: ProviderFacts = noFacts, ...objects: readonly Live[]) =>
  planProvider(subject, spec, snapshot(...objects), facts);

describe("a ProviderNetwork", () => {
  it("is made in Neutron, first the network, then its subnets", async () => {
    const neutron = new FakeNeutron();
    expect(await pass(neutron, specWith())).toEqual(["network public to be made"]);
    expect(await pass(neutron, specWith())).toEqual(["subnet public-v4 to be made"]);
    expect(await pass(neutron, specWith())).toEqual([]);
    expect(neutron.entries("networks")).toEqual([
      {
        id: "made-1",
        name: "public",
        description: "Made by Nephos for ProviderNetwork public",
        admin_state_up: true,
        shared: false,
        "router:external": true,
        "provider:network_type": "flat",
        "provider:physical_network": "physnet1",
      },
    ]);
    expect(neutron.entries("subnets")).toEqual([
      {
        id: "made-2",
        name: "public-v4",
        network_id: "made-1",
        ip_version: 4,
        cidr: "203.0.113.0/24",
        gateway_ip: "203.0.113.1",
        allocation_pools: subnet.pools,
        enable_dhcp: false,
        dns_nameservers: [],
      },
    ]);
  });

  it("of a VLAN that servers connect to has its tag, and DHCP for both families", async () => {
    const neutron = await settled(
      specWith({
        segmentation: { type: "Vlan", vlan: { id: 120 } },
        access: "Shared",
        subnets: [{ name: "v6", cidr: "2001:db8::/64", dhcp: "Enabled", dnsServers: ["2001:db8::2"] }],
      }),
    );
    expect(neutron.entries("networks")[0]).toMatchObject({
      shared: true,
      "router:external": false,
      "provider:network_type": "vlan",
      "provider:segmentation_id": 120,
    });
    expect(neutron.entries("subnets")[0]).toMatchObject({
      ip_version: 6,
      gateway_ip: null,
      enable_dhcp: true,
      ipv6_ra_mode: "dhcpv6-stateful",
      ipv6_address_mode: "dhcpv6-stateful",
      dns_nameservers: ["2001:db8::2"],
    });
  });

  it.each<[string, (neutron: FakeNeutron) => unknown, string[]]>([
    [
      "is switched off",
      (n) => n.update("networks/made-1", "network", { admin_state_up: false }),
      ["network public to be corrected"],
    ],
    ["is shared", (n) => n.update("networks/made-1", "network", { shared: true }), ["network public to be corrected"]],
    [
      "is made internal",
      (n) => n.update("networks/made-1", "network", { "router:external": false }),
      ["network public to be corrected"],
    ],
    [
      "has another gateway",
      (n) => n.update("subnets/made-2", "subnet", { gateway_ip: null }),
      ["subnet public-v4 to be corrected"],
    ],
    [
      "has other pools",
      (n) => n.update("subnets/made-2", "subnet", { allocation_pools: [] }),
      ["subnet public-v4 to be corrected"],
    ],
    [
      "has DHCP",
      (n) => n.update("subnets/made-2", "subnet", { enable_dhcp: true }),
      ["subnet public-v4 to be corrected"],
    ],
    [
      "has DNS servers",
      (n) => n.update("subnets/made-2", "subnet", { dns_nameservers: ["192.0.2.1"] }),
      ["subnet public-v4 to be corrected"],
    ],
    ["has lost its subnet", (n) => n.drop("subnets", "made-2"), ["subnet public-v4 to be made"]],
    ["is gone", (n) => n.remove("networks/made-1"), ["network public to be made"]],
    [
      "has a subnet more",
      (n) => n.put("subnets", { id: "z", name: "more", cidr: "192.0.2.0/24", network_id: "made-1" }),
      ["subnet more to be removed"],
    ],
    [
      "is there twice, as a lost answer leaves it",
      (n) => n.put("networks", { ...n.entries("networks")[0], id: "z" }),
      ["second network public to be removed"],
    ],
    [
      "has a namesake of some project's",
      (n) => n.put("networks", { id: "a", name: "public", description: "Made by Nephos for ProviderNetwork public" }),
      [],
    ],
    [
      "has its addresses written in another way",
      (n) => n.update("subnets/made-2", "subnet", { gateway_ip: "203.0.113.1", allocation_pools: [...subnet.pools] }),
      [],
    ],
  ])("that %s in Neutron is put right", async (_, change, actions) => {
    const neutron = await settled();
    await change(neutron);
    expect(await pass(neutron, specWith())).toEqual(actions);
    for (let round = 0; round < 5; round++) await pass(neutron, specWith());
    expect(await pass(neutron, specWith())).toEqual([]);
  });

  it.each([
    ["203.0.113.77/24", "203.0.113.0/24"],
    ["2001:DB8:0::/64", "2001:db8::/64"],
  ])("with the subnet %s is one with %s", async (cidr, written) => {
    const neutron = await settled(specWith({ subnets: [{ name: "one", cidr: written }] }));
    expect(await pass(neutron, specWith({ subnets: [{ name: "one", cidr }] }))).toEqual([]);
  });

  it("waits for its Network", () => {
    expect(verdictsOf(planned(specWith())).get("network/physical")).toEqual({
      is: "waiting",
      on: "Network fabric to exist",
    });
  });

  it("names the physical network that the Network does not have, and those that it has", () => {
    const plan = planned(specWith(), noFacts, fabricWith("storage", "outer"));
    expect(verdictsOf(plan).get("network/physical")).toEqual({
      is: "blocked",
      reason: "PhysicalNetworkMissing",
      message:
        "Network fabric has no physical network physnet1, it has storage, outer; add it to its spec.physicalNetworks",
    });
    expect(openActions(plan)).toEqual([]);
  });

  it.each([
    [
      [
        { start: "203.0.113.10", end: "203.0.113.50" },
        { start: "203.0.113.50", end: "203.0.113.60" },
      ],
      "the pools 203.0.113.10-203.0.113.50 and 203.0.113.50-203.0.113.60 overlap; give each address to one",
    ],
    [
      [{ start: "203.0.113.50", end: "203.0.113.10" }],
      "the pool 203.0.113.50-203.0.113.10 ends before it starts; turn it round",
    ],
    [
      [{ start: "203.0.113.1", end: "203.0.113.9" }],
      "the gateway 203.0.113.1 is in the pool 203.0.113.1-203.0.113.9; leave it out",
    ],
  ])("with pools %j contradicts itself, in words that name them", (pools, words) => {
    const plan = planned(specWith({ subnets: [{ ...subnet, pools }] }), noFacts, fabricWith("physnet1"));
    expect(verdictsOf(plan).get("subnets/pools")).toEqual({
      is: "blocked",
      reason: "PoolsUnfit",
      message: `spec.subnets: subnet public-v4: ${words}`,
      contradiction: true,
    });
  });

  it("has pools that touch nothing else, of one address too", () => {
    const pools = [
      { start: "203.0.113.2", end: "203.0.113.2" },
      { start: "203.0.113.3", end: "203.0.113.9" },
    ];
    const plan = planned(specWith({ subnets: [{ ...subnet, pools }] }), noFacts, fabricWith("physnet1"));
    expect(plan.steps.map(({ name, after }) => [name, after])).toEqual([
      ["neutron/network", []],
      ["neutron/subnets", ["neutron/network"]],
    ]);
  });

  it("with a Network that nobody can read has no physical network", () => {
    const unread = { ...fabricWith("physnet1"), spec: {} };
    expect(verdictsOf(planned(specWith(), noFacts, unread)).get("network/physical")).toMatchObject({
      message: expect.stringContaining("it has none;"),
    });
  });

  it("tells while something is to be done what that is, and asks for no more than that", async () => {
    const neutron = await settled();
    await neutron.update("networks/made-1", "network", { shared: true });
    await neutron.update("subnets/made-2", "subnet", { enable_dhcp: true });
    const plan = planProvider(subject, specWith(), seen, await observeNeutron(subject, specWith(), neutron));
    expect(Object.fromEntries(verdictsOf(plan))).toEqual({
      "neutron/network": { is: "waiting", on: "network public to be corrected" },
      "neutron/subnets": { is: "waiting", on: "neutron/network" },
    });
    const open = { admin_state_up: true, shared: false, "router:external": true };
    const body = {
      gateway_ip: "203.0.113.1",
      allocation_pools: subnet.pools,
      enable_dhcp: false,
      dns_nameservers: [],
    };
    expect(plan.steps.flatMap(({ actions = [] }) => actions.map(({ input }) => input))).toEqual([
      { verb: "update", path: "networks/made-1", member: "network", body: open },
      { verb: "update", path: "subnets/made-2", member: "subnet", body },
    ]);
  });

  it.each([
    ["2001:db8::/64", "Disabled"],
    ["192.0.2.0/24", "Enabled"],
  ])("with the subnet %s and DHCP %s says nothing of who advertises addresses", async (cidr, dhcp) => {
    const neutron = await settled(specWith({ subnets: [{ name: "one", cidr, dhcp }] }));
    expect(neutron.entries("subnets")[0]).not.toHaveProperty("ipv6_ra_mode");
  });

  it("takes pools and DNS servers that are written in another way for what they are", async () => {
    const pools = [
      { start: "2001:db8::10", end: "2001:db8::1f" },
      { start: "2001:db8::20", end: "2001:db8::2f" },
    ];
    const spec = specWith({ subnets: [{ name: "v6", cidr: "2001:db8::/64", pools, dnsServers: ["2001:db8::2"] }] });
    const neutron = await settled(spec);
    const written = [
      { start: "2001:db8::20", end: "2001:DB8:0::2f" },
      { start: "2001:db8:0::10", end: "2001:db8::1f" },
    ];
    const change = { allocation_pools: written, dns_nameservers: ["2001:db8:0:0::2"] };
    await neutron.update("subnets/made-2", "subnet", change);
    expect(await pass(neutron, spec)).toEqual([]);
    await neutron.update("subnets/made-2", "subnet", { dns_nameservers: ["2001:db8::3"] });
    expect(await pass(neutron, spec)).toEqual(["subnet v6 to be corrected"]);
    await neutron.update("subnets/made-2", "subnet", { allocation_pools: [written[0]] });
    expect(await pass(neutron, spec)).toEqual(["subnet v6 to be corrected"]);
  });

  it("gets another subnet in place of one with other addresses or another name, and leaves those of other networks", async () => {
    const neutron = await settled();
    neutron.put("subnets", { id: "other", name: "public-v4", cidr: "192.0.2.0/24", network_id: "elsewhere" });
    const anew = ["subnet public-v4 to be removed", "subnet public-v4 to be made"];
    expect(await pass(neutron, specWith({ subnets: [{ name: "public-v4", cidr: "203.0.113.0/25" }] }))).toEqual(anew);
    expect(await pass(neutron, specWith({ subnets: [{ name: "public-v4", cidr: "203.0.114.0/25" }] }))).toEqual(anew);
    expect(await pass(neutron, specWith({ subnets: [{ name: "renamed", cidr: "203.0.114.0/25" }] }))).toEqual([
      "subnet public-v4 to be removed",
      "subnet renamed to be made",
    ]);
    expect(neutron.entries("subnets").map(({ id }) => id)).toContain("other");
  });

  it("that is there twice is the one with the first id, whichever comes first", async () => {
    const neutron = await settled();
    const twin = { ...neutron.entries("networks")[0], id: "a" };
    const facts = await observeNeutron(subject, specWith(), neutron);
    neutron.put("networks", twin);
    const { networks } = await observeNeutron(subject, specWith(), neutron);
    for (const order of [networks, networks.toReversed()]) {
      const plan = planProvider(subject, specWith(), seen, { ...facts, networks: order });
      expect(plan.steps[0]?.actions?.map(({ input }) => input)).toEqual([
        { verb: "remove", path: "networks/made-1", member: "", body: {} },
      ]);
    }
  });

  it("says why Neutron could not be asked, and does nothing", () => {
    const plan = planned(specWith(), { ...noFacts, unreachable: "Neutron does not answer" }, fabricWith("physnet1"));
    expect([...verdictsOf(plan)]).toEqual([["neutron/network", { is: "waiting", on: "Neutron does not answer" }]]);
  });
});

describe("a ProviderNetwork that is to go", () => {
  it("goes from Neutron with its subnets, and Neutron's own ports are no reason to stay", async () => {
    const neutron = await settled();
    neutron.put("ports", { id: "p", network_id: "other", device_owner: "compute:nova", device_id: "s" });
    expect(await pass(neutron, specWith(), going)).toEqual(["network to be removed"]);
    expect([neutron.entries("networks"), neutron.entries("subnets")]).toEqual([[], []]);
    expect(await pass(neutron, specWith(), going)).toEqual([]);
  });

  it("stays as long as somebody has an address of it, and names them", async () => {
    const neutron = await settled();
    const port = { network_id: "made-1", fixed_ips: [{ ip_address: "203.0.113.100" }] };
    neutron.put("ports", { ...port, id: "1", device_owner: "network:router_gateway", device_id: "r1" });
    neutron.put("ports", { ...port, id: "2", device_owner: "network:floatingip", device_id: "f1" });
    neutron.put("ports", { ...port, id: "3", device_owner: "compute:nova", device_id: "s1" });
    neutron.put("ports", { ...port, id: "4", device_owner: "", device_id: "" });
    neutron.put("ports", { ...port, id: "5", device_owner: "network:distributed", device_id: "d" });
    expect(await pass(neutron, specWith(), going)).toEqual([]);
    const facts = await observeNeutron(going, specWith(), neutron);
    expect(verdictsOf(planProviderDeletion(cloud, facts)).get("neutron/users")).toEqual({
      is: "blocked",
      reason: "InUse",
      message: "router r1, floating IP 203.0.113.100, server s1, port 4 use this network; take them off it first",
    });
  });

  it("is told by one user, and asks for nothing before that is off it", () => {
    const plan = planProviderDeletion(cloud, { ...noFacts, users: ["port 0"] });
    expect(verdictsOf(plan).get("neutron/users")).toMatchObject({
      message: "port 0 uses this network; take them off it first",
    });
    expect(plan.steps.map(({ name, after }) => [name, after])).toEqual([
      ["neutron/users", []],
      ["neutron/network", ["neutron/users"]],
    ]);
  });

  it("counts the users beyond ten", () => {
    const users = Array.from({ length: 12 }, (_, index) => `port ${index}`);
    expect(
      verdictsOf(planProviderDeletion(cloud, { ...noFacts, users: users.slice(0, 10) })).get("neutron/users"),
    ).toMatchObject({ message: expect.stringContaining("port 9 use this network") });
    expect(verdictsOf(planProviderDeletion(cloud, { ...noFacts, users })).get("neutron/users")).toMatchObject({
      message: expect.stringContaining("port 9 and 2 more use this network"),
    });
  });

  it("waits for a Neutron that does not answer, but not for one whose Cloud is gone or going", () => {
    const facts = { ...noFacts, unreachable: "Neutron does not answer" };
    expect([...verdictsOf(planProviderDeletion(cloud, facts)).values()]).toEqual([
      { is: "waiting", on: "Neutron does not answer" },
    ]);
    expect(planProviderDeletion(undefined, facts)).toEqual({ steps: [] });
    const metadata = { ...cloud.metadata, deletionTimestamp: "2026-02-01T00:00:00Z" };
    expect(planProviderDeletion({ ...cloud, metadata }, facts)).toEqual({ steps: [] });
  });
});
