import type { IContainer } from "kubernetes-models/v1/Container";
import type { Manifest } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import type { Part, SecretRecipe } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { job } from "./manifests.ts";
import type { OsloConfig } from "./oslo.ts";
import { restrictedPod, uids } from "./pod.ts";
import { named, probeJob } from "./probe.ts";
import { databaseProgram } from "./probe-programs.ts";
import { composedSecret, passwordOf } from "./secret.ts";
import { addressOf, databaseServer, givenDatabaseAccount } from "./servers.ts";
import { trust, trustFile } from "./tls.ts";
import { projectOf } from "./workloads.ts";

/** The Secret with the password of a service's database account. */
export function databaseSecretOf(service: string): string {
  return `${service}-database`;
}

/** A database or an account as the server knows it. */
export function databaseNameOf(name: string, { spec: { database } }: ServiceContext): string {
  return `${database.external?.prefix ?? ""}${name}`;
}

/** Where a service finds one of its databases, as whom: the only place that puts a database URL together. */
export function databaseUrl(service: string, database: string, context: ServiceContext): Part[] {
  const { hosts, port, authority } = databaseServer(context);
  const given = givenDatabaseAccount(service, context);
  const account: Part[] =
    given === undefined
      ? [`${databaseNameOf(service, context)}:`, passwordOf(databaseSecretOf(service))]
      : [{ secret: given, key: "username", as: "url" }, ":", { secret: given, key: "password", as: "url" }];
  const at = `@${addressOf(hosts[0] ?? "", port)}/${databaseNameOf(database, context)}?charset=utf8mb4`;
  const proof = authority === undefined ? "" : `&ssl_ca=${authority.path}&ssl_check_hostname=true`;
  return ["mysql+pymysql://", ...account, `${at}${proof}`];
}

/** The options by which a service finds one of its databases. */
export function databaseOptions(service: string, database: string, context: ServiceContext): OsloConfig[string] {
  const connection = { parts: databaseUrl(service, database, context) };
  return { connection, connection_recycle_time: 280, max_retries: -1 };
}

/** Name of the Secret with what the database Job needs: how to log in, and what to run. */
function accessName(service: string): string {
  return `${service}-database-access`;
}

/** Whether Nephos makes databases and accounts itself. */
function made({ databases }: ServiceDefinition, { spec: { database } }: ServiceContext): boolean {
  return databases.length > 0 && database.external?.access.type !== "Accounts";
}

const clientProof = `ssl-ca=${trustFile}\nssl-verify-server-cert\n`;

/** What the Job that makes a service's databases needs to know; nothing where they are there already. */
export function databaseAccess(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  if (!made(service, context)) return [];
  const login = ["[client]\nhost=mariadb\nuser=root\npassword=", passwordOf("mariadb-root"), `\n${clientProof}`];
  return [
    composedSecret(accessName(service.name), {
      ...(context.spec.database.external === undefined ? { "client.cnf": login } : {}),
      "create.sql": statements(service, context),
    }),
  ];
}

/** One statement a line. They can be run again and again, and set the password anew. */
function statements(service: ServiceDefinition, context: ServiceContext): Part[] {
  const account = accountOf(service.name, context);
  const proof = databaseServer(context).authority === undefined ? "" : " REQUIRE SSL";
  return [
    ...service.databases.flatMap(({ name: own, sharedWith = service.name }) => {
      const name = databaseNameOf(own, context);
      const accounts = [...new Set([account, accountOf(sharedWith, context)])];
      const grants = accounts.map((each) => `GRANT ALL ON \`${name}\`.* TO ${each};\n`);
      return [
        `CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\n`,
        `CREATE USER IF NOT EXISTS ${account};\n${grants.join("")}`,
      ];
    }),
    `ALTER USER ${account} IDENTIFIED BY '`,
    passwordOf(databaseSecretOf(service.name)),
    `'${proof};\n`,
  ];
}

function accountOf(service: string, context: ServiceContext): string {
  return `'${databaseNameOf(service, context)}'@'%'`;
}

/** The Job that makes a service's databases and account, and what is known of why it does not; nothing where both are there already. */
export function databaseWork(
  service: ServiceDefinition,
  context: ServiceContext,
): Pick<Step, "objects" | "verdict" | "held"> {
  if (!made(service, context)) return { objects: [], ...unmade(service, context) };
  if (context.spec.database.external === undefined) return { objects: [databaseJob(service, context)] };
  const probe = externalJob(service, context);
  return { objects: [probe], verdict: named(probe, context) };
}

/** Where users make databases and accounts themselves, there is nobody who could make those that they gave no account for. */
function unmade({ name, databases }: ServiceDefinition, context: ServiceContext): Pick<Step, "held"> {
  const [first] = databases;
  if (first === undefined || givenDatabaseAccount(name, context) !== undefined) return {};
  const message = `database ${databaseNameOf(first.name, context)} has to be made, and the Cloud's spec.database.external.access has accounts only; give it an administrator`;
  return { held: { is: "blocked", reason: "NotAllowed", message } };
}

const accessFolder = "/run/secrets/nephos";

function databaseJob(service: ServiceDefinition, context: ServiceContext): Manifest {
  const container: IContainer = {
    name: "database",
    image: context.image("infra"),
    args: ["mariadb", `--defaults-extra-file=${accessFolder}/client.cnf`, "-e", `source ${accessFolder}/create.sql`],
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: [{ name: "access", mountPath: accessFolder, readOnly: true }, trust.mount],
  };
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.mysql,
    containers: [container],
    volumes: [{ name: "access", secret: { secretName: accessName(service.name), defaultMode: 0o440 } }, trust.volume],
  });
  return job(service.name, "database", ["database", service.databases, context.incarnation], pod);
}

/** Logs in with what the user gave and runs the statements, with the library that the services use. */
function externalJob(service: ServiceDefinition, context: ServiceContext): Manifest {
  const administrator = context.spec.database.external?.access.administrator?.name ?? "";
  return probeJob({
    service: service.name,
    phase: "database",
    inputs: ["database", service.databases, context.incarnation],
    image: `${projectOf(service)}:${context.release}`,
    server: databaseServer(context),
    program: databaseProgram,
    task: {
      logins: [{ secret: administrator, databases: [] }],
      access: accessName(service.name),
      statements: "create.sql",
    },
    secrets: [administrator, accessName(service.name)],
    context,
  });
}
