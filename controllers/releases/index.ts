import type { Release } from "../../crds/cloud.ts";
import { release20251 } from "./2025.1.ts";
import { release20252 } from "./2025.2.ts";
import { release20261 } from "./2026.1.ts";

/** What differs between releases, as data. */
export interface ReleaseFacts {
  readonly release: Release;
  /** Default roles that `keystone-manage bootstrap` makes in this release (keystone:keystone/cmd/bootstrap.py). */
  readonly bootstrapRoles: readonly string[];
  /** Services whose APIs put eventlet in the place of threads (nova:nova/wsgi/osapi_compute.py); they answer one request in a process at a time. */
  readonly greenThreads: readonly string[];
  /** Whether services can remember tokens in a Memcached that speaks TLS (keystonemiddleware:keystonemiddleware/auth_token/_opts.py, memcache_tls_enabled). */
  readonly tokenCacheOverTls: boolean;
  /** Roles that a service's user needs besides those that it has in every release. */
  readonly moreRoles: Readonly<Record<string, readonly string[]>>;
  /** The option that names the types of networks that projects get (neutron:neutron/conf/plugins/ml2/config.py). */
  readonly projectNetworkTypes: "project_network_types" | "tenant_network_types";
}

/** The facts of every release that can be deployed. */
export const releaseFacts: Readonly<Record<Release, ReleaseFacts>> = {
  "2025.1": release20251,
  "2025.2": release20252,
  "2026.1": release20261,
};

/** A change of `spec.release` that a running cloud can make. */
export interface UpgradePath {
  readonly from: Release;
  readonly to: Release;
}

/** None yet: a path is here once it works. */
export const upgradePaths: readonly UpgradePath[] = [];
