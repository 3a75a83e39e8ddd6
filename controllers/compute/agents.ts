import type { IProbe } from "kubernetes-models/v1/Probe";
import type { Part } from "../../operator/recipe.ts";
import { screenName } from "../cell/screens.ts";
import { clientSecret } from "../network/fabric.ts";
import type { ServiceContext } from "../services/define.ts";
import { authoritiesOf, messagingServer } from "../services/servers.ts";
import { rpcPing } from "../services/rpc-ping.ts";
import { type CertificateMount, clientMount, serverMount, trust } from "../services/tls.ts";
import { chassisMount } from "./chassis-files.ts";
import type { HostContext } from "./host-context.ts";
import { secretVersions } from "./host-settings.ts";
import { computeAsk, computeConfig, computeStart } from "./nova-compute.ts";
import { ovnAgentAsk, ovnAgentConfig, ovnAgentStart } from "./ovn-agent.ts";
import { libvirtdConf, libvirtStart, qemuConf, screensStart } from "./libvirt.ts";
import { chassisStart, databaseStart, ovnStart, switchStart } from "./open-vswitch.ts";

/** A program of an agent, in a container of its own. */
export interface Program {
  readonly name: string;
  /** Name of the image: `ovn`, or `hypervisor:<release>`. */
  readonly image: (context: HostContext) => string;
  /** The file below /etc/nephos that starts it. */
  readonly start: string;
  /** Whether it works on the kernel of the host: then it is root with all capabilities there, else root with none. */
  readonly privileged: boolean;
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** Asks the program itself whether it works; left out where another program of the agent tells. */
  readonly probe?: IProbe["exec"];
  /** Asks whether it has to be started anew. */
  readonly liveness?: IProbe["exec"];
  /** Seconds that it may take to start. Default 120. */
  readonly startInSeconds?: number;
  /** Seconds for which it goes on when its pod is to go. Default 0. */
  readonly lingerInSeconds?: number;
  /** Seconds from one question to the next. Default 10. */
  readonly periodInSeconds?: number;
}

/** A file or folder of the host that an agent works on, at the same path in its pod. */
export interface HostPath {
  readonly path: string;
  readonly type: "Directory" | "DirectoryOrCreate" | "File" | "CharDevice";
}

/** Files of a folder that hold values of Secrets. */
export interface AgentConfiguration {
  readonly path: string;
  readonly files: Readonly<Record<string, readonly Part[]>>;
  /** Stands for values that others change. */
  readonly versions?: readonly string[];
}

/** What runs on every host of a pool, as data: one DaemonSet. */
export interface Agent {
  readonly name: string;
  /** What has to end well before the programs start. */
  readonly first?: Program;
  readonly programs: readonly Program[];
  readonly hostPaths: readonly HostPath[];
  /** A port of the host that nobody listens on. While its pod has it the scheduler puts no other one of the agent there: of two revisions never both run. */
  readonly lock: number;
  /** Whether its processes are those of the host. */
  readonly hostPid: boolean;
  /** Its configuration, with values that are secret, as files of a folder. */
  readonly configuration?: (context: HostContext) => AgentConfiguration;
  /** Files below /etc/nephos. */
  readonly files: (context: HostContext) => Readonly<Record<string, string>>;
  /** Secrets and settings that change in place. */
  readonly mounts?: (context: HostContext) => readonly CertificateMount[];
  /** Single files among these that a program looks for elsewhere. */
  readonly places?: Readonly<Record<string, string>>;
  /** Seconds from SIGTERM, which comes when no program lingers any more, to SIGKILL. */
  readonly graceInSeconds: number;
}

const ovn = (): string => "ovn";
/** The image of what is on hosts only, of the release of their cell. */
export const hypervisor = ({ cell }: HostContext): string => `hypervisor:${cell.context.release}`;

// In another revision all agents of a host go at once, and what comes in their place takes processors from each other. Packets wait for Open
// vSwitch alone: it comes first, what tells it next, the others when packets are on their way again.
const [lastAfterSwitch, lastOfAll] = [15, 25];

const openVSwitchPaths: readonly HostPath[] = [{ path: "/run/openvswitch", type: "DirectoryOrCreate" }];

const tunnel: readonly HostPath[] = [{ path: "/dev/net/tun", type: "CharDevice" }];

const openVSwitch: Agent = {
  name: "openvswitch",
  lock: 65501,
  programs: [
    {
      name: "database",
      image: ovn,
      start: "database.sh",
      privileged: false,
      requests: { cpu: "20m", memory: "32Mi" },
      probe: { command: ["ovsdb-client", "--timeout=4", "list-dbs", "unix:/run/openvswitch/db.sock"] },
    },
    {
      name: "switch",
      image: ovn,
      start: "switch.sh",
      privileged: true,
      requests: { cpu: "100m", memory: "128Mi" },
      probe: { command: ["ovs-appctl", "--timeout=4", "--target=/run/openvswitch/ovs-vswitchd.ctl", "version"] },
    },
  ],
  hostPaths: [...openVSwitchPaths, { path: "/var/lib/openvswitch", type: "DirectoryOrCreate" }, ...tunnel],
  hostPid: false,
  files: (context) => ({ "database.sh": databaseStart, "switch.sh": switchStart(context) }),
  graceInSeconds: 10,
};

