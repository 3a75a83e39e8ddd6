import { z } from "zod";
import { at, textAt } from "../../operator/object.ts";
import { ApiRefusal } from "../openstack/api-wire.ts";
import type { Neutron } from "../openstack/neutron.ts";
import type { ComputeService, Nova } from "../openstack/nova.ts";

/** What Nova and Neutron know of a host. */
export interface HostFacts {
  /** Why nothing could be seen. */
  readonly unreachable?: string;
  /** Its nova-compute; undefined while Nova has never heard of it, or not any more. */
  readonly service?: ComputeService;
  /** Whether Nova could send servers to its hypervisor; only asked while it is ours to enable. */
  readonly hypervisor: boolean;
  /** Its agents in Neutron; only asked while it is ours to enable, or is to go. */
  readonly agents: readonly AgentFact[];
  /** What is in the way of its going: servers, and moves of servers that are not over. Only asked then. */
  readonly servers: readonly string[];
  readonly moves: readonly string[];
}

/** An agent in Neutron. */
export interface AgentFact {
  readonly id: string;
  readonly binary: string;
  readonly alive: boolean;
}

/** Facts with nothing in them. */
export const noFacts: HostFacts = { hypervisor: false, agents: [], servers: [], moves: [] };

/** The APIs that know of hosts. */
export interface HostApis {
  readonly nova: Nova;
  readonly neutron: Neutron;
}

// What Nova says of a service that has never been enabled, where enable_new_services is off (nova:nova/db/main/api.py, service_create).
const neverEnabled = "New compute service disabled due to config option.";

/** What we say when we disable nova-compute of a host: by its beginning it is known as ours. */
export const ourReason = "nephos: this host leaves its pool";

/** Whether a service is ours to enable: nobody ever did, or it was us who disabled it. What somebody else disabled stays so. */
export function awaited({ status, reason = "" }: ComputeService): boolean {
  return status === "disabled" && (reason === neverEnabled || reason.startsWith("nephos: "));
}

/** A host to ask for: its name in Nova and Neutron, and what it calls itself, as far as that is known. */
export interface Asked {
  readonly host: string;
  readonly calledItself: string | undefined;
}

/** What there is to know of a host that servers may come to, or are to; rejects with a refusal of either API. */
export async function observeHost({ host, calledItself }: Asked, { nova, neutron }: HostApis): Promise<HostFacts> {
  const service = (await nova.services()).get(host);
  if (service === undefined) return noFacts;
  // Of a host that is not ours to enable nothing else counts: most of them, however many there are.
  if (!awaited(service) || calledItself === undefined) return { ...noFacts, service };
  const hypervisor = await nova.hypervisorOn(host, calledItself);
  return { ...noFacts, service, hypervisor, agents: await agentsOf(host, neutron) };
}

/** What there is to know of a host that is to go. */
export async function observeLeaving(host: string, { nova, neutron }: HostApis): Promise<HostFacts> {
  const service = (await nova.services()).get(host);
  const agents = await agentsOf(host, neutron);
  if (service === undefined) return { ...noFacts, agents };
  return { ...noFacts, service, agents, servers: await nova.serversOn(host), moves: await nova.movesOn(host) };
}

/** By host, and by the name of its chassis: one whose row of OVN is gone has no host any more (neutron:neutron/plugins/ml2/drivers/ovn/agent/neutron_agent.py). */
async function agentsOf(host: string, neutron: Neutron): Promise<AgentFact[]> {
  const found = [...(await neutron.list("agents", { host })), ...(await neutron.list("agents", { id: host }))];
  const agents = found.map((entry) => ({
    id: textAt(entry, "id") ?? "",
    binary: textAt(entry, "binary") ?? "",
    alive: at(entry, "alive") === true,
  }));
  return [...new Map(agents.map((agent) => [agent.id, agent])).values()];
}

/** One call about a host, as data. */
export const hostCall = z.object({ verb: z.enum(["enable", "disable", "forget", "unplug"]), id: z.string() });

/** A planned call about a host. */
export type HostCall = z.output<typeof hostCall>;

/** Makes a planned call; rejects with a refusal of the API. */
export async function performHostCall({ verb, id }: HostCall, { nova, neutron }: HostApis): Promise<void> {
  const verbs: Readonly<Record<HostCall["verb"], () => Promise<void>>> = {
    enable: () => nova.enable(id),
    disable: () => nova.disable(id, ourReason),
    forget: () => nova.forget(id),
    // With the first agent of a host the others go as well.
    unplug: () => neutron.remove(`agents/${id}`).catch(unlessGone),
  };
  await verbs[verb]();
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ApiRefusal && error.status === 404)) throw error;
}
