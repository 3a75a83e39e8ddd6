import type { IContainer } from "kubernetes-models/v1/Container";
import type { Step } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { clusterService, configMap, singleMember } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { composedSecret, passwordOf, passwordSecret } from "../services/secret.ts";
import { managedByDefault } from "../../crds/cloud.ts";
import { boundClaim } from "./claim.ts";
import { externalDatabaseSteps } from "./external.ts";

/** The volume that the databases live on. */
export const databaseClaim = "data-mariadb-0";

/** Secrets that are generated once and open the database's data. */
export const databaseSecrets = [passwordSecret("mariadb-root")] as const;

// Installs into a folder that gets its name only when whole, so that a killed pod leaves no half database behind.
const start = `
if [ ! -d /data/db ]; then
  rm -rf /data/new
  mariadb-install-db --no-defaults --datadir=/data/new --auth-root-authentication-method=socket --skip-test-db >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
  mv /data/new /data/db
fi
exec mariadbd --defaults-file=/etc/nephos/my.cnf
`.trim();

const configuration = `[mariadbd]
datadir = /data/db
socket = /tmp/mariadb.sock
pid-file = /tmp/mariadb.pid
tmpdir = /tmp
init-file = /run/secrets/nephos/init.sql
bind-address = *
skip-name-resolve = 1
character-set-server = utf8mb4
collation-server = utf8mb4_general_ci
max_connections = 1000
innodb_buffer_pool_size = 256M
innodb_log_file_size = 64M
innodb_flush_method = fsync
`;

// The init file runs at every start, one statement a line: a rotated password is taken up by a restart.
const initParts = [
  "CREATE USER IF NOT EXISTS 'root'@'%';\nALTER USER 'root'@'%' IDENTIFIED BY '",
  passwordOf("mariadb-root"),
  "';\nGRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n",
  // For the probe, from inside the pod only: may log in and nothing else.
  "CREATE USER IF NOT EXISTS 'probe'@'localhost';\n",
];

/** The database as the spec wants it, up to where services may use it. */
export function databaseSteps(context: ServiceContext, services: readonly ServiceDefinition[]): Step[] {
  const { external } = context.spec.database;
  return external === undefined ? managedDatabaseSteps(context) : externalDatabaseSteps(external, context, services);
}

/** One MariaDB on a volume that is kept. */
function managedDatabaseSteps(context: ServiceContext): Step[] {
  const { storage } = context.spec.database.managed ?? managedByDefault;
  const config = configMap("mariadb-config", { "my.cnf": configuration });
  const init = composedSecret("mariadb-init", { "init.sql": initParts });
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.mysql,
    containers: [container(context)],
    volumes: [
      { name: "config", configMap: { name: config.metadata.name } },
      { name: "init", secret: { secretName: "mariadb-init", defaultMode: 0o440 } },
    ],
    graceInSeconds: 120,
  });
  return [
    { name: "database/secrets", after: [], objects: [...databaseSecrets] },
    { name: "database/config", after: ["database/secrets"], objects: [config, init] },
    {
      name: "database/server",
      after: ["database/config"],
      objects: [
        clusterService("mariadb", componentLabels("mariadb", "server"), { mysql: 3306 }),
        singleMember("mariadb", storage, pod),
      ],
      verdict: (seen) => boundClaim(seen, context.namespace, databaseClaim),
    },
  ];
}

function container(context: ServiceContext): IContainer {
  const probe = ["mariadb", "--no-defaults", "--socket=/tmp/mariadb.sock", "--user=probe", "--execute=DO 1"];
  return {
    name: "mariadb",
    image: context.image("infra"),
    command: ["sh", "-c", start],
    ports: [{ name: "mysql", containerPort: 3306, protocol: "TCP" }],
    resources: { requests: { cpu: "200m", memory: "512Mi" } },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/nephos", readOnly: true },
      { name: "init", mountPath: "/run/secrets/nephos", readOnly: true },
    ],
    ...serverProbes({ exec: { command: probe } }),
  };
}
