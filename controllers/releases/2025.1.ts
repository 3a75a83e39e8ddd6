import type { ReleaseFacts } from "./index.ts";

/** Epoxy. */
export const release20251: ReleaseFacts = {
  release: "2025.1",
  bootstrapRoles: ["admin", "manager", "member", "reader", "service"],
  greenThreads: ["nova"],
  tokenCacheOverTls: false,
  // Who tells Nova that a port is up has to be an administrator (nova:nova/policies/server_external_events.py).
  moreRoles: { neutron: ["admin"] },
  projectNetworkTypes: "tenant_network_types",
};
