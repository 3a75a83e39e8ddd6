import { at, textAt } from "../../../operator/object.ts";
import type { Body } from "../api-wire.ts";
import { type Neutron, NeutronError } from "../neutron.ts";

/** An entry of a collection; fields that nobody asked for are kept. */
export type Entry = Body & { readonly id: string };

/** What Neutron lets nobody change once it is there. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  networks: ["provider:physical_network", "provider:network_type", "provider:segmentation_id"],
  subnets: ["cidr", "network_id", "ip_version"],
};

/** As much of Neutron as ProviderNetworks and ComputeNodes use, in memory: networks, subnets, ports, agents, and what it refuses. */
export class FakeNeutron implements Neutron {
  readonly #collections: Map<string, Entry[]>;
  #made: number;

  constructor(start: Iterable<[string, Entry[]]> = [], made = 0) {
    this.#collections = new Map(start);
    this.#made = made;
  }

  /** The same Neutron, which goes its own way from here on. */
  copy(): FakeNeutron {
    return new FakeNeutron(this.#collections, this.#made);
  }

  list(collection: string, query: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    const matches = (entry: Entry): boolean => Object.entries(query).every(([field, value]) => entry[field] === value);
    return Promise.resolve(this.entries(collection).filter(matches));
  }

  create(collection: string, _member: string, body: Body): Promise<unknown> {
    const entry: Entry = { id: `made-${++this.#made}`, ...body };
    if (collection === "networks" && this.entries("networks").some((each) => samePlace(each, entry)))
      return refuse(409, "the physical network is in use");
    if (collection === "subnets" && !this.entries("networks").some(({ id }) => id === body["network_id"]))
      return refuse(404, `Network ${String(body["network_id"])} could not be found`);
    this.put(collection, entry);
    return Promise.resolve(entry);
  }

  update(path: string, _member: string, body: Body): Promise<void> {
    const [collection = "", id] = path.split("/");
    const entry = this.entries(collection).find((each) => each.id === id);
    if (entry === undefined) return refuse(404, `${path} could not be found`);
    if ((fixed[collection] ?? []).some((field) => field in body))
      return refuse(400, "Cannot update read-only attribute");
    this.#collections.set(
      collection,
      this.entries(collection).map((each) => (each.id === id ? { ...each, ...body } : each)),
    );
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    const [collection = "", id = ""] = path.split("/");
    if (!this.entries(collection).some((each) => each.id === id)) return refuse(404, `${path} could not be found`);
    if (this.entries("ports").some((port) => uses(port, collection, id))) return refuse(409, `${path} is in use`);
    const host = this.entries(collection).find((each) => each.id === id)?.["host"];
    this.drop(collection, id);
    if (collection === "networks") this.#dropAll("subnets", "network_id", id);
    // With the chassis that a controller of OVN is go all agents there.
    if (collection === "agents") this.#dropAll("agents", "host", host);
    return Promise.resolve();
  }

  /** What somebody else puts there. */
  put(collection: string, entry: Entry): void {
    this.#collections.set(collection, [...this.entries(collection), entry]);
  }

  /** What somebody else takes away, whatever stands on it. */
  drop(collection: string, id: string): void {
    this.#collections.set(
      collection,
      this.entries(collection).filter((each) => each.id !== id),
    );
  }

  #dropAll(collection: string, field: string, value: unknown): void {
    for (const entry of this.entries(collection)) if (entry[field] === value) this.drop(collection, entry.id);
  }

  /** Everything there is, for comparisons. */
  entries(collection: string): readonly Entry[] {
    return this.#collections.get(collection) ?? [];
  }
}

function refuse(status: number, message: string): Promise<never> {
  return Promise.reject(new NeutronError(status, `Neutron refused with ${status}: ${message}`));
}

/** A physical network holds one network without a tag, and one for each tag. */
function samePlace(one: Entry, other: Entry): boolean {
  return (fixed["networks"] ?? []).every((field) => one[field] === other[field]);
}

function uses(port: Entry, collection: string, id: string): boolean {
  const addresses = Array.isArray(port["fixed_ips"]) ? port["fixed_ips"] : [];
  return collection === "networks"
    ? port["network_id"] === id
    : addresses.some((address: unknown) => textAt(address, "subnet_id") === id || at(address, "subnet_id") === id);
}
