import { dressed } from "../../operator/dress.ts";
import { type Live, mapAt } from "../../operator/object.ts";
import { planNetwork } from "../network/plan.ts";
import { means } from "../testing/render.ts";
import { claim, secret, settled, snapshot } from "../testing/world.ts";
import { unrestOf } from "./rest.ts";
import { cell, cloud, ground, network } from "./testing/hosts.ts";

const authority = [secret("nephos-ca"), claim("data-ovn-nb-0"), claim("data-ovn-sb-0")];

/** The fabric of a Cloud, as its controller has made it. */
function fabricOf(above: Live): Live[] {
  const seen = snapshot(network, ...ground, above, ...authority);
  const wanted = dressed(planNetwork(network, seen, means), network).steps.flatMap(({ objects }) => objects);
  return wanted.map((each) => {
    const there = settled(each);
    const { annotations = {} } = each.metadata;
    const spec = { ...mapAt(there, "spec"), ...(there.kind === "Service" ? { clusterIP: "10.96.0.7" } : {}) };
    return { ...there, spec, metadata: { ...there.metadata, annotations } };
  });
}

const unrest = (footing: object, ...objects: readonly Live[]): string | undefined => {
  const all = { cloud, cell, network, ...footing };
  return unrestOf(all, snapshot(network, ...ground, ...authority, all.cloud, all.cell, ...objects), means);
};

const saying = (live: Live, state: string, observedGeneration = 1): Live => ({
  ...live,
  status: {
    observedGeneration,
    steps: [
      { name: "config", state: "Done" },
      { name: "nova/workers", state },
    ],
  },
});

it("is what the Cloud or the cell is not done with, or has not looked at", () => {
  expect(unrest({})).toBeUndefined();
  expect(unrest({ cloud: saying(cloud, "Waiting") })).toBe("step nova/workers of Cloud demo");
  expect(unrest({ cloud: saying(cloud, "Blocked") })).toBe("step nova/workers of Cloud demo");
  expect(unrest({ cell: saying(cell, "Waiting") })).toBe("step nova/workers of ComputeCell cell1");
  expect(unrest({ cloud: saying(cloud, "Done", 0) })).toBe("Cloud demo to be taken up");
  expect(unrest({ cell: { ...cell, status: undefined } })).toBe("ComputeCell cell1 to be taken up");
});

it("is not what was done once and is unwell", () => {
  expect(unrest({ cloud: saying(cloud, "Degraded"), cell: saying(cell, "Degraded") })).toBeUndefined();
});

it("is a southbound database that differs from what a Cloud wants by now, whatever is said about it", () => {
  const another = { ...cloud, spec: { ...mapAt(cloud, "spec"), images: { pullSecrets: [{ name: "another" }] } } };
  expect(unrest({ cloud: another }, ...fabricOf(cloud))).toMatch(/^step southbound[/][a-z]+ of Network fabric$/);
  expect(unrest({ cloud: another }, ...fabricOf(another))).toBeUndefined();
});

it("is none of the southbound database where there is none", () => {
  expect(unrest({}, ...fabricOf(cloud).filter(({ kind }) => kind !== "StatefulSet"))).toBeUndefined();
});
