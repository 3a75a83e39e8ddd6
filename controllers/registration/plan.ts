import { z } from "zod";
import type { RegistrationSpec } from "../../crds/registration.ts";
import type { Action, Plan, Step } from "../../operator/plan.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import { type EndpointFact, type Facts, type ServiceFact, unfinishedUser, type UserFact } from "./facts.ts";

/** One call to Keystone, as data; the edge adds the password where one is named. */
export const keystoneCall = z.object({
  verb: z.enum(["create", "update", "put", "remove"]),
  path: z.string(),
  /** Name of the object in the body of the call. */
  member: z.string(),
  body: z.record(z.string(), z.unknown()),
  passwordFrom: z.object({ name: z.string(), key: z.string() }).optional(),
});
/** A planned call to Keystone. */
export type KeystoneCall = z.output<typeof keystoneCall>;

/** What has to be done in Keystone so that it is as the Registration says; pure, over what was observed. */
export function planRegistration(spec: RegistrationSpec, facts: Facts): Plan {
  if (facts.unreachable !== undefined) {
    return { steps: [{ name: "keystone", after: [], objects: [], held: { is: "waiting", on: facts.unreachable } }] };
  }
  return {
    steps: [
      step("region", [], regionActions(spec, facts)),
      step("service", [], serviceActions(spec, facts)),
      step("endpoints", ["region", "service"], endpointActions(spec, facts)),
      step("projects", [], nameActions("projects", "project", spec.projects, facts.projects)),
      step("roles", [], nameActions("roles", "role", spec.roles, facts.roles)),
      step("users", [], userActions(spec, facts)),
      step("assignments", ["projects", "roles", "users"], assignmentActions(spec, facts), missingNames(spec, facts)),
      step("handover", ["assignments"], handoverActions(spec, facts)),
    ],
  };
}

function step(name: string, after: readonly string[], calls: readonly Named[], missing: readonly string[] = []): Step {
  const actions: Action[] = calls.map(([title, input]) => ({ name: title, input }));
  const open = [...actions.map((action) => action.name), ...missing];
  const verdict: Verdict = open.length === 0 ? done : { is: "waiting", on: open.join(", ") };
  return { name, after, objects: [], actions, verdict: () => verdict };
}

type Named = readonly [title: string, call: KeystoneCall];

const creation = (collection: string, member: string, body: Record<string, unknown>): KeystoneCall => ({
  verb: "create",
  path: collection,
  member,
  body,
});

function regionActions(spec: RegistrationSpec, facts: Facts): Named[] {
  if (facts.regions.includes(spec.region)) return [];
  return [[`region ${spec.region} to be made`, creation("regions", "region", { id: spec.region })]];
}

/** The catalogue entry that is ours: of our type and name; of several the first, the others are what a lost answer left. */
function ours(spec: RegistrationSpec, facts: Facts): readonly [ServiceFact | undefined, ServiceFact[]] {
  const named = facts.services
    .filter((service) => service.name === spec.service.name)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return [named[0], named.slice(1)];
}

function serviceActions(spec: RegistrationSpec, facts: Facts): Named[] {
  const { name, type, description } = spec.service;
  const wanted = { name, type, description, enabled: true };
  const [service, spare] = ours(spec, facts);
  const extra = spare.map(({ id }): Named => [`second service ${name} to be removed`, removal(`services/${id}`)]);
  if (service === undefined) return [[`service ${name} to be made`, creation("services", "service", wanted)], ...extra];
  if (service.enabled && service.description === description) return extra;
  return [
    [
      `service ${name} to be corrected`,
      { verb: "update", path: `services/${service.id}`, member: "service", body: wanted },
    ],
    ...extra,
  ];
}

