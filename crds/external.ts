import { z } from "zod";
import { named } from "../operator/named.ts";
import { listMap, type Rule, rules } from "../operator/schema.ts";

/** A host name, an IPv4 address or an IPv6 address without brackets; no port. */
export const hostName = /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$/;

const host = z.string().min(1).max(253).regex(hostName);
const port = z.int32().min(1).max(65535);
const secretName = z.string().min(1).max(253);

const credentials = (whose: string) =>
  z
    .object({ name: secretName.describe("Name of the Secret, in the Cloud's namespace.") })
    .describe(`Secret with the keys username and password (type kubernetes.io/basic-auth will do): ${whose}`);

/** What else holds for one of several: members that may be left out, and rules of its own. */
interface Freedom {
  readonly optional?: readonly string[];
  readonly rules?: readonly Rule[];
}

interface Clause extends Rule {
  readonly holds: (value: Fields) => boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * One of several: `type` says which, and the member that is called like it, with a small first letter, says the rest. Held by CEL in
 * the cluster, and by the schema itself everywhere else.
 */
export function oneOf<S extends z.ZodObject>(
  schema: S,
  members: readonly string[],
  { optional = [], rules: more = [] }: Freedom = {},
): S {
  const clauses = members.map((member) => (optional.includes(member) ? onlyFor(member) : givenWith(member)));
  const checked = clauses.reduce<S>((whole, { holds, message }) => whole.refine(holds, { message }), schema);
  return checked.meta(rules(...clauses.map(({ rule, message }) => ({ rule, message })), ...more));
}

const typeOf = (member: string): string => member.charAt(0).toUpperCase() + member.slice(1);

function onlyFor(member: string): Clause {
  const type = typeOf(member);
  return {
    rule: `self.type == '${type}' || !has(self.${member})`,
    message: `${member} is for type ${type} only; remove it or set the type to ${type}`,
    holds: (value) => value["type"] === type || value[member] === undefined,
  };
}

function givenWith(member: string): Clause {
  const type = typeOf(member);
  return {
    rule: `has(self.${member}) == (self.type == '${type}')`,
    message: `${member} has to be given with type ${type}, and with no other`,
    holds: (value) => (value[member] !== undefined) === (value["type"] === type),
  };
}

const tls = z
  .object({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether connections are encrypted and the server has to prove who it is. Default true."),
    ca: z
      .object({
        name: secretName.describe("Name of the Secret, in the Cloud's namespace."),
        key: z.string().min(1).max(253).default("ca.crt").describe("Key of the Secret. Default ca.crt."),
      })
      .optional()
      .describe(
        "Secret with the certificate authority of the server, in PEM. Default: the public authorities that Debian trusts.",
      ),
  })
  .refine(({ enabled, ca }) => enabled || ca === undefined, { message: "ca is for TLS; remove it or enable TLS" })
  .prefault({ enabled: true })
  .describe("How the server proves who it is; its certificate has to name the host.")
  .meta(rules({ rule: "self.enabled || !has(self.ca)", message: "ca is for TLS; remove it or enable TLS" }));

const account = z.object({ name: secretName.describe("Name of the Secret, in the Cloud's namespace.") });

const databaseAccess = oneOf(
  z.object({
    type: z
      .enum(["Administrator", "Accounts"])
      .describe(
        "Administrator: Nephos makes databases and accounts itself. Accounts: both exist, and you give one account per service.",
      ),
    administrator: credentials("an account that may create databases and accounts and grant rights.").optional(),
    accounts: named("service", {
      keystone: account,
      placement: account,
      glance: account,
      nova: account,
      neutron: account,
    })
      .optional()
      .describe(
        "The account of each service, by the service's name: a Secret with the keys username and password (type kubernetes.io/basic-auth will do). It has all rights on the service's databases, which exist and are named like the service (those of nova: nova_api and nova_cell0), behind `prefix`.",
      ),
  }),
  ["administrator", "accounts"],
).describe("As whom Nephos and the services log in.");

/** A database that somebody else runs. */
export const externalDatabase = z
  .object({
    host: host.describe(
      "Host name or address of a MariaDB or MySQL server. May change when the data was restored elsewhere: what prepares the databases then runs again there.",
    ),
    port: port.default(3306).describe("TCP port. Default 3306."),
    prefix: z
      .string()
      .max(16)
      .regex(/^([a-z][a-z0-9_]*)?$/)
      .default("")
      .describe(
        "Put before the names of all databases and of the accounts that Nephos makes, such as prod_. Give each cloud on a server its own. Default: nothing.",
      )
      .meta(
        rules({
          rule: "self == oldSelf",
          message: "the databases keep their names; make a new Cloud for another prefix",
        }),
      ),
    tls,
    access: databaseAccess,
  })
  .describe("Where the server is and how to log in.");

/** What a user says about a database that somebody else runs. */
export type ExternalDatabase = z.output<typeof externalDatabase>;

const messagingAccess = oneOf(
  z.object({
    type: z
      .enum(["Administrator", "Account"])
      .describe(
        "Administrator: Nephos makes the virtual host and an account in it itself, through the management API. Account: both exist.",
      ),
    administrator: z
      .object({
        credentials: credentials("a user with the tag administrator."),
        port: port
          .default(15671)
          .describe("TCP port of the management API on the first host; HTTPS unless TLS is off. Default 15671."),
      })
      .optional()
      .describe("Who makes the virtual host and the account."),
    account: credentials("a user that may configure, write and read in the virtual host.").optional(),
  }),
  ["administrator", "account"],
).describe("As whom Nephos and the services log in.");

/** A broker that somebody else runs. */
export const externalMessaging = z
  .object({
    hosts: listMap(z.object({ name: host.describe("Host name or address.") }), "name")
      .min(1)
      .max(9)
      .describe("The members of one RabbitMQ."),
    port: port.default(5671).describe("TCP port of AMQP on every host. Default 5671, which is AMQP over TLS."),
    virtualHost: z
      .string()
      .max(64)
      .regex(/^(\/|[A-Za-z0-9][A-Za-z0-9_.-]*)$/)
      .default("/")
      .describe("The virtual host; give each cloud on a broker its own. Default /."),
    tls,
    access: messagingAccess,
  })
  .describe("Where the broker is and how to log in.");

/** What a user says about a broker that somebody else runs. */
export type ExternalMessaging = z.output<typeof externalMessaging>;
