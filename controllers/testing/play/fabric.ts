import { at, textAt } from "../../../operator/object.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Stage } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { networkKind } from "../../network/fabric.ts";
import { providerNetworkKind } from "../../network/users.ts";
import { namespace } from "../world.ts";
import { neutronOf } from "./neutron.ts";
import { applyAs, applyCloud, drop, type Fields, ready, step } from "./stages.ts";

const networkRef = { ...networkKind, namespace, name: "fabric" };

function applyNetwork(world: World, spec: Fields): void {
  applyAs(world, networkKind, networkRef.name, { cloud: { name: "prod" }, ...spec });
}

/** Whether the Cloud is ready, and its fabric for packets of that many bytes. */
const woven =
  (serverMtu: number) =>
  (world: World): boolean => {
    const network = world.store.get(networkRef);
    return (
      ready(world) &&
      network !== undefined &&
      conditionOf(network, "Ready") !== undefined &&
      at(network, "status", "observedGeneration") === network.metadata.generation &&
      at(network, "status", "resolved", "serverMtu") === serverMtu
    );
  };

const gone = (world: World): boolean =>
  world.store.get(networkRef) === undefined &&
  ["StatefulSet", "Deployment", "Pod"].every((kind) =>
    objectsOf(world, kind).every((each) => !(textAt(each, "metadata", "name") ?? "").startsWith("ovn-")),
  );

const providerRef = { ...providerNetworkKind, namespace, name: "public" };
const subnets = [{ name: "public", cidr: "203.0.113.0/24", gateway: "203.0.113.1" }];

function applyProvider(world: World, access: string): void {
  const spec = { network: { name: networkRef.name }, physicalNetwork: "physnet1", access, subnets };
  applyAs(world, providerNetworkKind, providerRef.name, spec);
}

/** Whether Neutron has the network with its subnet as wanted, and the ProviderNetwork says so. */
const connected =
  (shared: boolean) =>
  (world: World): boolean => {
    const [network, ...more] = neutronOf(world).entries("networks");
    const [subnet, ...spare] = neutronOf(world).entries("subnets");
    const live = world.store.get(providerRef);
    const told = live !== undefined && conditionOf(live, "Ready") !== undefined && more.length + spare.length === 0;
    return told && network?.["shared"] === shared && subnet?.["gateway_ip"] === "203.0.113.1";
  };

const reasonOf = (world: World, ref: typeof providerRef | typeof networkRef): string | undefined =>
  textAt(world.store.get(ref), "status", "reason");

const withOutside = { physicalNetworks: [{ name: "physnet1", bridge: "br-ex" }] };

/** What happens to a network in Neutron that is on a physical network. */
export const provider = {
  deploy: step(
    "deploy",
    (world) => {
      applyProvider(world, "External");
      applyNetwork(world, withOutside);
      applyCloud(world, {});
    },
    (world) => woven(1442)(world) && connected(false)(world),
  ),
  change: step("change", (world) => applyProvider(world, "ExternalAndShared"), connected(true)),
  drift: step(
    "drift",
    (world) => {
      const neutron = neutronOf(world);
      for (const { id } of neutron.entries("subnets")) neutron.drop("subnets", id);
      for (const { id } of neutron.entries("networks"))
        void neutron.update(`networks/${id}`, "network", { shared: false });
    },
    connected(true),
  ),
  inUse: step(
    "in use",
    (world) => {
      const [network] = neutronOf(world).entries("networks");
      const port = { id: "port-1", network_id: network?.id, device_owner: "network:router_gateway", device_id: "r1" };
      neutronOf(world).put("ports", port);
      drop(world, networkKind.apiVersion, networkKind.kind, "fabric");
      drop(world, providerNetworkKind.apiVersion, providerNetworkKind.kind, "public");
    },
    (world) => reasonOf(world, providerRef) === "InUse" && reasonOf(world, networkRef) === "Progressing",
  ),
  free: step(
    "delete",
    (world) => neutronOf(world).drop("ports", "port-1"),
    (world) =>
      world.store.get(providerRef) === undefined && gone(world) && neutronOf(world).entries("networks").length === 0,
  ),
} as const satisfies Readonly<Record<string, Stage>>;

/** What happens to the fabric of a Cloud. */
export const fabric = {
  deploy: step(
    "deploy",
    (world) => {
      applyNetwork(world, {});
      applyCloud(world, {});
    },
    woven(1442),
  ),
  change: step("change", (world) => applyNetwork(world, { mtu: 9000 }), woven(8942)),
  delete: step("delete", (world) => drop(world, networkKind.apiVersion, networkKind.kind, "fabric"), gone),
  again: step("again", (world) => applyNetwork(world, {}), woven(1442)),
} as const satisfies Readonly<Record<string, Stage>>;
