import type { ReleaseFacts } from "./index.ts";

/** Gazpacho. */
export const release20261: ReleaseFacts = {
  release: "2026.1",
  bootstrapRoles: ["admin", "manager", "member", "reader", "service"],
  greenThreads: [],
  tokenCacheOverTls: true,
  moreRoles: {},
  projectNetworkTypes: "project_network_types",
};
