import type { NetworkSpec } from "../../crds/network.ts";
import { digest } from "../../operator/digest.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { internalAddress } from "../cloud/host.ts";
import { remoteIn, southbound } from "./fabric.ts";

/** A bridge of Open vSwitch on a host; with an interface of the host in it, or without. */
export interface Bridge {
  readonly name: string;
  readonly datapathType: "system" | "netdev";
  readonly interface?: string;
}

/** What Open vSwitch on a host has to be told, for OVN to work there. */
export interface Chassis {
  /** Of the row `Open_vSwitch`. Without `ovn-encap-ip` where only the host can tell its address. */
  readonly externalIds: Readonly<Record<string, string>>;
  /** Of the same row; some of it counts only from the next start of ovs-vswitchd. */
  readonly otherConfig: Readonly<Record<string, string>>;
  readonly bridges: readonly Bridge[];
  /** What to ask on the host for `ovn-encap-ip`: prints interfaces with their addresses, of which the first counts. Absent where it is known. */
  readonly encapQuestion?: readonly string[];
}

/** How often OVN asks an idle database whether it is still there; of Open vSwitch beside it in seconds. */
const remoteProbeInMilliseconds = 60_000;
const openFlowProbeInSeconds = 60;

/**
 * Where hosts find the southbound database: the address of its Service, so that they need no DNS of the cluster. Undefined until it has
 * one.
 */
export function southboundOf(seen: Snapshot, namespace: string): string | undefined {
  return remoteIn(seen, namespace, southbound);
}

/** What a host is told, by its Node; undefined while the Node has no address that tunnels could end at. */
export function chassisOf(spec: NetworkSpec, node: Live, remote: string): Chassis | undefined {
  const { name } = node.metadata;
  const encap = encapOf(spec.tunnel.address, node);
  if (encap === undefined) return undefined;
  const options = isGateway(spec, node) ? ["enable-chassis-as-gw"] : [];
  const { physicalNetworks } = spec;
  const mappings = physicalNetworks.map((physical) => `${physical.name}:${physical.bridge}`);
  const addresses = physicalNetworks.map((physical) => `${physical.name}:${macOf(name, physical.name)}`);
  const userSpace = spec.datapath.type === "UserSpace";
  const datapathType = userSpace ? "netdev" : "system";
  return {
    externalIds: {
      "system-id": name,
      hostname: name,
      "ovn-remote": remote,
      "ovn-remote-probe-interval": String(remoteProbeInMilliseconds),
      "ovn-openflow-probe-interval": String(openFlowProbeInSeconds),
      "ovn-encap-type": spec.tunnel.type.toLowerCase(),
      ...("address" in encap ? { "ovn-encap-ip": encap.address } : {}),
      "ovn-bridge-datapath-type": datapathType,
      "ovn-bridge-mappings": mappings.join(","),
      "ovn-chassis-mac-mappings": addresses.join(","),
      "ovn-cms-options": options.join(","),
    },
    // Partial checksums of virtio guests do not pass the connection tracking of user space without it.
    otherConfig: userSpace ? { "userspace-tso-enable": "true" } : {},
    bridges: physicalNetworks.map((physical) => ({
      name: physical.bridge,
      datapathType,
      ...(physical.interface === undefined ? {} : { interface: physical.interface }),
    })),
    ...("question" in encap ? { encapQuestion: encap.question } : {}),
  };
}

type Encap = { readonly address: string } | { readonly question: readonly string[] };

function encapOf({ interface: link, subnet }: NetworkSpec["tunnel"]["address"], node: Live): Encap | undefined {
  const ask = ["ip", "-brief", "address", "show"];
  if (link !== undefined) return { question: [...ask, "dev", link.name, "scope", "global"] };
  if (subnet !== undefined) return { question: [...ask, "to", subnet.cidr] };
  const address = internalAddress(node);
  return address === undefined ? undefined : { address };
}

/** Whether servers without a floating IP may reach physical networks through the host: where it has any, and the labels asked for. */
function isGateway({ gateways, physicalNetworks }: NetworkSpec, { metadata: { labels = {} } }: Live): boolean {
  const wanted = Object.entries(gateways.nodeSelector ?? {});
  return physicalNetworks.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

/** The address by which a host's router ports are known on a physical network: the same in every process, and no other host's. */
function macOf(host: string, physicalNetwork: string): string {
  const bytes = digest([host, physicalNetwork], 10).match(/../g) ?? [];
  // 0a: administered by us, of one station.
  return ["0a", ...bytes].join(":");
}
