import type { ComputePoolSpec } from "../../crds/compute-pool.ts";
import { defineService, type ServiceContext, type ServiceDefinition } from "../services/define.ts";
import type { OsloConfig } from "../services/oslo.ts";
import { optionsOf, referencesOf, settingsOf } from "../services/user-config.ts";
import type { HostContext } from "./host-context.ts";

/** What a user says about nova-compute on the hosts of a pool. */
export type HostWishes = Pick<ComputePoolSpec, "config" | "hypervisor" | "reservedMemory">;

// What is the host's own, and what its agents agree on.
const reserved: readonly string[] = [
  ...["host", "my_ip", "compute_driver", "state_path", "rpc_ping_enabled"].map((option) => `DEFAULT.${option}`),
  ...["connection_uri", "virt_type"].map((option) => `libvirt.${option}`),
  ...["server_listen", "server_proxyclient_address", "novncproxy_base_url"].map((option) => `vnc.${option}`),
  ...["nova_sys_admin", "privsep_osbrick", "vif_plug_ovs_privileged"].map((section) => `${section}.helper_command`),
  ...["oslo_concurrency.lock_path", "os_vif_ovs.ovsdb_connection", "neutron.metadata_proxy_shared_secret"],
];

const name: string = "nova-compute";

/** nova-compute as far as users set options of it: its pool stands where the Cloud's spec has what is said about services. */
export function computeService(cell: ServiceDefinition): ServiceDefinition {
  return defineService({
    name,
    project: "nova",
    below: { service: cell, kind: "ComputeCell" },
    description: "Hosts of OpenStack Compute",
    after: [],
    databases: [],
    messaging: false,
    processes: [],
    endpointPath: "",
    config: () => ({}),
    reserved,
    traits: [],
    setup: [],
    passwords: [],
    upgrade: { check: [], before: [], contract: [] },
  });
}

/** The Cloud as what reads a user's options sees it for the hosts of a pool. */
export function settingsContext({ config }: HostWishes, context: ServiceContext): ServiceContext {
  const { spec } = context;
  return { ...context, spec: { ...spec, services: { ...spec.services, [name]: { replicas: 1, config } } } };
}

/** What users set for nova-compute: for all services, for Nova, for its cell, then for the pool, by its own fields and by options. */
export function hostOptions({ cell: { service, context }, wishes }: HostContext): OsloConfig[] {
  const settings = settingsOf(computeService(service), settingsContext(wishes, context));
  const that = (own: boolean): OsloConfig => optionsOf(settings.filter((setting) => setting.own === own));
  return [that(false), fieldOptions(wishes), that(true)];
}

function fieldOptions({ hypervisor: { cpuModels }, reservedMemory }: HostWishes): OsloConfig {
  const libvirt = { cpu_mode: "custom", cpu_models: (cpuModels ?? []).join(",") };
  return {
    ...(cpuModels === undefined ? {} : { libvirt }),
    ...(reservedMemory === undefined ? {} : { DEFAULT: { reserved_host_memory_mb: mebibytesOf(reservedMemory) } }),
  };
}

function mebibytesOf(quantity: string): number {
  return Number.parseInt(quantity, 10) * (quantity.endsWith("Gi") ? 1024 : 1);
}

/** Stands for the values of Secrets among these options: with another one the hosts get another revision. */
export function secretVersions({ cell: { service, context }, wishes }: HostContext): string[] {
  const references = referencesOf(computeService(service), settingsContext(wishes, context));
  return references.map(({ secret }) => context.versionOf(secret));
}
