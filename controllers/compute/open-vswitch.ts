import { clientFiles, trustFile } from "../services/tls.ts";
import { chassisFolder } from "./chassis-files.ts";
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
exec ovn-controller unix:/run/openvswitch/db.sock ${logs} --unixctl=/run/ovn/ovn-controller.ctl \\
  --private-key=${clientFiles.key} --certificate=${clientFiles.certificate} --ca-cert=${trustFile}
`;

/** Keeps in the database what the host is to OVN, and its bridges, as the files say that the pool keeps for all its hosts. */
export const chassisStart = `set -eu
trap 'exit 0' TERM
# In the background: while a program runs in the foreground, a shell hears no signal.
tell() {
  ovs-vsctl --timeout=10 "$@" &
  wait $! || true
}
cd ${chassisFolder}
while :; do
  set --
  while read -r host setting; do
    [ "$host" != "$NODE_NAME" ] || set -- "$@" "$setting"
  done < hosts
  if [ $# -gt 0 ]; then
    while read -r setting; do set -- "$@" "$setting"; done < shared
    if [ -s question ]; then
      address=$(ip -brief address show $(cat question) | awk 'NR == 1 { print $3 }')
      [ -n "$address" ] || echo "no address for tunnels: ip address show $(cat question)" >&2
      set -- "$@" "external_ids:ovn-encap-ip=\\"\${address%%/*}\\""
    fi
    tell --no-wait set Open_vSwitch . "$@"
    while read -r bridge type link; do
      tell --may-exist add-br "$bridge" -- set Bridge "$bridge" "datapath_type=$type"
      [ -z "$link" ] || tell --may-exist add-port "$bridge" "$link"
    done < bridges
  fi
  sleep 5 &
  wait $!
done
`;
