import type { IContainer } from "kubernetes-models/v1/Container";
import type { Step } from "../../operator/plan.ts";
import { configMap, deployment, disruptionBudget } from "../services/manifests.ts";
import { restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { clientFiles, clientMount, trust, trustFile } from "../services/tls.ts";
import { clientSecret, type Database, type Fabric, northbound, southbound } from "./fabric.ts";

const control = "/tmp/northd.ctl";

// What OVN resolves names with knows no search list: it is the first entry of the pod's own that makes the name of a Service whole.
const start = `set -eu
zone=$(sed -n 's/^search \\([^ ]*\\).*/\\1/p' /etc/resolv.conf)
exec ovn-northd -vconsole:info -vsyslog:off -vfile:off --unixctl=${control} \\
  --ovnnb-db="${whole(northbound)}" --ovnsb-db="${whole(southbound)}" \\
  --private-key=${clientFiles.key} --certificate=${clientFiles.certificate} --ca-cert=${trustFile}
`;

function whole({ name, port }: Database): string {
  return `ssl:${name}.\${zone}:${port}`;
}

// Active or standby, and connected to both: of the state alone a northd that lost its databases would say nothing.
const ready = `set -eu
ask() { ovn-appctl --timeout=3 -t ${control} "$1"; }
told="$(ask status) $(ask nb-connection-status) $(ask sb-connection-status)"
case "$told" in
  "Status: active connected connected" | "Status: standby connected connected") exit 0 ;;
esac
echo "$told"
exit 1
`;

/** What translates the northbound database into the southbound one. Several may run: the lock in the southbound database chooses one. */
export function northdSteps(fabric: Fabric): Step[] {
  const config = configMap("ovn-northd-config", { "start.sh": start, "ready.sh": ready });
  const { mount, volume } = clientMount(clientSecret);
  const container: IContainer = {
    name: "northd",
    image: fabric.image("ovn"),
    command: ["sh", "/etc/nephos/start.sh"],
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: [{ name: "config", mountPath: "/etc/nephos", readOnly: true }, mount, trust.mount],
    ...serverProbes({ exec: { command: ["sh", "/etc/nephos/ready.sh"] } }),
  };
  const pod = restrictedPod({
    spec: fabric.cloud,
    uid: uids.ovn,
    containers: [container],
    volumes: [{ name: "config", configMap: { name: config.metadata.name } }, volume, trust.volume],
  });
  return [
    { name: "northd/config", after: [], objects: [config] },
    {
      name: "northd/server",
      after: ["northd/config", "client/certificate", "northbound/server", "southbound/server"],
      objects: [deployment("ovn", "northd", 1, pod), disruptionBudget("ovn", "northd")],
    },
  ];
}
