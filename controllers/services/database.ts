import type { IContainer } from "kubernetes-models/v1/Container";
import type { Manifest } from "../../operator/object.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { job } from "./manifests.ts";
import { restrictedPod, uids } from "./pod.ts";
import { composedSecret, passwordOf } from "./secret.ts";
import { trust, trustFile } from "./tls.ts";

/** The Secret with the password of a service's database account. */
export function databaseSecretOf(service: string): string {
  return `${service}-database`;
}

/** Name of the Secret with what the database Job needs: how to log in, and what to run. */
function accessName(service: string): string {
  return `${service}-database-access`;
}

/** How to reach the server as its administrator, and the statements that make a service's databases and account. */
export function databaseAccess(service: ServiceDefinition): SecretRecipe {
  const account = `'${service.name}'@'%'`;
  const password = passwordOf(databaseSecretOf(service.name));
  return composedSecret(accessName(service.name), {
    "client.cnf": [
      "[client]\nhost=mariadb\nuser=root\npassword=",
      passwordOf("mariadb-root"),
      `\nssl-ca=${trustFile}\nssl-verify-server-cert\n`,
    ],
    "create.sql": [
      ...service.databases.flatMap(({ name }) => [
        `CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;\n`,
        `CREATE USER IF NOT EXISTS ${account};\nGRANT ALL ON \`${name}\`.* TO ${account};\n`,
      ]),
      `ALTER USER ${account} IDENTIFIED BY '`,
      password,
      "' REQUIRE SSL;\n",
    ],
  });
}

/** The Job that makes a service's databases and account. */
export function databaseJob(service: ServiceDefinition, context: ServiceContext): Manifest {
  const container: IContainer = {
    name: "database",
    image: context.image("infra"),
    args: [
      "mariadb",
      "--defaults-extra-file=/run/secrets/nephos/client.cnf",
      "-e",
      "source /run/secrets/nephos/create.sql",
    ],
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: [{ name: "access", mountPath: "/run/secrets/nephos", readOnly: true }, trust.mount],
  };
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.mysql,
    containers: [container],
    volumes: [{ name: "access", secret: { secretName: accessName(service.name), defaultMode: 0o440 } }, trust.volume],
  });
  return job(service.name, "database", ["database", service.databases, context.incarnation], pod);
}
