import type { IProbe } from "kubernetes-models/v1/Probe";
import { clientSecret } from "../network/fabric.ts";
import { type CertificateMount, clientMount, trust } from "../services/tls.ts";
import { chassisMount } from "./chassis-files.ts";
import type { HostContext } from "./host-context.ts";
import { libvirtdConf, libvirtStart, qemuConf } from "./libvirt.ts";
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
}

/** A file or folder of the host that an agent works on, at the same path in its pod. */
export interface HostPath {
  readonly path: string;
  readonly type: "Directory" | "DirectoryOrCreate" | "File" | "CharDevice";
}

/** What runs on every host of a pool, as data: one DaemonSet. */
export interface Agent {
  readonly name: string;
  /** What has to end well before the programs start. */
  readonly first?: Program;
  readonly programs: readonly Program[];
  readonly hostPaths: readonly HostPath[];
  /** Whether its processes are those of the host. */
  readonly hostPid: boolean;
  /** Files below /etc/nephos. */
  readonly files: (context: HostContext) => Readonly<Record<string, string>>;
  /** Secrets and settings that change in place. */
  readonly mounts?: (context: HostContext) => readonly CertificateMount[];
  /** Single files among these that a program looks for elsewhere. */
  readonly places?: Readonly<Record<string, string>>;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly graceInSeconds: number;
}

const ovn = (): string => "ovn";
const hypervisor = ({ release }: HostContext): string => `hypervisor:${release}`;

const openVSwitchPaths: readonly HostPath[] = [{ path: "/run/openvswitch", type: "DirectoryOrCreate" }];

const openVSwitch: Agent = {
  name: "openvswitch",
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
  hostPaths: [
    ...openVSwitchPaths,
    { path: "/var/lib/openvswitch", type: "DirectoryOrCreate" },
    { path: "/dev/net/tun", type: "CharDevice" },
  ],
  hostPid: false,
  files: (context) => ({ "database.sh": databaseStart, "switch.sh": switchStart(context) }),
  graceInSeconds: 10,
};

const ovnController: Agent = {
  name: "ovn-controller",
  programs: [
    {
      name: "controller",
      image: ovn,
      start: "controller.sh",
      privileged: false,
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
  programs: [
    {
      name: "libvirtd",
      image: hypervisor,
      start: "libvirt.sh",
      privileged: true,
      requests: { cpu: "50m", memory: "64Mi" },
      probe: { command: ["virsh", "--quiet", "--readonly", "--connect", "qemu:///system", "hostname"] },
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
  files: () => ({ "libvirt.sh": libvirtStart, "libvirtd.conf": libvirtdConf, "qemu.conf": qemuConf }),
  places: { "libvirtd.conf": "/etc/libvirt/libvirtd.conf", "qemu.conf": "/etc/libvirt/qemu.conf" },
  graceInSeconds: 10,
};

/** Every agent of a host, in the order in which they are listed. */
export const agents: readonly Agent[] = [openVSwitch, ovnController, libvirt];
