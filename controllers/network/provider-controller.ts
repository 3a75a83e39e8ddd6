import { networkSpec } from "../../crds/network.ts";
import { providerNetworkSpec } from "../../crds/provider-network.ts";
import { summarise } from "../../operator/conditions.ts";
import type { Controller, Edge } from "../../operator/controller.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { cloudKind } from "../cloud/plan.ts";
import { ApiWire } from "../openstack/api-wire.ts";
import { type Credentials, KeystoneSessions } from "../openstack/keystone.ts";
import { type Neutron, openNeutron } from "../openstack/neutron.ts";
import { unreachableBy } from "../openstack/unreachable.ts";
import { operatorCredentials } from "../openstack/operator-credentials.ts";
import { unreadable } from "../refusal.ts";
import { reportOf } from "../report.ts";
import { neutron } from "../services/neutron.ts";
import { internalUrl } from "../services/public.ts";
import { networkKind } from "./fabric.ts";
import { noFacts, observeNeutron, type ProviderFacts } from "./provider-facts.ts";
import { neutronCall, planProvider, planProviderDeletion } from "./provider-plan.ts";
import { providerNetworkKind } from "./users.ts";

/** The way into a cloud's Neutron; tests put one in memory here. */
export type NeutronDoor = (credentials: Credentials, url: string, signal: AbortSignal) => Neutron;

function httpDoor(): NeutronDoor {
  const [sessions, wire] = [new KeystoneSessions(), new ApiWire()];
  return (credentials, url, signal) => openNeutron({ sessions, wire, credentials, url, signal });
}

/** The controller that keeps networks on physical networks in Neutron as ProviderNetworks say. */
export function providerController(door: NeutronDoor = httpDoor()): Controller<ProviderFacts> {
  return {
    name: "nephos-provider-network",
    kind: providerNetworkKind,
    reads: [networkKind, cloudKind, { apiVersion: "v1", kind: "Secret" }],
    owns: [],
    pollInSeconds: 30,
    plan: (subject, seen, facts) => {
      const { data, error } = providerNetworkSpec.safeParse(subject["spec"]);
      const issue = error?.issues[0] ?? { path: [], message: "cannot be read" };
      return data === undefined
        ? { steps: [unreadable("network/spec", issue)] }
        : planProvider(subject, data, seen, facts ?? noFacts);
    },
    planDeletion: (subject, seen, facts) => planProviderDeletion(cloudOf(subject, seen), facts ?? unseen),
    status: (subject, verdicts, _seen, facts) => {
      const generation = subject.metadata.generation ?? 0;
      const [id] = (facts?.networks ?? []).map((network) => network.id).sort();
      return {
        ...reportOf(verdicts, summarise(verdicts, generation), generation),
        ...(id === undefined ? {} : { id }),
      };
    },
    observe: (subject, seen, edge) => observe(subject, seen, edge, door),
    act: async (action, subject, edge) => {
      const { verb, path, member, body } = neutronCall.parse(action.input);
      const api = await open(subject, edge, door);
      await (verb === "remove" ? api.remove(path) : api[verb](path, member, body));
    },
  };
}

const unseen: ProviderFacts = { ...noFacts, unreachable: "Neutron to be asked" };

async function observe(subject: Live, seen: Snapshot, edge: Edge, door: NeutronDoor): Promise<ProviderFacts> {
  const { data } = providerNetworkSpec.safeParse(subject["spec"]);
  // Of a cloud that is gone or going nothing is asked.
  if (data === undefined || cloudOf(subject, seen)?.metadata.deletionTimestamp !== undefined) return noFacts;
  try {
    return await observeNeutron(subject, data, await open(subject, edge, door));
  } catch (error) {
    return { ...noFacts, unreachable: unreachableBy(error) };
  }
}

/** The Cloud of the Network that is named, else the one that the namespace has. */
function cloudOf(subject: Live, seen: Snapshot): Live | undefined {
  const { namespace } = subject.metadata;
  const [network] = seen.list(networkKind, { namespace });
  const name = networkSpec.safeParse(network?.["spec"]).data?.cloud.name;
  const [any] = seen.list(cloudKind, { namespace });
  return name === undefined ? any : (seen.get({ ...cloudKind, namespace, name }) ?? any);
}

async function open({ metadata: { namespace = "" } }: Live, edge: Edge, door: NeutronDoor): Promise<Neutron> {
  return door(await operatorCredentials(namespace, edge), internalUrl(neutron, { namespace }), edge.signal);
}
