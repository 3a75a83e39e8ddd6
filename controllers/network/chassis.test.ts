import { networkSpec } from "../../crds/network.ts";
import { live, node, snapshot } from "../testing/world.ts";
import { chassisOf, southboundOf } from "./chassis.ts";

const remote = "ssl:10.96.0.7:6642";
const host = node("host-1", "192.0.2.21", "2026-01-01T00:00:00Z");
const labelled = (labels: Record<string, string>) => ({ ...host, metadata: { ...host.metadata, labels } });
const outer = { name: "physnet1", bridge: "br-ex", interface: "eth1" };
const storage = { name: "storage", bridge: "br-storage" };

function told(spec: object, of = host) {
  return chassisOf(networkSpec.parse({ cloud: { name: "demo" }, ...spec }), of, remote);
}

describe("a host", () => {
  it("is told all that OVN needs of it", () => {
    expect(told({ physicalNetworks: [outer, storage] })).toEqual({
      externalIds: {
        "system-id": "host-1",
        hostname: "host-1",
        "ovn-remote": remote,
        "ovn-remote-probe-interval": "60000",
        "ovn-openflow-probe-interval": "60",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": "192.0.2.21",
        "ovn-bridge-datapath-type": "system",
        "ovn-bridge-mappings": "physnet1:br-ex,storage:br-storage",
        "ovn-chassis-mac-mappings": expect.stringMatching(/^physnet1:0a(:[0-9a-f]{2}){5},storage:0a(:[0-9a-f]{2}){5}$/),
        "ovn-cms-options": "enable-chassis-as-gw",
      },
      otherConfig: {},
      bridges: [
        { name: "br-ex", datapathType: "system", interface: "eth1" },
        { name: "br-storage", datapathType: "system" },
      ],
    });
  });

  it("without the kernel's module forwards by itself, with checksums that guests can use", () => {
    const chassis = told({ datapath: { type: "UserSpace" }, physicalNetworks: [storage] });
    expect(chassis?.otherConfig).toEqual({ "userspace-tso-enable": "true" });
    expect(chassis?.externalIds["ovn-bridge-datapath-type"]).toBe("netdev");
    expect(chassis?.bridges).toEqual([{ name: "br-storage", datapathType: "netdev" }]);
  });

  it("is asked for the address of an interface, or in a range, where the node's own is not the one", () => {
    const by = (address: object) => told({ tunnel: { address } });
    const ask = ["ip", "-brief", "address", "show"];
    const link = by({ type: "Interface", interface: { name: "eth1" } });
    expect(link?.encapQuestion).toEqual([...ask, "dev", "eth1", "scope", "global"]);
    expect(link?.externalIds).not.toHaveProperty("ovn-encap-ip");
    const range = by({ type: "Subnet", subnet: { cidr: "10.20.0.0/24" } });
    expect(range?.encapQuestion).toEqual([...ask, "to", "10.20.0.0/24"]);
    expect(range?.externalIds).not.toHaveProperty("ovn-encap-ip");
  });

  it("without an address is told nothing yet", () => {
    expect(told({}, node("host-2", undefined, "2026-01-01T00:00:00Z"))).toBeUndefined();
  });

  it("has addresses on physical networks that no other host has, and keeps them", () => {
    const mappings = (name: string) =>
      told({ physicalNetworks: [outer] }, node(name, "192.0.2.21", "2026-01-01T00:00:00Z"))?.externalIds[
        "ovn-chassis-mac-mappings"
      ];
    expect(mappings("host-1")).toBe(mappings("host-1"));
    expect(mappings("host-1")).not.toBe(mappings("host-2"));
  });

  it.each([
    ["with every label asked for", { "example.org/gateway": "true", other: "x" }, "enable-chassis-as-gw"],
    ["with another value", { "example.org/gateway": "false" }, ""],
    ["without labels", {}, ""],
  ])("%s is a gateway or not", (_, labels, options) => {
    const gateways = { nodeSelector: { "example.org/gateway": "true" } };
    const chassis = told({ gateways, physicalNetworks: [outer] }, labelled(labels));
    expect(chassis?.externalIds["ovn-cms-options"]).toBe(options);
  });

  it("is no gateway where there is nothing outside", () => {
    expect(told({})?.externalIds).toMatchObject({ "ovn-cms-options": "", "ovn-bridge-mappings": "" });
  });
});

describe("the southbound database", () => {
  const service = (clusterIP: string) =>
    live({ apiVersion: "v1", kind: "Service", metadata: { name: "ovn-sb" }, spec: { clusterIP } });

  it.each([
    ["10.96.0.7", "ssl:10.96.0.7:6642"],
    ["fd00::7", "ssl:[fd00::7]:6642"],
    ["None", undefined],
    ["", undefined],
  ])("is found by hosts at the address of its Service, %s", (clusterIP, found) => {
    expect(southboundOf(snapshot(service(clusterIP)), "openstack")).toBe(found);
  });

  it("is not found before it has a Service", () => {
    expect(southboundOf(snapshot(), "openstack")).toBeUndefined();
  });
});
