import type { Controller } from "../../operator/controller.ts";
import type { Live } from "../../operator/object.ts";
import { progress } from "../../operator/plan.ts";
import { judgeStep } from "../../operator/verdict.ts";
import { cellController } from "../cell/controller.ts";
import { pageHas } from "../testing/page.ts";
import { means } from "../testing/render.ts";
import { fabricOf, live, snapshot } from "../testing/world.ts";
import { networkController } from "./controller.ts";
import { providerController } from "./provider-controller.ts";
import { noFacts, type ProviderFacts } from "./provider-facts.ts";

const apiVersion = "nephos.dev/v1alpha1";
const cloud = live({ apiVersion, kind: "Cloud", metadata: { name: "demo" }, spec: { release: "2026.1" } });
const [network = cloud] = fabricOf("demo");
const cell = live({ apiVersion, kind: "ComputeCell", metadata: { name: "cell1" }, spec: { cloud: { name: "demo" } } });
const pool = live({
  apiVersion,
  kind: "ComputePool",
  metadata: { name: "standard" },
  spec: { cell: { name: "cell1" } },
});
const neutron = live({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "neutron-api",
    ownerReferences: [{ apiVersion, kind: "Cloud", name: "demo", uid: cloud.metadata.uid, controller: true }],
  },
});

const range = (start: string, end: string) => ({ start: `203.0.113.${start}`, end: `203.0.113.${end}` });
const provider = (physicalNetwork = "physnet1", ...pools: readonly object[]): Live => {
  const subnet = { name: "public", cidr: "203.0.113.0/24", gateway: "203.0.113.1", pools };
  const spec = { network: { name: "fabric" }, physicalNetwork, subnets: [subnet] };
  return live({ apiVersion, kind: "ProviderNetwork", metadata: { name: "public" }, spec });
};

const [providers, networks, cells] = [providerController(), networkController(means), cellController(means)];

/** What an object says of itself, as it is or as one that is to be deleted. */
function said(controller: Controller, subject: Live, seen: readonly Live[], facts?: unknown): unknown {
  const all = snapshot(subject, ...seen);
  const going = subject.metadata.deletionTimestamp !== undefined;
  const plan = going ? controller.planDeletion?.(subject, all, facts) : controller.plan(subject, all, facts);
  return controller.status(subject, progress(plan ?? { steps: [] }, all, judgeStep).verdicts, all, facts);
}

const deleted = (object: Live): Live => ({
  ...object,
  metadata: { ...object.metadata, deletionTimestamp: "2026-02-01T00:00:00Z" },
});
const used: ProviderFacts = { ...noFacts, users: ["router r1"] };

/** How each mistake of the page is made. */
const made: Readonly<Record<string, () => unknown>> = {
  "a physical network that the Network does not have": () => said(providers, provider("physnet2"), [network]),
  "pools that overlap": () =>
    said(providers, provider("physnet1", range("10", "50"), range("50", "60")), [network], noFacts),
  "a pool with the gateway in it": () => said(providers, provider("physnet1", range("1", "9")), [network], noFacts),
  "deleting a Network that a Cloud works on": () => said(networks, deleted(network), [cloud, neutron]),
  "deleting a ProviderNetwork that something is on": () => said(providers, deleted(provider()), [cloud, network], used),
  "deleting a ComputeCell with hosts": () => said(cells, deleted(cell), [cloud, pool]),
};

describe("the page of mistakes", () => {
  pageHas("Of networks, and of what is used", made);
});