const ovnController: Agent = {
  name: "ovn-controller",
  lock: 65502,
  programs: [
    {
      name: "controller",
      image: ovn,
      start: "controller.sh",
      privileged: false,
      lingerInSeconds: lastAfterSwitch,
      requests: { cpu: "50m", memory: "64Mi" },
      probe: { command: ["ovn-appctl", "--timeout=4", "--target=/run/ovn/ovn-controller.ctl", "version"] },
    },
    {
      name: "chassis",
      image: ovn,
      start: "chassis.sh",
      privileged: false,
      requests: { cpu: "5m", memory: "16Mi" },
    },
  ],
  hostPaths: [...openVSwitchPaths, { path: "/run/ovn", type: "DirectoryOrCreate" }],
  hostPid: false,
  files: () => ({ "controller.sh": ovnStart, "chassis.sh": chassisStart }),
  mounts: ({ pool }) => [clientMount(clientSecret), trust, chassisMount(pool)],
  graceInSeconds: 10,
};

const libvirt: Agent = {
  name: "libvirt",
  lock: 65503,
  programs: [
    {
      name: "libvirtd",
      image: hypervisor,
      start: "libvirt.sh",
      privileged: true,
      requests: { cpu: "50m", memory: "64Mi" },
      lingerInSeconds: lastOfAll,
      probe: { command: ["virsh", "--quiet", "--readonly", "--connect", "qemu:///system", "hostname"] },
    },
    {
      name: "screens",
      image: hypervisor,
      start: "screens.sh",
      privileged: false,
      requests: { cpu: "5m", memory: "16Mi" },
    },
  ],
  hostPaths: [
    ...openVSwitchPaths,
    { path: "/run/libvirt", type: "DirectoryOrCreate" },
    { path: "/var/lib/libvirt", type: "DirectoryOrCreate" },
    { path: "/var/lib/nova", type: "DirectoryOrCreate" },
    { path: "/var/log/libvirt", type: "DirectoryOrCreate" },
    { path: "/etc/libvirt/qemu", type: "DirectoryOrCreate" },
    { path: "/etc/machine-id", type: "File" },
    { path: "/sys/fs/cgroup", type: "Directory" },
    { path: "/dev", type: "Directory" },
  ],
  // A guest outlives the pod: it must not be in a PID namespace that ends with it.
  hostPid: true,
  files: () => ({
    "libvirt.sh": libvirtStart,
    "screens.sh": screensStart,
    "libvirtd.conf": libvirtdConf,
    "qemu.conf": qemuConf,
  }),
  mounts: ({ cell }) => [serverMount(screenName(cell.service.name)), trust],
  places: { "libvirtd.conf": "/etc/libvirt/libvirtd.conf", "qemu.conf": "/etc/libvirt/qemu.conf" },
  graceInSeconds: 10,
};

const novaCompute: Agent = {
  name: "nova-compute",
  lock: 65504,
  programs: [
    {
      name: "compute",
      image: hypervisor,
      start: "compute.sh",
      // It makes files of servers and plugs their interfaces.
      privileged: true,
      requests: { cpu: "50m", memory: "192Mi" },
      lingerInSeconds: lastOfAll,
      probe: { command: ["sh", "/etc/nephos/ask.sh", "fails"] },
      liveness: { command: ["sh", "/etc/nephos/ask.sh", "passes"] },
      startInSeconds: 900,
      periodInSeconds: 30,
    },
  ],
  hostPaths: [
    ...openVSwitchPaths,
    ...tunnel,
    { path: "/run/libvirt", type: "DirectoryOrCreate" },
    { path: "/run/nephos", type: "DirectoryOrCreate" },
    { path: "/var/lib/nova", type: "DirectoryOrCreate" },
    // What a server says on its console is read from there (nova:nova/virt/libvirt/driver.py, get_console_output).
    { path: "/dev/pts", type: "Directory" },
  ],
  hostPid: false,
  configuration: (context) => ({
    path: "/etc/nova",
    files: { "nova.conf": computeConfig(context) },
    versions: secretVersions(context),
  }),
  files: (context) => ({ "compute.sh": computeStart(context), "ask.sh": computeAsk, "rpc-ping.py": rpcPing }),
  mounts: ({ cell: { context } }) => [trust, ...brokerAuthority(context)],
  graceInSeconds: 30,
};

const ovnAgent: Agent = {
  name: "neutron-ovn-agent",
  lock: 65505,
  programs: [
    {
      name: "agent",
      image: hypervisor,
      start: "agent.sh",
      // Servers find their metadata in namespaces of the network that it makes.
      privileged: true,
      requests: { cpu: "20m", memory: "128Mi" },
      lingerInSeconds: lastOfAll,
      probe: { command: ["sh", "/etc/nephos/ask.sh"] },
    },
  ],
  hostPaths: [...openVSwitchPaths, ...tunnel],
  hostPid: false,
  configuration: (context) => ({ path: "/etc/neutron", files: { "ovn-agent.conf": ovnAgentConfig(context) } }),
  files: () => ({ "agent.sh": ovnAgentStart, "ask.sh": ovnAgentAsk }),
  mounts: () => [clientMount(clientSecret), trust],
  graceInSeconds: 10,
};

/** Where the broker is somebody else's: what it has to prove who it is by. */
function brokerAuthority(context: ServiceContext): CertificateMount[] {
  const { volumes, mounts } = authoritiesOf([messagingServer(context)]);
  return volumes.flatMap((volume, index) => {
    const mount = mounts[index];
    return mount === undefined ? [] : [{ volume, mount }];
  });
}

/** Every agent of a host, in the order in which they are listed. */
export const agents: readonly Agent[] = [openVSwitch, ovnController, libvirt, novaCompute, ovnAgent];
