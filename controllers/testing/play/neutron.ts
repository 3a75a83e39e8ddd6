import type { Outside } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import type { NeutronDoor } from "../../network/provider-controller.ts";
import { type Neutron, NeutronError } from "../../openstack/neutron.ts";
import type { FakeNeutron } from "../../openstack/testing/fake-neutron.ts";
import { namespace } from "../world.ts";
import { besideOf } from "./beside.ts";
import { keystoneOf, serves } from "./keystone.ts";

/** The Neutron of a world; nobody runs it there, it stands for a service that is up while Keystone is. */
export function neutronOf(world: World): FakeNeutron {
  return besideOf(world).neutron;
}

/** Neutron as a process reaches it: through its Service, as somebody whom Keystone knows. */
export function neutronDoor(world: World, outside: Outside): NeutronDoor {
  const away = (): NeutronError => new NeutronError(0, `Neutron does not answer at neutron.${namespace}.svc:9696`);
  return ({ userName, password }, url): Neutron => {
    const awake = (): FakeNeutron => {
      if (url !== `https://neutron.${namespace}.svc:9696` || !serves(world, "Deployment", "keystone-api")) throw away();
      if (!keystoneOf(world).opens(userName, password)) throw new NeutronError(401, "Keystone refused log-in with 401");
      return neutronOf(world);
    };
    return {
      list: (collection, query) => outside.read(collection, async () => awake().list(collection, query), away),
      create: (collection, member, body) =>
        outside.write(`create ${collection}`, async () => awake().create(collection, member, body), away),
      update: (path, member, body) =>
        outside.write(`update ${path}`, async () => awake().update(path, member, body), away),
      remove: (path) => outside.write(`remove ${path}`, async () => awake().remove(path), away),
    };
  };
}
