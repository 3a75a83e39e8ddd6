import type { Part } from "../../operator/recipe.ts";
import { iniParts, type OsloConfig } from "../services/oslo.ts";
import { passwordOf } from "../services/secret.ts";
import { clientFiles, trustFile } from "../services/tls.ts";
import { metadataSecret } from "../services/traits/nova-clients.ts";
import type { HostContext } from "./host-context.ts";

const file = "/etc/neutron/ovn-agent.conf";
const state = "/tmp/neutron";

// Root in its pod already, it needs no sudo: each of its contexts asks for rights by itself (neutron:neutron/privileged/__init__.py).
const unaided: OsloConfig = Object.fromEntries(
  ["", "_conntrack", "_dhcp_release", "_link", "_namespace", "_ovs_vsctl"].map((context) => [
    `privsep${context}`,
    { helper_command: `privsep-helper --config-file ${file}` },
  ]),
);

/** The configuration of the agent that brings metadata to the servers of a host. It works on OVN's southbound database only. */
export function ovnAgentConfig({ namespace, remote }: HostContext): Part[] {
  return iniParts({
    DEFAULT: {
      auth_ca_cert: trustFile,
      metadata_proxy_shared_secret: { parts: [passwordOf(metadataSecret)] },
      nova_metadata_host: `nova-metadata.${namespace}.svc`,
      nova_metadata_protocol: "https",
      state_path: state,
      use_stderr: true,
    },
    ...unaided,
    AGENT: { root_helper: "" },
    agent: { extensions: "metadata" },
    oslo_concurrency: { lock_path: `${state}/locks` },
    ovn: {
      ovn_sb_connection: remote,
      ovn_sb_private_key: clientFiles.key,
      ovn_sb_certificate: clientFiles.certificate,
      ovn_sb_ca_cert: trustFile,
    },
    ovs: { ovsdb_connection: "unix:/run/openvswitch/db.sock" },
  });
}

/** Starts the agent once the host is known to OVN. */
export const ovnAgentStart = `set -eu
mkdir -p ${state}
until ovs-vsctl --timeout=2 get Open_vSwitch . external_ids:system-id; do sleep 1; done
printf '[DEFAULT]\\nhost = %s\\n' "$NODE_NAME" > /tmp/host.conf
exec neutron-ovn-agent --config-file ${file} --config-file /tmp/host.conf
`;

/** Asks whether its metadata proxy listens: it does once it has found the host in the southbound database. */
export const ovnAgentAsk = `test -S ${state}/metadata_proxy
`;
