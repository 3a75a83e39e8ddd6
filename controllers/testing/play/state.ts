import { isRecord, type Live, mapAt, refKey, refOf, textAt } from "../../../operator/object.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import type { FakeKeystone } from "../../openstack/testing/fake-keystone.ts";
import type { FakeNeutron } from "../../openstack/testing/fake-neutron.ts";
import { keystoneOf } from "./keystone.ts";
import { neutronOf } from "./neutron.ts";
import { novaOf } from "./nova.ts";

/** All that has to be the same at the end of every run. */
export function stateOf(world: World): unknown {
  return {
    objects: world.store.history.at(world.store.history.version).flatMap(shown),
    keystone: keystoneShown(keystoneOf(world)),
    neutron: neutronShown(neutronOf(world)),
    nova: [...novaOf(world).entries()].map(([host, { up, status, reason }]) => [host, up, status, reason]),
  };
}

const passing = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "observedGeneration",
  "creationTimestamp",
  "lastTransitionTime",
  "startTime",
  "heartbeat",
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
]);

/** An object as it can be compared between runs: without what counts or tells the time, and without the values of Secrets. */
function shown(live: Live): unknown[] {
  if (live.kind === "Event" || live.kind === "Pod") return [];
  const data = live.kind === "Secret" ? { data: Object.keys(mapAt(live, "data")) } : {};
  const object = timeless({ ...live, ...data });
  return [{ key: refKey(refOf(live)), object }];
}

function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => (passing.has(field) ? [] : [[field, timeless(inner)]])),
  );
}

/** What Keystone has, by names instead of ids. */
function keystoneShown(keystone: FakeKeystone): unknown {
  const collections = ["regions", "projects", "roles", "users", "services", "endpoints"];
  const names = new Map(
    collections.flatMap((collection) =>
      keystone.entries(collection).map((each) => [each.id, textAt(each, "name") ?? ""] as const),
    ),
  );
  const named = (text: string): string =>
    text
      .split("/")
      .map((part) => names.get(part) ?? part)
      .join("/");
  const lines = collections.flatMap((collection) =>
    keystone.entries(collection).map((each) => {
      const { id, password: _, service_id: service, ...rest } = each;
      return JSON.stringify({
        collection,
        name: names.get(id),
        service: names.get(textAt({ service }, "service") ?? ""),
        ...rest,
      });
    }),
  );
  return [...lines, ...keystone.entries("role_assignments").map(({ id }) => named(id))].sort();
}

/** What Neutron has, without ids. */
function neutronShown(neutron: FakeNeutron): unknown {
  return ["networks", "subnets", "agents"].flatMap((collection) =>
    neutron.entries(collection).map((entry) => {
      const named = Object.entries(entry).filter(([field]) => !["id", "network_id"].includes(field));
      return JSON.stringify([collection, ...named]);
    }),
  );
}
