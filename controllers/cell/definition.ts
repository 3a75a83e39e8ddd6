import { databaseOptions } from "../services/database.ts";
import { defineService, type Process, type ServiceContext, type ServiceDefinition } from "../services/define.ts";
import { nova, stopping } from "../services/nova.ts";
import { merged, type OsloConfig } from "../services/oslo.ts";
import { publicUrl } from "../services/public.ts";
import { publicFiles, publicServerPort, serverFiles, trustFile } from "../services/tls.ts";
import { cellMapping } from "../services/traits/cell-mapping.ts";
import { messagingOptions } from "../services/traits/messaging.ts";
import { novaClients } from "../services/traits/nova-clients.ts";
import { cellService } from "./cells.ts";
import { consoleProgram, screenName } from "./screens.ts";

// What is in a cell reaches neither Nova's first database nor the scheduler: it asks neither (nova:doc/source/admin/cells.rst, upcalls).
const confined: OsloConfig = {
  DEFAULT: { state_path: "/tmp" },
  filter_scheduler: { track_instance_changes: false },
  workarounds: { disable_group_policy_check_upcall: true },
};

/** Shows screens in browsers: to whoever has a token of a server, which is in the database of its cell. */
const consoleProxy = (service: string): Process => ({
  name: "console",
  run: {
    command: ["python3", "-c", consoleProgram, screenName(service)],
    port: publicServerPort,
    health: "/vnc_lite.html",
  },
  requests: { cpu: "20m", memory: "128Mi" },
  config: () => ({
    DEFAULT: {
      ssl_only: true,
      cert: publicFiles.certificate,
      key: publicFiles.key,
      web: "/opt/openstack/share/novnc",
    },
    vnc: {
      novncproxy_host: "::",
      novncproxy_port: publicServerPort,
      auth_schemes: "vencrypt",
      // QEMU asks for a certificate of the authority, whatever it was made for. One for clients would open OVN's databases too.
      vencrypt_client_key: serverFiles.key,
      vencrypt_client_cert: serverFiles.certificate,
      vencrypt_ca_certs: trustFile,
    },
  }),
});

/** Writes into the cell's database for its hosts, which do not see it. */
const conductor: Process = {
  name: "conductor",
  run: { command: ["nova-conductor"], topic: "conductor" },
  requests: { cpu: "50m", memory: "160Mi" },
  // It writes down the hosts of its cell that are new: no server comes to one before it was seen to work (nova:nova/db/main/api.py, service_create).
  config: () => ({ DEFAULT: { ...stopping, enable_new_services: false }, conductor: { workers: 1 } }),
};

/** A cell of Nova as data, like any service: what the conductor of its hosts and their consoles need. */
export function cellDefinition(cell: string): ServiceDefinition {
  const database = `nova_${cell}`;
  const service = cellService(cell);
  return defineService({
    name: service,
    project: nova.name,
    below: { service: nova, kind: "Cloud" },
    description: "Cell of OpenStack Compute",
    after: [],
    // Nova's API and scheduler look into each cell, as themselves.
    databases: [{ name: database, section: "database", sharedWith: nova.name }],
    messaging: { virtualHost: database },
    processes: [consoleProxy(service), conductor],
    endpointPath: "/vnc_lite.html",
    config: (context) => merged(confined, novaClients(context)),
    reserved: [
      ...["host", "cert", "key", "ssl_only"].map((option) => `DEFAULT.${option}`),
      ...["novncproxy_port", "auth_schemes"].map((option) => `vnc.${option}`),
      ...["client_key", "client_cert", "ca_certs"].map((option) => `vnc.vencrypt_${option}`),
    ],
    traits: [],
    // Only this Job sees both: Nova's first database, where the cell is told of, and the cell's own.
    setup: [
      {
        ...cellMapping(cell),
        config: (context) => ({ api_database: databaseOptions(nova.name, "nova_api", context) }),
      },
    ],
    passwords: [],
    certificates: [screenName(service)],
    upgrade: {
      check: ["nova-status", "upgrade", "check"],
      before: [["nova-manage", "db", "sync", "--local_cell"]],
      contract: [],
    },
  });
}

/**
 * What nova-compute is configured with on every host of a cell, besides what is about the host: its cell's broker, how it calls other services,
 * where browsers find consoles. No database: hosts never see one.
 */
export function computeOptions(cell: ServiceDefinition, context: ServiceContext): OsloConfig {
  const url = publicUrl(cell, context);
  return merged(messagingOptions(cell, "compute", context), novaClients(context), confined, {
    DEFAULT: { use_stderr: true },
    vnc: { enabled: true, ...(url === undefined ? {} : { novncproxy_base_url: url }) },
  });
}
