/** One machine of a cluster as the network sees it. */
export interface MachineAddress {
  readonly name: string;
  readonly address: string;
  /** The host's end of the cable; the machine's own is always `eth0`. */
  readonly link: string;
}

/** A node also has a range for its pods, and a second cable, `eth1`, without an address: it is for servers' packets. */
export interface NodeAddress extends MachineAddress {
  readonly pods: string;
  /** The host's end of the second cable. */
  readonly outerLink: string;
}

/** A network beside the cluster's own, that every node is connected to by `eth1`, and the host is the router of. */
export interface OuterNetwork {
  readonly bridge: string;
  readonly range: string;
  readonly gateway: string;
  /** The addresses that nobody has, from the first to the last. */
  readonly free: readonly [string, string];
}

/** Every name and address of a cluster: all follow from its name, its index and the number of nodes. */
export interface ClusterPlan {
  readonly name: string;
  readonly index: number;
  /** Everything below lies in here. */
  readonly range: string;
  readonly bridge: string;
  readonly gateway: string;
  readonly controlPlane: MachineAddress;
  readonly nodes: readonly NodeAddress[];
  readonly services: string;
  readonly kubernetesService: string;
  readonly dnsService: string;
  readonly pods: string;
  readonly outer: OuterNetwork;
}

/** How many clusters, and how many nodes in each, the ranges have room for. */
export const limits = { clusters: 100, nodes: 99 } as const;

const reserved: Readonly<Record<string, number>> = { nephos: 0, test: 1 };

/** Why a cluster cannot have this name, if so: the name is part of interface names, which end at 15 characters. */
export function nameProblem(name: string): string | undefined {
  if (/^[a-z][a-z0-9]{0,8}$/.test(name)) return undefined;
  return `"${name}" cannot name a cluster: use 1 to 9 lower-case letters and digits, beginning with a letter`;
}

/** The addresses of a cluster. */
export function planCluster(name: string, index: number, nodeCount: number): ClusterPlan {
  const at = (third: number, fourth: number) => `10.${100 + index}.${third}.${fourth}`;
  const bridge = `nl-${name}`;
  const outer = `no-${name}`;
  return {
    name,
    index,
    range: `${at(0, 0)}/16`,
    bridge,
    gateway: at(0, 1),
    controlPlane: { name: "control-plane", address: at(0, 2), link: `${bridge}-0` },
    nodes: Array.from({ length: nodeCount }, (_, position) => ({
      name: `node${position + 1}`,
      address: at(0, 11 + position),
      link: `${bridge}-${position + 1}`,
      outerLink: `${outer}-${position + 1}`,
      pods: `${at(129 + position, 0)}/24`,
    })),
    services: `${at(64, 0)}/18`,
    kubernetesService: at(64, 1),
    dnsService: at(64, 10),
    pods: `${at(128, 0)}/17`,
    outer: { bridge: outer, range: `${at(32, 0)}/24`, gateway: at(32, 1), free: [at(32, 10), at(32, 254)] },
  };
}

/**
 * The index of a new cluster: the one its name is known for, else the first that neither another cluster nor the host's own routes
 * take.
 */
export function chooseIndex(name: string, taken: ReadonlySet<number>): number | undefined {
  const own = reserved[name];
  if (own !== undefined && !taken.has(own)) return own;
  const others = new Set([...taken, ...Object.values(reserved)]);
  return Array.from({ length: limits.clusters }, (_, index) => index).find((index) => !others.has(index));
}

/** The indexes whose range a route or an address of the host (`10.103.0.0/16`, `10.7.0.1`) lies in. */
export function indexesTouchedBy(destinations: readonly string[]): number[] {
  return destinations.flatMap((destination) => {
    const [address = "", length = "32"] = destination.split("/");
    const [first, second] = address.split(".").map(Number);
    if (first !== 10 || second === undefined) return [];
    const width = Number(length) >= 16 ? 1 : 2 ** (16 - Math.max(8, Number(length)));
    const start = second - (second % width);
    return Array.from({ length: width }, (_, offset) => start + offset - 100).filter(
      (index) => index >= 0 && index < limits.clusters,
    );
  });
}
