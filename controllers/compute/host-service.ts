import type { Action, Step } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import type { ComputeService } from "../openstack/nova.ts";
import { awaited, type HostCall, type HostFacts } from "./host-facts.ts";

/**
 * What has to answer on a host in Neutron before servers may come. The agent of a host goes there by the name of what it was before, where it
 * is of 2025.1 (neutron:neutron/plugins/ml2/drivers/ovn/agent/neutron_agent.py, neutron/agent/ovn/metadata/agent.py).
 */
const needed = [["ovn-controller"], ["neutron-ovn-agent", "neutron-ovn-metadata-agent"]];

// By this nova-compute knows that it was itself, and enables itself again (nova:nova/virt/libvirt/driver.py, DISABLE_PREFIX).
const byItself = "AUTO: ";

/**
 * Nova may send servers to a host once all that they need answers there. What somebody disabled stays disabled: of a service it says who it
 * was, and nothing else is remembered.
 */
export function serviceStep(host: string, facts: HostFacts | undefined): Step {
  const verdict = serviceVerdict(host, facts);
  const { service } = facts ?? {};
  const step = { name: "host/service", after: ["host/agents"], objects: [], verdict: () => verdict };
  if (service === undefined || facts === undefined || missingOf(host, service, facts) !== undefined) return step;
  return awaited(service) ? { ...step, actions: [callOf("enable", service.id, `nova-compute of ${host}`)] } : step;
}

/** A call about a host as an action of a step. */
export function callOf(verb: HostCall["verb"], id: string, what: string): Action {
  const words = { enable: "enabled", disable: "disabled", forget: "taken out of Nova", unplug: "taken out of Neutron" };
  const input: HostCall = { verb, id };
  return { name: `${what} to be ${words[verb]}`, input };
}

function serviceVerdict(host: string, facts: HostFacts | undefined): Verdict {
  if (facts === undefined) return { is: "waiting", on: "Nova to be asked" };
  const { unreachable, service } = facts;
  if (unreachable !== undefined) return { is: "waiting", on: unreachable };
  if (service === undefined) return { is: "waiting", on: `Nova to hear from nova-compute of ${host}` };
  const missing = missingOf(host, service, facts);
  if (missing !== undefined) return { is: "waiting", on: missing };
  return awaited(service) ? { is: "waiting", on: `nova-compute of ${host} to be enabled` } : done;
}

/** What a host lacks for servers; undefined where nothing is missing, or somebody wants none there. */
function missingOf(host: string, service: ComputeService, { hypervisor, agents }: HostFacts): string | undefined {
  if (service.status === "unknown") return `the database of the cell of ${host} to answer`;
  if (!service.up) return `nova-compute of ${host} to answer: Nova has not heard from it for a while`;
  if (disabledItself(service)) return `nova-compute of ${host}, which disabled itself: ${service.reason ?? ""}`;
  if (!awaited(service)) return undefined;
  if (!hypervisor) return `Nova to find the hypervisor of ${host}`;
  const silent = needed.find((names) => !agents.some(({ binary, alive }) => names.includes(binary) && alive));
  return silent === undefined ? undefined : `${silent[0]} of ${host} to answer in Neutron`;
}

function disabledItself({ status, reason = "" }: ComputeService): boolean {
  return status === "disabled" && reason.startsWith(byItself);
}

/** How a host whose agents are well is, as Nova sees it. */
export function stateInNova({
  unreachable,
  service,
}: HostFacts): "Unknown" | "Joining" | "Unwell" | "Disabled" | "Ready" {
  if (unreachable !== undefined || service?.status === "unknown") return "Unknown";
  if (service === undefined || awaited(service)) return "Joining";
  if (!service.up || disabledItself(service)) return "Unwell";
  return service.status === "disabled" ? "Disabled" : "Ready";
}
