import { type Live, textAt } from "../../../operator/object.ts";
import { isReady } from "../../../operator/testing/actors.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Outside } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import type { HostDoor } from "../../compute/host-door.ts";
import type { HostApis } from "../../compute/host-facts.ts";
import { poolLabel } from "../../compute/labels.ts";
import { NeutronError } from "../../openstack/neutron.ts";
import { NovaError } from "../../openstack/nova.ts";
import { operatorCredentials } from "../../openstack/operator-credentials.ts";
import type { FakeNova } from "../../openstack/testing/fake-nova.ts";
import { besideOf } from "./beside.ts";

/** Programs of a host that tell Neutron of themselves. */
const plugged = ["ovn-controller", "neutron-ovn-agent"];

/** The Nova of a world, where every agent that runs on a host has told of itself; nobody runs Nova there, it stands for a service that is up. */
export function novaOf(world: World): FakeNova {
  const { nova, neutron } = besideOf(world);
  const ready = objectsOf(world, "Pod").filter((pod) => pod.metadata.labels?.[poolLabel] !== undefined && isReady(pod));
  const hostsWith = (agent: string): Set<string> =>
    new Set(ready.filter((pod) => agentOf(pod) === agent).map((pod) => textAt(pod, "spec", "nodeName") ?? ""));
  const computing = hostsWith("nova-compute");
  for (const host of new Set([...nova.entries().keys(), ...computing])) nova.hears(host, computing.has(host));
  for (const binary of plugged) {
    for (const host of hostsWith(binary)) {
      const id = binary === "ovn-controller" ? host : `${binary} of ${host}`;
      neutron.drop("agents", id);
      neutron.put("agents", { id, host, binary, alive: true });
    }
  }
  return nova;
}

function agentOf({ metadata }: Live): string {
  return metadata.labels?.["app.kubernetes.io/name"] ?? "";
}

/** What knows of hosts, as a process reaches it. */
export function hostDoor(world: World, outside: Outside): HostDoor {
  const away = (): NovaError => new NovaError(0, "Nova does not answer at nova.openstack.svc:8774");
  const lost = (): NeutronError => new NeutronError(0, "Neutron does not answer at neutron.openstack.svc:9696");
  const never = (): Promise<never> => Promise.reject(lost());
  const apis: HostApis = {
    nova: {
      services: () => outside.read("services", () => novaOf(world).services(), away),
      hypervisorOn: (host, name) => outside.read("hypervisors", () => novaOf(world).hypervisorOn(host, name), away),
      serversOn: (host) => outside.read("servers", () => novaOf(world).serversOn(host), away),
      movesOn: (host) => outside.read("migrations", () => novaOf(world).movesOn(host), away),
      enable: (id) => outside.write(`enable ${id}`, () => novaOf(world).enable(id), away),
      disable: (id, reason) => outside.write(`disable ${id}`, () => novaOf(world).disable(id, reason), away),
      forget: (id) => outside.write(`forget ${id}`, () => novaOf(world).forget(id), away),
    },
    neutron: {
      list: (collection, query) =>
        outside.read(collection, () => (novaOf(world), besideOf(world).neutron.list(collection, query)), lost),
      create: never,
      update: never,
      remove: (path) => outside.write(`remove ${path}`, () => besideOf(world).neutron.remove(path), lost),
    },
  };
  return async (namespace, edge) => {
    await operatorCredentials(namespace, edge);
    return apis;
  };
}
