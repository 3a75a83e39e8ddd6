import type { HostContext } from "./host-context.ts";

const logs = "-vconsole:info -vsyslog:off -vfile:off";

/** Starts the database of Open vSwitch on the host's file, which gets its name only when whole. */
export const databaseStart = `set -eu
file=/var/lib/openvswitch/conf.db
schema=/usr/share/openvswitch/vswitch.ovsschema
if [ ! -e $file ]; then
  rm -f $file.new
  ovsdb-tool create $file.new $schema
  mv $file.new $file
fi
if [ "$(ovsdb-tool needs-conversion $file $schema)" = yes ]; then
  ovsdb-tool convert $file $schema
fi
exec ovsdb-server $file ${logs} --no-self-confinement \\
  --remote=punix:/run/openvswitch/db.sock --unixctl=/run/openvswitch/ovsdb-server.ctl
`;

// Read once, when vswitchd starts: without it TCP to guests fails in user space, since their checksums are left to a card that is not there.
const offload: Readonly<Record<HostContext["datapath"], string>> = {
  Kernel: "remove Open_vSwitch . other_config userspace-tso-enable",
  UserSpace: "set Open_vSwitch . other_config:userspace-tso-enable=true",
};

/** Starts the switch once the database answers. Every daemon names its control socket: each is PID 1 where it runs. */
export function switchStart({ datapath }: HostContext): string {
  return `set -eu
until ovs-vsctl --timeout=2 --no-wait init; do sleep 0.2; done
ovs-vsctl --timeout=10 --no-wait -- ${offload[datapath]}
exec ovs-vswitchd unix:/run/openvswitch/db.sock ${logs} --unixctl=/run/openvswitch/ovs-vswitchd.ctl
`;
}

/** Starts OVN's controller; what it works on, the program beside it has written into the database. */
export const ovnStart = `set -eu
until ovs-vsctl --timeout=2 get Open_vSwitch . external_ids:system-id; do sleep 0.2; done
exec ovn-controller unix:/run/openvswitch/db.sock ${logs} --unixctl=/run/ovn/ovn-controller.ctl
`;

/** Keeps in the database what the host is to OVN: what all hosts of the pool have in common, its name and its address. */
export function chassisStart({ chassis, datapath }: HostContext): string {
  const type = datapath === "UserSpace" ? "netdev" : "system";
  const shared = Object.entries({ ...chassis, "ovn-bridge-datapath-type": type }).map(
    ([name, value]) => `  "external_ids:${name}=\\"${value}\\"" \\\n`,
  );
  return `set -eu
while :; do
  ovs-vsctl --timeout=10 --no-wait set Open_vSwitch . \\
${shared.sort().join("")}  "external_ids:ovn-encap-ip=$HOST_ADDRESS" \\
  "external_ids:hostname=$NODE_NAME" "external_ids:system-id=$NODE_NAME" || true
  sleep 10
done
`;
}
