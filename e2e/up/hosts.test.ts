import { planCluster } from "../lab/config/addresses.ts";
import { missingIn, outsideNetwork } from "./hosts.ts";

const live = (kind: string, status: string, observedGeneration = 2): object => ({
  kind,
  metadata: { name: "it", generation: 2 },
  status: { conditions: [{ type: "Ready", status, message: "waiting for Nova", observedGeneration }] },
});

describe("what is missing of hosts", () => {
  it("is nothing once all is Ready, a host with it", () => {
    expect(missingIn([live("ComputePool", "True"), live("ComputeNode", "True")])).toBeUndefined();
  });

  it("is told with the first that is not Ready, and why", () => {
    expect(missingIn([live("ComputeNode", "True"), live("ComputePool", "False")])).toBe(
      "ComputePool it: waiting for Nova",
    );
    expect(missingIn([{ kind: "ComputeCell", metadata: { name: "it" } }])).toBe("ComputeCell it: no status yet");
  });

  it("is what was ready before its last change, and a host where there is none", () => {
    expect(missingIn([live("ComputeNode", "True", 1)])).toContain("ComputeNode it");
    expect(missingIn([live("ComputePool", "True")])).toBe("no host yet");
  });
});

it("the network outside has the addresses that nobody has, and the host as its router", () => {
  expect(outsideNetwork(planCluster("test", 1, 1).outer, "openstack")).toMatchObject({
    spec: {
      physicalNetwork: "physnet1",
      subnets: [
        { cidr: "10.101.32.0/24", gateway: "10.101.32.1", pools: [{ start: "10.101.32.10", end: "10.101.32.254" }] },
      ],
    },
  });
});
