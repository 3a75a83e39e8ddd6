import { northbound, remoteOf, southbound } from "../network/fabric.ts";
import { releaseFacts } from "../releases/index.ts";
import { defineService } from "./define.ts";
import { loginOptions } from "./identity.ts";
import { ovnClient } from "./traits/ovn-client.ts";

/** Workers of an API pod: the ring by which they share OVN's events waits until so many are in it (neutron:neutron/common/ovn/hash_ring_manager.py). */
const workers = 2;

/** Networks, by OVN. It has no agents that would ask it by RPC. */
export const neutron = defineService({
  name: "neutron",
  type: "network",
  description: "OpenStack Networking",
  after: ["keystone"],
  databases: [{ name: "neutron", section: "database" }],
  messaging: true,
  fabric: true,
  environment: { OS_NEUTRON_CONFIG_FILES: "neutron.conf" },
  processes: [
    {
      name: "api",
      run: {
        wsgi: "neutron.wsgi.api:application",
        port: 9696,
        health: "/healthcheck",
        workers,
        // By it the workers of a pod know which members of the ring are left from before (neutron:neutron/common/wsgi_utils.py).
        fileOptions: ["start-time = %t"],
        // Its workers never end by themselves, since the threads that follow OVN's databases do not; no request takes longer than this.
        endInSeconds: 30,
      },
      requests: { cpu: "100m", memory: "384Mi" },
    },
    {
      name: "periodic",
      run: { command: ["neutron-periodic-workers"] },
      requests: { cpu: "20m", memory: "192Mi" },
    },
    {
      // Of several the one works that holds a lock in OVN's database.
      name: "maintenance",
      run: { command: ["neutron-ovn-maintenance-worker"] },
      requests: { cpu: "20m", memory: "192Mi" },
    },
  ],
  endpointPath: "",
  config: (context) => {
    const { physicalNetworks = [], mtu = 1500 } = context.network?.spec ?? {};
    const names = physicalNetworks.map(({ name }) => name).join(",");
    const login = { ...loginOptions("neutron", context), endpoint_type: "internal" };
    return {
      DEFAULT: {
        api_paste_config: "/opt/openstack/etc/neutron/api-paste.ini",
        api_workers: workers,
        core_plugin: "ml2",
        rpc_workers: 0,
        rpc_state_report_workers: 0,
        enable_traditional_dhcp: false,
        service_plugins: "ovn-router,qos,segments,trunk,port_forwarding,log",
        global_physnet_mtu: mtu,
        state_path: "/tmp",
      },
      ml2: {
        mechanism_drivers: "ovn",
        type_drivers: "local,flat,vlan,geneve",
        [releaseFacts[context.release].projectNetworkTypes]: "geneve",
        extension_drivers: "port_security,qos,dns",
        path_mtu: mtu,
      },
      ml2_type_flat: { flat_networks: names },
      ml2_type_vlan: { network_vlan_ranges: names },
      // What OVN puts before each packet is longer than Neutron takes it for (neutron:neutron/conf/plugins/ml2/drivers/driver_type.py).
      ml2_type_geneve: { vni_ranges: "1:65536", max_header_size: 38 },
      // Addresses: what Neutron starts beside its own library knows no search list of names (ovn_utils.create_neutron_pg_drop).
      ovn: {
        ovn_nb_connection: context.network?.northbound ?? remoteOf(northbound, context.namespace),
        ovn_sb_connection: context.network?.southbound ?? remoteOf(southbound, context.namespace),
        ovn_metadata_enabled: true,
      },
      nova: login,
      placement: login,
    };
  },
  reserved: [
    "DEFAULT.core_plugin",
    "DEFAULT.api_paste_config",
    "DEFAULT.api_workers",
    "ml2.mechanism_drivers",
    "ovn.ovn_nb_connection",
    "ovn.ovn_sb_connection",
  ],
  traits: [ovnClient],
  setup: [],
  // Nova takes its events by the role service, and finds the servers that they are about by the role admin only (nova:nova/db/main/api.py, instance_get_all_by_filters_sort).
  user: { roles: ["admin", "service"] },
  passwords: [],
  upgrade: {
    check: ["neutron-status", "upgrade", "check"],
    // A new database is not whole without the contractions, the last of which is of Newton: a running cloud is expanded only (neutron:neutron/db/migration/alembic_migrations/versions).
    before: [["neutron-db-manage", "upgrade", "heads"]],
    contract: [],
  },
});
