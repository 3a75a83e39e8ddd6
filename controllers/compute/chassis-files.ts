import type { Manifest } from "../../operator/object.ts";
import type { Chassis } from "../network/chassis.ts";
import type { CertificateMount } from "../services/tls.ts";

/** Where a host finds what it is told about OVN. */
export const chassisFolder = "/etc/chassis";

const settingsOf = (pool: string): string => `chassis-${pool}`;

/** The settings of a pool's hosts in a pod: a folder, which follows what changes. */
export function chassisMount(pool: string): CertificateMount {
  return {
    volume: { name: "chassis", configMap: { name: settingsOf(pool) } },
    mount: { name: "chassis", mountPath: chassisFolder, readOnly: true },
  };
}

/** What no two hosts have in common, whatever it is. */
const own: ReadonlySet<string> = new Set([
  ...["system-id", "hostname", "ovn-encap-ip", "ovn-cms-options", "ovn-chassis-mac-mappings"],
]);

/** What hosts are told about OVN, of all hosts of a pool. It changes in place: of another gateway or address nothing restarts. */
export function chassisSettings(pool: string, hosts: ReadonlyMap<string, Chassis>): Manifest {
  const each = [...hosts].sort(([a], [b]) => (a < b ? -1 : 1));
  const [first] = each.map(([, chassis]) => chassis);
  const shared = first === undefined ? [] : ids(first).flatMap(([name, line]) => (own.has(name) ? [] : [line]));
  const separate = each.flatMap(([host, chassis]) =>
    ids(chassis).flatMap(([name, line]) => (own.has(name) ? [`${host} ${line}`] : [])),
  );
  const bridges = (first?.bridges ?? []).map(({ name, datapathType, interface: link }) =>
    [name, datapathType, ...(link === undefined ? [] : [link])].join(" "),
  );
  const question = first?.encapQuestion?.slice(4).join(" ") ?? "";
  const data = { shared: lines(shared), hosts: lines(separate), bridges: lines(bridges), question };
  return Object.assign({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: settingsOf(pool) } }, { data });
}

/** Each setting with the line that gives it to Open vSwitch. */
function ids({ externalIds }: Chassis): (readonly [string, string])[] {
  return Object.entries(externalIds).map(([name, value]) => [name, `external_ids:${name}=${JSON.stringify(value)}`]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
