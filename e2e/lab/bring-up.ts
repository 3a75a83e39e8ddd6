import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { renderAddons } from "./config/addons.ts";
import { type ClusterPlan, type MachineAddress, type NodeAddress, planCluster } from "./config/addresses.ts";
import { controlPlaneDaemons } from "./config/control-plane.ts";
import { type Daemon, inside } from "./config/daemon.ts";
import { nodeDaemons } from "./config/node.ts";
import { renderResolvers } from "./config/resolvers.ts";
import { asPart } from "./failure.ts";
import { addonsMissing, apiServerMissing, namesMissing, nodesMissing, socketMissing, waitFor } from "./health.ts";
import { digestOf } from "./host/cache.ts";
import { removeGroup } from "./host/cgroups.ts";
import { ensureFile } from "./host/files.ts";
import { cutPower, ensureDaemon, ensureMachine } from "./host/machine.ts";
import { ensureBridge, ensureCable, hostMtu, type Route } from "./host/network.ts";
import { readIfThere } from "./host/process.ts";
import { handToCaller } from "./host/root.ts";
import { raiseHostSettings } from "./host/settings.ts";
import { kubectl } from "./kubectl.ts";
import { importImages } from "./node-images.ts";
import { adminKubeconfig, ensureKeys } from "./pki.ts";
import { type ClusterRecord, hostSettingsFile, placesOf } from "./state.ts";
import { ensureSystemImages, type SystemArchives } from "./system-images.ts";

/** What every step of bringing a cluster up works with. */
interface Site {
  readonly record: ClusterRecord;
  readonly plan: ClusterPlan;
  readonly places: ReturnType<typeof placesOf>;
  readonly images: SystemArchives;
  readonly mtu: number;
  readonly log: (line: string) => void;
}

/**
 * Brings a cluster to what its record says, from whatever state it is in: each step looks at what is there and does what is missing,
 * so that an interrupted start goes on where it was and a second one finds nothing to do.
 */
export async function bringUp(record: ClusterRecord, nodesBefore: number, log: (line: string) => void): Promise<void> {
  const site: Site = {
    record,
    plan: planCluster(record.name, record.index, record.nodes),
    places: placesOf(record.name),
    images: await asPart("system images", "see the lines above", () =>
      ensureSystemImages(record.binaries, record.runtime),
    ),
    mtu: await hostMtu(),
    log,
  };
  await prepareHost(site);
  const apiServer = bringUpControlPlane(site);
  const nodes = site.plan.nodes.map((node) => bringUpNode(site, node, apiServer));
  // All are let come to their end, so that nothing goes on once the caller hears of a failure.
  await Promise.allSettled([apiServer, ...nodes]);
  await Promise.all([apiServer, ...nodes]);
  await removeSurplusNodes(site, nodesBefore);
  await waitUntilUseful(site);
}

async function prepareHost(site: Site): Promise<void> {
  const { plan, places } = site;
  await asPart("kernel settings", "run as root; in a container, run that one privileged", () =>
    raiseHostSettings(hostSettingsFile),
  );
  await asPart("keys and certificates", `remove ${places.pki} and start again`, async () => {
    await ensureKeys(plan, places.pki, places.machine);
    await ensureFile(places.kubeconfig, await adminKubeconfig(plan, places.pki));
    await handToCaller(places.kubeconfig);
  });
  const pods = plan.nodes.map((node): Route => ({ range: node.pods, via: node.address }));
  // kube-proxy of the control plane serves the host, so that ClusterIPs do not depend on any one node.
  const services = { range: plan.services, via: plan.controlPlane.address };
  const { outer } = plan;
  await asPart("network of the host", `see ip address and ip route for what else uses ${plan.range}`, async () => {
    const routes = [...pods, services];
    await ensureBridge({ name: plan.bridge, address: plan.gateway, range: plan.range, mtu: site.mtu, routes });
    await ensureBridge({ name: outer.bridge, address: outer.gateway, mtu: site.mtu, routes: [] });
  });
}

/** Has a machine running and connected; gives its PID 1. */
async function powerOn(site: Site, machine: MachineAddress): Promise<number> {
  const { plan, places, record } = site;
  const folder = places.machine(machine.name);
  await writeResolvers(join(folder, "config", "resolv.conf"));
  const parts = { binaries: record.binaries, runtime: record.runtime };
  const cgroup = places.machineCgroup(machine.name);
  const pid = await ensureMachine({ name: machine.name, folder, cgroup, ...parts });
  const others = plan.nodes.filter((node) => node.name !== machine.name);
  await asPart(`network of ${machine.name}`, "stop the cluster and start it again", () =>
    ensureCable(
      {
        link: machine.link,
        device: "eth0",
        bridge: plan.bridge,
        mtu: site.mtu,
        station: {
          address: machine.address,
          gateway: plan.gateway,
          routes: others.map((node) => ({ range: node.pods, via: node.address })),
        },
      },
      pid,
    ),
  );
  return pid;
}

