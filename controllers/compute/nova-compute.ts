import type { Part } from "../../operator/recipe.ts";
import { computeOptions } from "../cell/definition.ts";
import { keystone } from "../services/keystone.ts";
import { iniParts, merged, type OsloConfig } from "../services/oslo.ts";
import { internalUrl } from "../services/public.ts";
import { trustFile } from "../services/tls.ts";
import type { HostContext } from "./host-context.ts";
import { hostOptions } from "./host-settings.ts";

const file = "/etc/nova/nova.conf";

// It is root in its pod already: what asks for rights needs no sudo (oslo.privsep:oslo_privsep/priv_context.py, helper_command).
const helper = { helper_command: `privsep-helper --config-file ${file}` } as const;

/** What all hosts of a pool have in common; what is of one host, its start adds. */
const common: OsloConfig = {
  DEFAULT: {
    compute_driver: "libvirt.LibvirtDriver",
    state_path: "/var/lib/nova",
    // What it has begun it may finish; servers do not notice (nova:nova/compute/manager.py, graceful_shutdown).
    graceful_shutdown_timeout: 15,
    manager_shutdown_timeout: 1,
    rpc_ping_enabled: true,
    // The last line of what it says before it ends is told: the error itself, without a time that ticks.
    logging_exception_prefix: "",
  },
  libvirt: { connection_uri: "qemu+unix:///system?socket=/run/libvirt/libvirt-sock" },
  oslo_concurrency: { lock_path: "/var/lib/nova/locks" },
  os_vif_ovs: { ovsdb_connection: "unix:/run/openvswitch/db.sock" },
  nova_sys_admin: helper,
  privsep_osbrick: helper,
  vif_plug_linux_bridge_privileged: helper,
  vif_plug_ovs_privileged: helper,
};

/** The configuration of nova-compute: no credentials of a database are in it. */
export function computeConfig(host: HostContext): Part[] {
  const { service, context } = host.cell;
  return iniParts(merged(computeOptions(service, context), common, ...hostOptions(host)));
}

/**
 * Starts nova-compute with what is the host's own: its names, its address, its hypervisor as the preflight found it. Without Keystone it
 * would end at once, and be started later and later.
 */
export function computeStart(host: HostContext): string {
  const { context } = host.cell;
  // What users choose is in the other file; this one is read after it.
  const chosen = "cpu_mode" in (merged(...hostOptions(host))["libvirt"] ?? {});
  const cpu = chosen ? "" : "cpu_mode = custom\\ncpu_models = Nehalem\\n";
  return `set -eu
mkdir -p /var/lib/nova/instances
cat > /tmp/host.conf <<END
[DEFAULT]
host = $NODE_NAME
my_ip = $HOST_ADDRESS
[vnc]
server_listen = $HOST_ADDRESS
server_proxyclient_address = $HOST_ADDRESS
[libvirt]
END
if [ "$(cat /run/nephos/hypervisor)" = kvm ]; then
  echo "virt_type = kvm" >> /tmp/host.conf
else
  printf 'virt_type = qemu\\n${cpu}' >> /tmp/host.conf
fi
until python3 -c 'import ssl, sys, urllib.request as request
request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2]), timeout=5)' \\
  ${internalUrl(keystone, context)} ${trustFile} 2> /dev/null; do sleep 2; done
exec nova-compute --config-file ${file} --config-file /tmp/host.conf
`;
}

/** Asks nova-compute by RPC whether it serves; what it is called there is the host's own. */
export const computeAsk = `printf '[DEFAULT]\\nhost = %s\\n' "$NODE_NAME" | cat - ${file} | python3 /etc/nephos/rpc-ping.py /dev/stdin compute "$1"
`;
