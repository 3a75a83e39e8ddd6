import type { ReleaseFacts } from "./index.ts";

/** Epoxy. */
export const release20251: ReleaseFacts = {
  release: "2025.1",
  bootstrapRoles: ["admin", "manager", "member", "reader", "service"],
  greenThreads: ["nova"],
  tokenCacheOverTls: false,
};
