import type { ReleaseFacts } from "./index.ts";

/** Flamingo. */
export const release20252: ReleaseFacts = {
  release: "2025.2",
  bootstrapRoles: ["admin", "manager", "member", "reader", "service"],
  greenThreads: ["nova"],
  tokenCacheOverTls: true,
  moreRoles: {},
  projectNetworkTypes: "tenant_network_types",
};
