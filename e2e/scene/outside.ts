import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../lab/host/command.ts";

/** Certificates in PEM: an authority, and what it signed for a server. */
export interface Proof {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes an authority and a certificate of its own for these DNS names. */
export async function proofFor(names: readonly string[]): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), "nephos-outside-"));
  try {
    const at = (file: string): string => join(folder, file);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
    const authority = ["-subj", "/CN=outside", "-keyout", at("ca.key"), "-out", at("ca.crt")];
    await run("openssl", ["req", "-x509", ...key, ...authority]);
    const text = names.map((name) => `DNS:${name}`).join(",");
    const extensions = ["-addext", `subjectAltName=${text}`, "-addext", "basicConstraints=critical,CA:false"];
    const signed = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-keyout", at("key"), "-out", at("crt")];
    await run("openssl", ["req", "-x509", ...key, "-subj", "/CN=server", ...extensions, ...signed]);
    const [ca = "", certificate = "", own = ""] = await Promise.all(
      ["ca.crt", "crt", "key"].map((file) => readFile(at(file), "utf8")),
    );
    await writeFile(at("ca.key"), "");
    return { ca, certificate, key: own };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A server that Nephos does not run: its name, image, user, files and what is started. */
export interface Outsider {
  readonly name: string;
  readonly image: string;
  readonly uid: number;
  readonly files: Readonly<Record<string, string>>;
  readonly script: string;
  readonly port: number;
}

/** The objects of such a server: its files as a Secret, its pod, and a Service whose name is the pod's own address. */
export function outsiderObjects({ name, image, uid, files, script, port }: Outsider, namespace: string): object[] {
  const labels = { app: name };
  const container = {
    name,
    image,
    command: ["sh", "-c", script],
    env: [{ name: "HOME", value: "/data" }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    volumeMounts: [
      { name: "files", mountPath: "/files" },
      { name: "data", mountPath: "/data" },
    ],
  };
  const volumes = [
    { name: "files", secret: { secretName: `${name}-files`, defaultMode: 0o440 } },
    { name: "data", emptyDir: {} },
  ];
  const securityContext = { runAsUser: uid, runAsGroup: uid, fsGroup: uid };
  const metadata = { name, namespace, labels };
  return [
    { apiVersion: "v1", kind: "Secret", metadata: { name: `${name}-files`, namespace }, stringData: files },
    { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: "None", selector: labels, ports: [{ port }] } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: { securityContext, containers: [container], volumes, terminationGracePeriodSeconds: 5 },
    },
  ];
}

/** Text as a string in SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** A MariaDB that takes no plain connections, with these statements run at its start. */
export function mariadb(name: string, image: string, proof: Proof, statements: readonly string[]): Outsider {
  const settings = `[mariadbd]
datadir = /data/db
socket = /tmp/mariadb.sock
pid-file = /tmp/mariadb.pid
init-file = /files/init.sql
skip-name-resolve = 1
require_secure_transport = ON
ssl_cert = /files/crt
ssl_key = /files/key
`;
  const install =
    "mariadb-install-db --no-defaults --datadir=/data/db --auth-root-authentication-method=socket --skip-test-db";
  return {
    name,
    image,
    uid: 42401,
    port: 3306,
    files: {
      "my.cnf": settings,
      "init.sql": statements.map((each) => `${each};\n`).join(""),
      crt: proof.certificate,
      key: proof.key,
    },
    script: `${install} >/tmp/install.log 2>&1 && exec mariadbd --defaults-file=/files/my.cnf`,
  };
}

/** A RabbitMQ with TLS only, for AMQP and its management API, whose one user is its administrator. */
export function rabbitmq(name: string, image: string, proof: Proof, password: string): Outsider {
  const settings = `listeners.tcp = none
listeners.ssl.default = 5671
ssl_options.certfile = /files/crt
ssl_options.keyfile = /files/key
management.ssl.port = 15671
management.ssl.certfile = /files/crt
management.ssl.keyfile = /files/key
default_user = boss
default_pass = ${password}
loopback_users = none
disk_free_limit.absolute = 64MB
`;
  const settle = "export RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_CONFIG_FILE=/files/rabbitmq.conf RABBITMQ_LOGS=-";
  const places = "RABBITMQ_MNESIA_BASE=/data/mnesia RABBITMQ_LOG_BASE=/tmp RABBITMQ_GENERATED_CONFIG_DIR=/tmp/config";
  return {
    name,
    image,
    uid: 42402,
    port: 5671,
    files: {
      "rabbitmq.conf": settings,
      enabled_plugins: "[rabbitmq_management].\n",
      crt: proof.certificate,
      key: proof.key,
    },
    script: `${settle} ${places} RABBITMQ_ENABLED_PLUGINS_FILE=/files/enabled_plugins; exec /usr/lib/rabbitmq/bin/rabbitmq-server`,
  };
}
