import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import type { Step } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { clusterService, configMap, singleMember } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { memoryOf, resourcesWith } from "../services/resources.ts";
import { composedSecret, passwordOf, passwordSecret } from "../services/secret.ts";
import { serverCertificate, serverFiles, serverMount } from "../services/tls.ts";
import { managedByDefault } from "../../crds/cloud.ts";
import { boundClaim } from "./claim.ts";
import { externalDatabaseSteps } from "./external.ts";

/** The volume that the databases live on. */
export const databaseClaim = "data-mariadb-0";

/** Secrets that are generated once and open the database's data. */
export const databaseSecrets = [passwordSecret("mariadb-root")] as const;

/** A client in the server's own pod: over the socket, which needs no TLS, and as the user that it runs as. */
const inside = ["mariadb", "--no-defaults", "--skip-ssl", "--socket=/tmp/mariadb.sock", "--user=probe"] as const;

// A certificate that changes is taken up while the server runs: connections stay as they are, new ones get the new one.
// Installs into a folder that gets its name only when whole, so that a killed pod leaves no half database behind.
const start = `
if [ ! -d /data/db ]; then
  rm -rf /data/new
  mariadb-install-db --no-defaults --datadir=/data/new --auth-root-authentication-method=socket --skip-test-db >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
  mv /data/new /data/db
fi
touch /tmp/certificate
while sleep 10; do
  if [ ${serverFiles.certificate} -nt /tmp/certificate ]; then
    touch /tmp/next
    ${inside.join(" ")} --execute="FLUSH SSL" && mv /tmp/next /tmp/certificate
  fi
done &
exec mariadbd --defaults-file=/etc/nephos/my.cnf
`.trim();

/** Below it MariaDB starts but makes no use of it (5 MiB is its own lowest). */
const smallestCacheInMiB = 16;

const configuration = (cacheInMiB: number): string => `[mariadbd]
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
innodb_buffer_pool_size = ${cacheInMiB}M
innodb_log_file_size = 64M
innodb_flush_method = fsync
ssl_cert = ${serverFiles.certificate}
ssl_key = ${serverFiles.key}
tls_version = TLSv1.2,TLSv1.3
require_secure_transport = ON
`;

// The init file runs at every start, one statement a line: a rotated password is taken up by a restart.
const initParts = [
  "CREATE USER IF NOT EXISTS 'root'@'%';\nALTER USER 'root'@'%' IDENTIFIED BY '",
  passwordOf("mariadb-root"),
  "' REQUIRE SSL;\nGRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n",
  // For the probe and for new certificates, from inside the pod and by its own processes only.
  "CREATE USER IF NOT EXISTS 'probe'@'localhost';\nALTER USER 'probe'@'localhost' IDENTIFIED VIA unix_socket AS 'mysql';\n",
  "GRANT RELOAD ON *.* TO 'probe'@'localhost';\n",
];

/** The database as the spec wants it, up to where services may use it. */
export function databaseSteps(context: ServiceContext, services: readonly ServiceDefinition[]): Step[] {
  const { external } = context.spec.database;
  return external === undefined ? managedDatabaseSteps(context) : externalDatabaseSteps(external, context, services);
}

/** One MariaDB on a volume that is kept. */
function managedDatabaseSteps(context: ServiceContext): Step[] {
  const { storage, resources: wishes } = context.spec.database.managed ?? managedByDefault;
  const resources = resourcesWith({ cpu: "200m", memory: "512Mi" }, wishes);
  const config = configMap("mariadb-config", {
    "my.cnf": configuration(Math.max(smallestCacheInMiB, Math.floor(memoryOf(resources).asked / 2))),
  });
  const init = composedSecret("mariadb-init", { "init.sql": initParts });
  const certificate = serverCertificate("mariadb", ["mariadb"], context);
  const { mount, volume } = serverMount("mariadb");
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.mysql,
    containers: [container(context, mount, resources)],
    volumes: [
      { name: "config", configMap: { name: config.metadata.name } },
      { name: "init", secret: { secretName: "mariadb-init", defaultMode: 0o440 } },
      volume,
    ],
    graceInSeconds: 120,
  });
  return [
    { name: "database/secrets", after: [], objects: [...databaseSecrets] },
    { name: "database/config", after: ["database/secrets", "tls/authority"], objects: [config, init, certificate] },
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

function container(
  context: ServiceContext,
  certificate: IVolumeMount,
  resources: NonNullable<IContainer["resources"]>,
): IContainer {
  return {
    name: "mariadb",
    image: context.image("infra"),
    command: ["sh", "-c", start],
    ports: [{ name: "mysql", containerPort: 3306, protocol: "TCP" }],
    resources,
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/nephos", readOnly: true },
      { name: "init", mountPath: "/run/secrets/nephos", readOnly: true },
      certificate,
    ],
    ...serverProbes({ exec: { command: [...inside, "--execute=DO 1"] } }),
  };
}
