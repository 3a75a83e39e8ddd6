import type { CloudSpec } from "../../crds/cloud.ts";
import type { ExternalDatabase, ExternalMessaging } from "../../crds/external.ts";
import { at } from "../../operator/object.ts";
import type { Snapshot, Step } from "../../operator/plan.ts";
import { type SecretKeyRef, secretRef } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { databaseNameOf } from "../services/database.ts";
import { named, type Probe, probeJob } from "../services/probe.ts";
import { databaseProgram, messagingProgram } from "../services/probe-programs.ts";
import { passwordSecret } from "../services/secret.ts";
import { addressOf, databaseServer, messagingServer, type Server } from "../services/servers.ts";
import { messagingAccountOf, messagingSecret } from "../services/traits/messaging.ts";
import type { Reference } from "../services/user-config.ts";

/** What makes an external database this one: where it is, as the Jobs that act on it are named by. */
export function externalIncarnation({ host, port, prefix }: ExternalDatabase): string {
  return `${addressOf(host, port)}${prefix === "" ? "" : `/${prefix}`}`;
}

/** What makes an external broker this one. */
export function brokerIncarnation({ hosts, port, virtualHost }: ExternalMessaging): string {
  return `${hosts.map(({ name }) => addressOf(name, port)).join(",")}/${virtualHost === "/" ? "" : virtualHost}`;
}

/** No server of ours, but a Job that reaches the one there is, as everybody who has to: after it, services may count on it. */
export function externalDatabaseSteps(
  external: ExternalDatabase,
  context: ServiceContext,
  services: readonly ServiceDefinition[],
): Step[] {
  const { administrator } = external.access;
  const accounts = accountsOf(external, context, services);
  const logins = administrator === undefined ? accounts : [{ secret: administrator.name, databases: [] }];
  return serverSteps(
    {
      server: databaseServer(context),
      program: databaseProgram,
      task: { logins },
      references: databaseReferences(external),
      objects: [],
      ours: [],
    },
    context,
    services,
  );
}

function accountsOf(
  external: ExternalDatabase,
  context: ServiceContext,
  services: readonly ServiceDefinition[],
): { secret: string; databases: string[] }[] {
  return Object.entries(external.access.accounts ?? {}).map(([name, { name: secret }]) => ({
    secret,
    databases: (services.find((service) => service.name === name)?.databases ?? []).map((database) =>
      databaseNameOf(database.name, context),
    ),
  }));
}

function databaseReferences({ tls, access }: ExternalDatabase): Reference[] {
  const field = "spec.database.external";
  const accounts = Object.entries(access.accounts ?? {});
  return [
    ...authorityReferences(`${field}.tls.ca`, tls.ca),
    ...loginReferences(`${field}.access.administrator`, access.administrator),
    ...accounts.flatMap(([name, secret]) => loginReferences(`${field}.access.accounts.${name}`, secret)),
  ];
}

/** The broker as somebody else runs it; with an administrator, virtual host and account are made first. */
export function externalMessagingSteps(
  external: ExternalMessaging,
  context: ServiceContext,
  services: readonly ServiceDefinition[],
): Step[] {
  const { tls, access, virtualHost } = external;
  const { administrator } = access;
  const field = "spec.messaging.external";
  const account =
    administrator === undefined
      ? { name: null, secret: access.account?.name }
      : { name: messagingAccountOf(context), secret: messagingSecret };
  return serverSteps(
    {
      server: messagingServer(context),
      program: messagingProgram,
      task: {
        virtualHost,
        account,
        administrator:
          administrator === undefined ? null : { secret: administrator.credentials.name, port: administrator.port },
      },
      references: [
        ...authorityReferences(`${field}.tls.ca`, tls.ca),
        ...loginReferences(`${field}.access.administrator.credentials`, administrator?.credentials),
        ...loginReferences(`${field}.access.account`, access.account),
      ],
      ...(administrator === undefined
        ? { objects: [], ours: [] }
        : { objects: [passwordSecret(messagingSecret)], ours: [messagingSecret] }),
    },
    context,
    services,
  );
}

interface Outside extends Pick<Probe, "program" | "task"> {
  readonly server: Server;
  readonly references: readonly Reference[];
  readonly objects: Step["objects"];
  /** Secrets of our own that the probe reads beside those referred to. */
  readonly ours: readonly string[];
}

function serverSteps(outside: Outside, context: ServiceContext, services: readonly ServiceDefinition[]): Step[] {
  const { server, program, task, references, objects, ours } = outside;
  const { authority } = server;
  const logins = references.filter(
    ({ secret, key }) => secret !== authority?.from?.secret || key !== authority.from.key,
  );
  const secrets = [...new Set([...logins.map(({ secret }) => secret), ...ours])];
  const versions = [...new Set(references.map(({ secret }) => secret))].map((secret) => context.versionOf(secret));
  const probe = probeJob({
    service: server.name,
    phase: "check",
    // Whatever is corrected is tried at once, under another name.
    inputs: ["check", server, task, references, versions],
    image: imageOf(context, services),
    server,
    program,
    task,
    secrets,
    context,
  });
  return [
    { name: `${server.name}/secrets`, after: [], objects, ...lacking(references, context) },
    {
      name: `${server.name}/server`,
      after: [`${server.name}/secrets`],
      objects: [probe],
      verdict: named(probe, context),
    },
  ];
}

/** Tried with what will use it: the libraries of an OpenStack service. */
function imageOf({ release }: ServiceContext, services: readonly ServiceDefinition[]): string {
  return `${services[0]?.name ?? "infra"}:${release}`;
}

function authorityReferences(
  field: string,
  ca: { readonly name: string; readonly key: string } | undefined,
): Reference[] {
  return ca === undefined ? [] : [{ field, secret: ca.name, key: ca.key }];
}

function loginReferences(field: string, credentials: { readonly name: string } | undefined): Reference[] {
  return credentials === undefined
    ? []
    : ["username", "password"].map((key) => ({ field, secret: credentials.name, key }));
}

/** Holds a step while a Secret that the spec refers to is not there, or lacks a key. */
function lacking(references: readonly Reference[], { lacks }: ServiceContext): Pick<Step, "held"> {
  const missing = references.find(lacks);
  if (missing === undefined) return {};
  const { field, secret } = missing;
  const keys = references.filter((each) => each.field === field).map(({ key }) => key);
  const message = `Secret ${secret}, which ${field} names, is missing or has no key ${missing.key}; create it in the Cloud's namespace with ${keys.join(" and ")}`;
  return { held: { is: "blocked", reason: "ReferenceMissing", message } };
}

/** Whether a Secret lacks a key, as the snapshot has it: its keys, never its values. */
export function lackingIn(seen: Snapshot, namespace: string): (reference: SecretKeyRef) => boolean {
  return ({ secret, key }) => at(seen.get(secretRef(namespace, secret)), "data", key) === undefined;
}

/** Where the databases of a cloud are, if not on a volume of ours. */
export function placeOf({ database: { external } }: CloudSpec): string | undefined {
  return external === undefined ? undefined : externalIncarnation(external);
}
