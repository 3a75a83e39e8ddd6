import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import type { SecretKeyRef } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { trustFile } from "./tls.ts";

/** A server that services reach by TCP, whoever runs it. */
export interface Server {
  /** Names of its volumes and Jobs start with it. */
  readonly name: "database" | "messaging";
  readonly hosts: readonly string[];
  readonly port: number;
  /** By what it has to prove who it is; undefined where connections are plain. */
  readonly authority?: Authority;
}

/** Certificates that a server's own is checked by: a file of every pod, or of pods with the Secret's volume. */
export interface Authority {
  readonly path: string;
  readonly from?: SecretKeyRef;
}

/** Where Debian keeps the public certificate authorities. */
const publicAuthorities = "/etc/ssl/certs/ca-certificates.crt";
const authorityFile = "ca.crt";

/** The cloud's own, which every pod of a service has. */
const ours: Authority = { path: trustFile };

/** The database of a cloud. */
export function databaseServer({ spec: { database } }: ServiceContext): Server {
  const { external } = database;
  if (external === undefined) return { name: "database", hosts: ["mariadb"], port: 3306, authority: ours };
  return { name: "database", hosts: [external.host], port: external.port, ...proof("database", external.tls) };
}

/** The message broker of a cloud. */
export function messagingServer({ spec: { messaging } }: ServiceContext): Server {
  const { external } = messaging;
  if (external === undefined) return { name: "messaging", hosts: ["rabbitmq"], port: 5671, authority: ours };
  const hosts = external.hosts.map(({ name }) => name);
  return { name: "messaging", hosts, port: external.port, ...proof("messaging", external.tls) };
}

type Tls = NonNullable<ServiceContext["spec"]["database"]["external"]>["tls"];

function proof(name: Server["name"], { enabled, ca }: Tls): Pick<Server, "authority"> {
  if (!enabled) return {};
  if (ca === undefined) return { authority: { path: publicAuthorities } };
  const from = { secret: ca.name, key: ca.key };
  return { authority: { path: `${authorityFolder(name)}/${authorityFile}`, from } };
}

const authorityFolder = (name: Server["name"]): string => `/etc/nephos/${name}-ca`;

/** Host and port as URLs have them. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What pods need to check servers by: volumes and where they are mounted. */
export function authoritiesOf(servers: readonly Server[]): { volumes: IVolume[]; mounts: IVolumeMount[] } {
  const given = servers.flatMap(({ name, authority }) =>
    authority?.from === undefined ? [] : [{ name, from: authority.from }],
  );
  return {
    volumes: given.map(({ name, from }) => ({
      name: `${name}-ca`,
      secret: { secretName: from.secret, defaultMode: 0o440, items: [{ key: from.key, path: authorityFile }] },
    })),
    mounts: given.map(({ name }) => ({ name: `${name}-ca`, mountPath: authorityFolder(name), readOnly: true })),
  };
}

/** The servers that a service reaches. */
export function serversOf(service: ServiceDefinition, context: ServiceContext): Server[] {
  return [
    ...(service.databases.length === 0 ? [] : [databaseServer(context)]),
    ...(service.messaging ? [messagingServer(context)] : []),
  ];
}

/** The Secret with the database account of a service, where the user gives it; undefined where Nephos makes the account. */
export function givenDatabaseAccount(service: string, { spec: { database } }: ServiceContext): string | undefined {
  const accounts: Readonly<Record<string, { readonly name: string }>> = { ...database.external?.access.accounts };
  return Object.entries(accounts).find(([name]) => name === service)?.[1].name;
}

/** The Secret with the account on the broker, where the user gives it; undefined where Nephos makes the account. */
export function givenMessagingAccount({ spec: { messaging } }: ServiceContext): string | undefined {
  return messaging.external?.access.account?.name;
}

/**
 * What a service's pods are attached to outside of the cloud, as a digest: where, and the versions of the Secrets that open it, never
 * their values. Another one means that they have to start anew. Undefined where all is run by Nephos.
 */
export function attachmentOf(service: ServiceDefinition, context: ServiceContext): string | undefined {
  const { database, messaging } = context.spec;
  const accounts = [
    ...(database.external === undefined ? [] : [givenDatabaseAccount(service.name, context)]),
    ...(messaging.external === undefined || !service.messaging ? [] : [givenMessagingAccount(context)]),
  ];
  if (accounts.length === 0) return undefined;
  const servers = serversOf(service, context);
  const secrets = [...accounts, ...servers.map(({ authority }) => authority?.from?.secret)];
  const versions = secrets.map((secret) => (secret === undefined ? "" : context.versionOf(secret)));
  return digest([servers, accounts, database.external?.prefix, messaging.external?.virtualHost, versions], 8);
}