function endpointActions(spec: RegistrationSpec, facts: Facts): Named[] {
  const [service] = ours(spec, facts);
  if (service === undefined) return [];
  return spec.endpoints.flatMap((wanted): Named[] => {
    const same = facts.endpoints
      .filter(
        (each) => each.serviceId === service.id && each.interface === wanted.interface && each.region === spec.region,
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const extra = same
      .slice(1)
      .map(({ id }): Named => [`second ${wanted.interface} endpoint to be removed`, removal(`endpoints/${id}`)]);
    return [...endpointAction(wanted, same[0], { service_id: service.id, region_id: spec.region }), ...extra];
  });
}

function endpointAction(
  wanted: RegistrationSpec["endpoints"][number],
  live: EndpointFact | undefined,
  place: Readonly<Record<string, string>>,
): Named[] {
  const body = { interface: wanted.interface, url: wanted.url, enabled: true, ...place };
  if (live === undefined) return [[`${wanted.interface} endpoint to be made`, creation("endpoints", "endpoint", body)]];
  if (live.url === wanted.url && live.enabled) return [];
  return [
    [
      `${wanted.interface} endpoint to be corrected`,
      { verb: "update", path: `endpoints/${live.id}`, member: "endpoint", body },
    ],
  ];
}

function nameActions(
  collection: string,
  member: string,
  names: readonly string[],
  known: Readonly<Record<string, string>>,
): Named[] {
  const domain = member === "project" ? { domain_id: "default" } : {};
  return names
    .filter((name) => !Object.hasOwn(known, name))
    .map((name): Named => [`${member} ${name} to be made`, creation(collection, member, { name, ...domain })]);
}

function userActions(spec: RegistrationSpec, facts: Facts): Named[] {
  return spec.users.flatMap(({ name, passwordFrom, keep }): Named[] => {
    const live = facts.users.find((user) => user.name === name);
    const body = {
      name,
      domain_id: "default",
      enabled: true,
      ...(keep === "Created" ? { description: unfinishedUser } : {}),
    };
    if (live === undefined) return [[`user ${name} to be made`, { ...creation("users", "user", body), passwordFrom }]];
    if (keep === "Created" || (live.enabled && live.passwordWorks !== false)) return [];
    const repair: KeystoneCall = {
      verb: "update",
      path: `users/${live.id}`,
      member: "user",
      body: { enabled: true },
      passwordFrom,
    };
    return [[live.enabled ? `password of user ${name} to be set` : `user ${name} to be enabled`, repair]];
  });
}

/** The users whose roles are ours to keep, with what is known of them: one who was made once is its owner's after the handover. */
function keptUsers(spec: RegistrationSpec, facts: Facts): (readonly [RegistrationSpec["users"][number], UserFact])[] {
  return spec.users.flatMap((user) => {
    const live = facts.users.find(({ name }) => name === user.name);
    return live === undefined || (user.keep === "Created" && !live.unfinished) ? [] : [[user, live] as const];
  });
}

function assignmentActions(spec: RegistrationSpec, facts: Facts): Named[] {
  return keptUsers(spec, facts).flatMap(([user, live]) =>
    user.assignments.flatMap((assignment) => grant(assignment, live, facts)),
  );
}

function grant(
  { role, project, system }: RegistrationSpec["users"][number]["assignments"][number],
  user: UserFact,
  facts: Facts,
): Named[] {
  const [roleId, projectId] = [idOf(facts.roles, role), idOf(facts.projects, project ?? "")];
  if (roleId === undefined || (system === undefined && projectId === undefined)) return [];
  const key = system === undefined ? `${roleId}/project:${projectId}` : `${roleId}/system:all`;
  if (user.assignments.includes(key)) return [];
  const scope = system === undefined ? `projects/${projectId}` : "system";
  const call: KeystoneCall = { verb: "put", path: `${scope}/users/${user.id}/roles/${roleId}`, member: "", body: {} };
  return [[`role ${role} to be given to ${user.name} on ${project ?? "the system"}`, call]];
}

/** Roles and projects that are to be given but that nobody has made. */
function missingNames(spec: RegistrationSpec, facts: Facts): string[] {
  const assignments = keptUsers(spec, facts).flatMap(([user]) => user.assignments);
  const missing = assignments.flatMap(({ role, project }) => [
    ...(idOf(facts.roles, role) === undefined ? [`role ${role} to exist`] : []),
    ...(project !== undefined && idOf(facts.projects, project) === undefined ? [`project ${project} to exist`] : []),
  ]);
  return [...new Set(missing)];
}

/** Users that are made once are marked until they have every role, so that a crash in between leaves nobody half made. */
function handoverActions(spec: RegistrationSpec, facts: Facts): Named[] {
  return keptUsers(spec, facts)
    .filter(([user]) => user.keep === "Created")
    .map(([{ name }, { id }]): Named => {
      const call: KeystoneCall = { verb: "update", path: `users/${id}`, member: "user", body: { description: "" } };
      return [`user ${name} to be handed over`, call];
    });
}

function idOf(known: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

function removal(path: string): KeystoneCall {
  return { verb: "remove", path, member: "", body: {} };
}
