import { defineService } from "./define.ts";
import { merged } from "./oslo.ts";
import { cacheOptions } from "./traits/cache.ts";
import { cellMapping } from "./traits/cell-mapping.ts";
import { metadataSecret, novaClients } from "./traits/nova-clients.ts";

/** Nova's managers sleep this long before they stop, whatever they have to do (nova:nova/conductor/manager.py, graceful_shutdown; since 2026.1). */
export const stopping = { manager_shutdown_timeout: 10 } as const;

/** Servers: their API, what they are told about themselves, where they go, and the cell of those that never got to a host. */
export const nova = defineService({
  name: "nova",
  type: "compute",
  description: "OpenStack Compute",
  after: ["keystone"],
  databases: [
    { name: "nova_api", section: "api_database" },
    { name: "nova_cell0", section: "database" },
  ],
  messaging: true,
  // Of its files the first has the pipelines, and is also read as configuration (nova:nova/api/openstack/wsgi_app.py).
  environment: { OS_NOVA_CONFIG_FILES: "/opt/openstack/etc/nova/api-paste.ini;nova.conf" },
  // Of an API each pod would leave a row in the table of services: they share one.
  processes: [
    {
      name: "api",
      // The document of versions is all that it tells those without a token; it has no /healthcheck.
      run: { wsgi: "nova.wsgi.osapi_compute:application", port: 8774, health: "/" },
      requests: { cpu: "100m", memory: "256Mi" },
      config: () => ({ DEFAULT: { host: "nova-api" } }),
    },
    {
      name: "metadata",
      run: { wsgi: "nova.wsgi.metadata:application", port: 8775, health: "/" },
      requests: { cpu: "50m", memory: "192Mi" },
      config: () => ({ DEFAULT: { host: "nova-metadata" } }),
    },
    {
      name: "scheduler",
      run: { command: ["nova-scheduler"], topic: "scheduler" },
      // A process that watches, and one that works, whatever the number of workers.
      requests: { cpu: "50m", memory: "224Mi" },
      // Several agree on one that looks for hosts (nova:nova/scheduler/manager.py, _discover_hosts_in_cells).
      config: () => ({ DEFAULT: stopping, scheduler: { workers: 1, discover_hosts_in_cells_interval: 15 } }),
    },
    {
      name: "conductor",
      run: { command: ["nova-conductor"], topic: "conductor" },
      requests: { cpu: "50m", memory: "160Mi" },
      config: () => ({ DEFAULT: stopping, conductor: { workers: 1 } }),
    },
  ],
  endpointPath: "/v2.1",
  config: (context) =>
    merged(cacheOptions, novaClients(context), {
      DEFAULT: { state_path: "/tmp" },
      oslo_concurrency: { lock_path: "/tmp" },
    }),
  reserved: ["DEFAULT.host", "neutron.metadata_proxy_shared_secret", "neutron.service_metadata_proxy"],
  traits: [],
  setup: [cellMapping("cell0")],
  user: { roles: ["service"] },
  passwords: [metadataSecret],
  knowsCells: true,
  upgrade: {
    check: ["nova-status", "upgrade", "check"],
    before: [
      ["nova-manage", "api_db", "sync"],
      ["nova-manage", "db", "sync", "--local_cell"],
    ],
    contract: [["nova-manage", "db", "online_data_migrations"]],
  },
});
