import type { Live } from "../../../operator/object.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { FakeKeystone } from "../../openstack/testing/fake-keystone.ts";
import { FakeNeutron } from "../../openstack/testing/fake-neutron.ts";
import { FakeNova } from "../../openstack/testing/fake-nova.ts";

/** What is in one database server. */
export interface Databases {
  readonly keystone: FakeKeystone;
  /** Services whose databases were made there. */
  readonly founded: Set<string>;
}

/** What a world has beside its objects: what programs leave behind, what people remember. */
export interface Beside {
  /** By the host, or the volume, on which they are. */
  readonly databases: Map<string, Databases>;
  readonly neutron: FakeNeutron;
  readonly nova: FakeNova;
  /** Jobs of the program that fails at first, by uid. */
  readonly tried: Set<string>;
  /** Whether somebody has put right what no other try could help. */
  mended: boolean;
  /** A copy that somebody has of an object that is to get lost. */
  backup: Live | undefined;
  /** Milliseconds since 1970 before which every certificate has ended. */
  overAt: number;
}

const all = new WeakMap<World, Beside>();

/** What a world has beside its objects, to be changed in place. */
export function besideOf(world: World): Beside {
  const known = all.get(world) ?? {
    databases: new Map<string, Databases>(),
    neutron: new FakeNeutron(),
    nova: new FakeNova(),
    tried: new Set<string>(),
    mended: false,
    backup: undefined,
    overAt: 0,
  };
  all.set(world, known);
  return known;
}

/** The databases in a place; empty ones where nobody has been yet. */
export function databasesIn(world: World, place: string): Databases {
  const { databases } = besideOf(world);
  const known = databases.get(place) ?? { keystone: new FakeKeystone(), founded: new Set<string>() };
  databases.set(place, known);
  return known;
}

/** Gives a copy of a world a copy of all that. */
export function carried(from: World, to: World): void {
  const { databases, neutron, nova, tried, ...rest } = besideOf(from);
  const copies = [...databases].map(
    ([place, { keystone, founded }]) => [place, { keystone: keystone.copy(), founded: new Set(founded) }] as const,
  );
  const copied = { databases: new Map(copies), neutron: neutron.copy(), nova: nova.copy(), tried: new Set(tried) };
  all.set(to, { ...rest, ...copied });
}
