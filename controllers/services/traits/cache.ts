import type { OsloConfig } from "../oslo.ts";
import { trustFile } from "../tls.ts";

/**
 * How a service remembers in Memcached what it looked up. Of the Memcached back ends only this one goes on without its server: the others
 * answer 500 (oslo.cache:oslo_cache/_memcache_pool.py).
 */
export const cacheOptions: OsloConfig = {
  cache: {
    enabled: true,
    backend: "oslo_cache.memcache_pool",
    memcache_servers: "memcached:11211",
    tls_enabled: true,
    tls_cafile: trustFile,
    memcache_dead_retry: 5,
    memcache_socket_timeout: 1,
  },
};
