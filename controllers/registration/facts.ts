import type { RegistrationSpec } from "../../crds/registration.ts";
import { textAt } from "../../operator/object.ts";
import type { Keystone } from "../openstack/keystone.ts";

/** What Keystone has of what a Registration is about. */
export interface Facts {
  /** Why nothing could be seen. */
  readonly unreachable?: string;
  readonly regions: readonly string[];
  readonly projects: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
  readonly services: readonly ServiceFact[];
  readonly endpoints: readonly EndpointFact[];
  readonly users: readonly UserFact[];
}

/** An entry of the catalogue. */
export interface ServiceFact {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly enabled: boolean;
}

/** A URL of a catalogue entry, in one region and for one interface. */
export interface EndpointFact {
  readonly id: string;
  readonly serviceId: string;
  readonly interface: string;
  readonly region: string;
  readonly url: string;
  readonly enabled: boolean;
}

/** A user of the Default domain that the Registration names and Keystone has. */
export interface UserFact {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Made by us and not handed over yet: its roles may still be missing. */
  readonly unfinished: boolean;
  /** `role/project:<id>` or `role/system:all`, by ids. */
  readonly assignments: readonly string[];
  /** Whether the wanted password opens the account; undefined where nobody asked. */
  readonly passwordWorks?: boolean;
}

/** Description of a user who was made but has not got all roles yet. */
export const unfinishedUser = "Nephos is making this user";

/** Facts with nothing in them. */
export const noFacts: Facts = { regions: [], projects: {}, roles: {}, services: [], endpoints: [], users: [] };

/** Reads from Keystone everything that the Registration speaks of, and nothing else; rejects with a KeystoneError. */
export async function observeKeystone(
  spec: RegistrationSpec,
  keystone: Keystone,
  passwordWorks: (user: RegistrationSpec["users"][number]) => Promise<boolean>,
): Promise<Facts> {
  const byName = (
    collection: string,
    names: readonly string[],
    query: Readonly<Record<string, string>>,
  ): Promise<unknown[]> =>
    Promise.all(names.map((name) => keystone.list(collection, { ...query, name }))).then((found) => found.flat());
  const [regions, projects, roles, services] = await Promise.all([
    keystone.list("regions"),
    byName("projects", projectNames(spec), { domain_id: "default" }),
    byName("roles", roleNames(spec), {}),
    keystone.list("services", { type: spec.service.type }),
  ]);
  const known = services.map(serviceFact);
  const endpoints = await Promise.all(known.map(({ id }) => keystone.list("endpoints", { service_id: id })));
  const users = await Promise.all(spec.users.map((user) => userFact(user, keystone, passwordWorks)));
  return {
    regions: regions.map((region) => textAt(region, "id") ?? ""),
    projects: idsByName(projects),
    roles: idsByName(roles),
    services: known,
    endpoints: endpoints.flat().map(endpointFact),
    users: users.flat(),
  };
}

/** Every project that a Registration speaks of. */
export function projectNames(spec: RegistrationSpec): string[] {
  const assigned = spec.users.flatMap((user) => user.assignments.flatMap(({ project }) => project ?? []));
  return [...new Set([...spec.projects, ...assigned])];
}

/** Every role that a Registration speaks of. */
export function roleNames(spec: RegistrationSpec): string[] {
  return [...new Set([...spec.roles, ...spec.users.flatMap((user) => user.assignments.map(({ role }) => role))])];
}

async function userFact(
  user: RegistrationSpec["users"][number],
  keystone: Keystone,
  passwordWorks: (user: RegistrationSpec["users"][number]) => Promise<boolean>,
): Promise<UserFact[]> {
  const [found] = await keystone.list("users", { domain_id: "default", name: user.name });
  const id = textAt(found, "id");
  if (id === undefined) return [];
  const assignments = await keystone.list("role_assignments", { "user.id": id });
  const password = user.keep === "Always" ? { passwordWorks: await passwordWorks(user) } : {};
  const unfinished = textAt(found, "description") === unfinishedUser;
  return [
    {
      id,
      name: user.name,
      enabled: isEnabled(found),
      unfinished,
      assignments: assignments.map(assignmentKey),
      ...password,
    },
  ];
}

function assignmentKey(entry: unknown): string {
  const project = textAt(entry, "scope", "project", "id");
  return `${textAt(entry, "role", "id") ?? ""}/${project === undefined ? "system:all" : `project:${project}`}`;
}

function serviceFact(entry: unknown): ServiceFact {
  return {
    id: textAt(entry, "id") ?? "",
    name: textAt(entry, "name") ?? "",
    type: textAt(entry, "type") ?? "",
    description: textAt(entry, "description") ?? "",
    enabled: isEnabled(entry),
  };
}

function endpointFact(entry: unknown): EndpointFact {
  return {
    id: textAt(entry, "id") ?? "",
    serviceId: textAt(entry, "service_id") ?? "",
    interface: textAt(entry, "interface") ?? "",
    region: textAt(entry, "region_id") ?? "",
    url: textAt(entry, "url") ?? "",
    enabled: isEnabled(entry),
  };
}

function isEnabled(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "enabled" in entry && entry.enabled === true;
}

function idsByName(entries: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => [textAt(entry, "name") ?? "", textAt(entry, "id") ?? ""]));
}
