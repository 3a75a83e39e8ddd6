import type { Release } from "../../crds/cloud.ts";
import { release20261 } from "./2026.1.ts";

/** What differs between releases, as data. */
export interface ReleaseFacts {
  readonly release: Release;
  /** Default roles that `keystone-manage bootstrap` makes in this release (keystone:keystone/cmd/bootstrap.py). */
  readonly bootstrapRoles: readonly string[];
}

/** The facts of every release that can be deployed. */
export const releaseFacts: Readonly<Record<Release, ReleaseFacts>> = { "2026.1": release20261 };