async function writeResolvers(file: string): Promise<void> {
  const host = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  await ensureFile(file, renderResolvers(host, readIfThere("/run/systemd/resolve/resolv.conf")), 0o644);
}

async function bringUpControlPlane(site: Site): Promise<void> {
  const { plan, places, record } = site;
  await powerOn(site, plan.controlPlane);
  const folder = places.machine(plan.controlPlane.name);
  const daemons = controlPlaneDaemons(plan);
  const first = daemons.filter(({ name }) => name === "etcd" || name === "kube-apiserver");
  for (const daemon of first) await start(site, plan.controlPlane, daemon);
  const target = { kubeconfig: places.kubeconfig, binaries: record.binaries };
  await waitFor({
    part: "API server",
    missing: () => apiServerMissing(target),
    timeoutInSeconds: 180,
    hint: "stop the cluster and start it again; a full disk and a slow one are the usual causes",
    daemons: first.map(({ name }) => ({ folder, name })),
  });
  for (const daemon of daemons.filter((each) => !first.includes(each))) await start(site, plan.controlPlane, daemon);
  await applyAddons(site);
}

async function bringUpNode(site: Site, node: NodeAddress, apiServer: Promise<void>): Promise<void> {
  const { plan, places, images, record } = site;
  const folder = places.machine(node.name);
  const pid = await powerOn(site, node);
  await asPart(`outer network of ${node.name}`, "stop the cluster and start it again", () =>
    ensureCable({ link: node.outerLink, device: "eth1", bridge: plan.outer.bridge, mtu: site.mtu }, pid),
  );
  const cgroup = places.machineCgroup(node.name);
  const settings = { pauseImage: images.names.pause, mtu: site.mtu, cgroup };
  const [containerd, ...others] = nodeDaemons(plan, node, settings);
  if (containerd !== undefined) await start(site, node, containerd);
  await waitFor({
    part: `containerd of ${node.name}`,
    missing: () => socketMissing(pid, inside.containerd),
    timeoutInSeconds: 90,
    hint: "the kernel must offer overlayfs, and the state folder must not itself lie on one",
    daemons: [{ folder, name: "containerd" }],
  });
  await importImages({ name: node.name, folder, runtime: record.runtime }, images.archives, site.log);
  await apiServer;
  for (const daemon of others) await start(site, node, daemon);
}

async function start(site: Site, machine: MachineAddress, daemon: Daemon): Promise<void> {
  if (await ensureDaemon(site.places.machine(machine.name), daemon))
    site.log(`${machine.name}: ${daemon.name} started`);
}

async function applyAddons(site: Site): Promise<void> {
  const { plan, places, record, images } = site;
  const target = { kubeconfig: places.kubeconfig, binaries: record.binaries };
  const input = JSON.stringify(renderAddons(plan, images.names));
  const current = readIfThere(places.addons) === digestOf([input]);
  if (current && (await addonsMissing(target)) === undefined) return;
  await asPart("name service and storage", "see the API server's log", () =>
    kubectl(target, ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"], { input }),
  );
  await ensureFile(places.addons, digestOf([input]));
}

async function waitUntilUseful(site: Site): Promise<void> {
  const { plan, places, record } = site;
  const target = { kubeconfig: places.kubeconfig, binaries: record.binaries };
  const on = (name: string) => plan.nodes.map((node) => ({ folder: places.machine(node.name), name }));
  const common = { timeoutInSeconds: 180, hint: "stop the cluster and start it again" };
  const daemons = [...on("kubelet"), ...on("containerd")];
  await waitFor({ ...common, part: "nodes", missing: () => nodesMissing(target, plan), daemons });
  const hint = `look with: kubectl --kubeconfig ${places.kubeconfig} get pods,events --all-namespaces`;
  await waitFor({ ...common, part: "system pods", missing: () => addonsMissing(target), daemons, hint });
  const proxies = [...on("kube-proxy"), { folder: places.machine(plan.controlPlane.name), name: "kube-proxy" }];
  await waitFor({ ...common, part: "name service", missing: () => namesMissing(plan), daemons: proxies, hint });
}

/** Takes away the nodes of an earlier start with more of them. */
async function removeSurplusNodes(site: Site, nodesBefore: number): Promise<void> {
  const { places, record } = site;
  const target = { kubeconfig: places.kubeconfig, binaries: record.binaries };
  const before = planCluster(record.name, record.index, nodesBefore).nodes;
  for (const node of before.slice(record.nodes)) {
    site.log(`${node.name}: removed`);
    await cutPower(places.machine(node.name));
    await removeGroup(places.machineCgroup(node.name));
    await rm(places.machine(node.name), { recursive: true, force: true });
    // At once, where the cluster by itself would wait for the node to come back.
    const onNode = ["--all-namespaces", `--field-selector=spec.nodeName=${node.name}`];
    await kubectl(target, ["delete", "pods", ...onNode, "--force", "--grace-period=0"]);
    await kubectl(target, ["delete", "node", node.name, "--ignore-not-found"]);
  }
}
