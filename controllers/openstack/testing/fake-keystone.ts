import { at, textAt } from "../../../operator/object.ts";
import { type Keystone, KeystoneError } from "../keystone.ts";

/** An entry of a collection; fields that nobody asked for are kept, as Keystone does. */
export type Entry = Readonly<Record<string, unknown>> & { readonly id: string };

/** The fields by which a second entry is refused. */
const unique: Readonly<Record<string, readonly string[]>> = {
  regions: ["id"],
  projects: ["domain_id", "name"],
  roles: ["name"],
  users: ["domain_id", "name"],
};

/** As much of Keystone as Registrations use, in memory: collections, conflicts, cascades and role assignments. */
export class FakeKeystone implements Keystone {
  readonly #collections = new Map<string, Entry[]>();
  #made = 0;

  constructor(start: Readonly<Record<string, readonly Entry[]>> = {}) {
    for (const [collection, entries] of Object.entries(start)) this.#collections.set(collection, [...entries]);
  }

  /** The same Keystone, which goes its own way from here on. */
  copy(): FakeKeystone {
    const copy = new FakeKeystone(Object.fromEntries(this.#collections));
    copy.#made = this.#made;
    return copy;
  }

  list(collection: string, query: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    const matches = (entry: Entry): boolean =>
      Object.entries(query).every(([field, value]) => at(entry, ...field.split(".")) === value);
    return Promise.resolve(this.#all(collection).filter(matches).map(withoutPassword));
  }

  create(collection: string, _member: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
    const entry: Entry = { id: `made-${++this.#made}`, ...body };
    const service = textAt(body, "service_id");
    if (service !== undefined && !this.#has("services", service))
      return Promise.reject(new KeystoneError(400, "Expecting to find the service of an endpoint"));
    const fields = unique[collection] ?? [];
    const twin = this.#all(collection).find(
      (each) => fields.length > 0 && fields.every((field) => each[field] === entry[field]),
    );
    if (twin !== undefined)
      return Promise.reject(new KeystoneError(409, `Conflict occurred attempting to store ${collection}`));
    this.#collections.set(collection, [...this.#all(collection), entry]);
    return Promise.resolve(withoutPassword(entry));
  }

  update(path: string, _member: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#replace(path, (entry) => [{ ...entry, ...body }]);
  }

  put(path: string): Promise<void> {
    const [, project, user = "", role = ""] =
      /^(?:system|projects\/([^/]+))\/users\/([^/]+)\/roles\/([^/]+)$/.exec(path) ?? [];
    const named = [["users", user], ["roles", role], ...(project === undefined ? [] : [["projects", project]])];
    if (!named.every(([collection = "", id = ""]) => this.#has(collection, id))) {
      return Promise.reject(new KeystoneError(404, `Could not find what ${path} names`));
    }
    const target = project === undefined ? { system: { all: true } } : { project: { id: project } };
    const entry = { id: path, role: { id: role }, user: { id: user }, scope: target };
    this.#collections.set("role_assignments", [
      ...this.#all("role_assignments").filter(({ id }) => id !== path),
      entry,
    ]);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    const [, service] = /^services\/(.+)$/.exec(path) ?? [];
    if (service !== undefined) {
      this.#collections.set(
        "endpoints",
        this.#all("endpoints").filter((endpoint) => endpoint["service_id"] !== service),
      );
    }
    return this.#replace(path, () => []);
  }

  /** What logging in to the Default domain would say. */
  opens(userName: string, password: string): boolean {
    const user = this.#all("users").find(({ name, domain_id }) => name === userName && domain_id === "default");
    return user?.["password"] === password && user["enabled"] === true;
  }

  /** Everything there is, for comparisons. */
  entries(collection: string): readonly Entry[] {
    return this.#all(collection);
  }

  #all(collection: string): Entry[] {
    return this.#collections.get(collection) ?? [];
  }

  #has(collection: string, wanted: string): boolean {
    return this.#all(collection).some(({ id }) => id === wanted);
  }

  #replace(path: string, change: (entry: Entry) => Entry[]): Promise<void> {
    const [collection = "", wanted = ""] = path.split("/");
    if (!this.#has(collection, wanted)) return Promise.reject(new KeystoneError(404, `Could not find ${path}`));
    this.#collections.set(
      collection,
      this.#all(collection).flatMap((entry) => (entry.id === wanted ? change(entry) : [entry])),
    );
    return Promise.resolve();
  }
}

function withoutPassword(entry: Entry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => field !== "password"));
}

/** The names of the entries of a collection. */
export function namesIn(keystone: FakeKeystone, collection: string): string[] {
  return keystone.entries(collection).map((entry) => textAt(entry, "name") ?? entry.id);
}
