import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import type { Step } from "../../operator/plan.ts";
import { boundClaim } from "../cloud/claim.ts";
import { clusterService, configMap, disruptionBudget, memberService, singleMember } from "../services/manifests.ts";
import { componentLabels, restrictedPod, serverProbes, uids } from "../services/pod.ts";
import { serverCertificate, serverFiles, serverMount, trust, trustFile } from "../services/tls.ts";
import { claimOf, type Database, type Fabric } from "./fabric.ts";

const socket = "unix:/tmp/ovn.sock";

/** How often an idle client is asked whether it is still there. Five seconds, the default, is too short for a busy one. */
const probeInMilliseconds = 60_000;

/** How long members wait for their leader before they elect another. */
const electionInMilliseconds = 5000;

const identity = [
  `--private-key=${serverFiles.key}`,
  `--certificate=${serverFiles.certificate}`,
  `--ca-cert=${trustFile}`,
] as const;

/** The Service by which the members of a database find each other. */
function membersOf({ name }: Database): string {
  return `${name}-raft`;
}

/** Certificates and authorities that change are read again by the server itself: connections stay, new ones get the new one. */
function serverJson({ name, port }: Database): string {
  const remotes = { [`p${socket}`]: {}, [`pssl:${port}`]: { "inactivity-probe": probeInMilliseconds } };
  const databases = { [`/data/${name}.db`]: { "service-model": "clustered" } };
  return `${JSON.stringify({ remotes, databases }, null, 2)}\n`;
}

// A cluster of one from the first day: its member has the name that others will know it by. The file gets its name only when whole.
// The server opens its configuration for writing, which a mounted file does not allow. The schema of a newer image is taken up once it
// runs: a clustered database cannot be converted at rest.
function startSh({ name, schema, memberPort }: Database): string {
  const schemaFile = `/usr/share/ovn/${name}.ovsschema`;
  const client = "ovsdb-client --timeout=120";
  return `set -eu
if [ ! -e /data/${name}.db ]; then
  rm -f /data/new.db
  ovsdb-tool --election-timer=${electionInMilliseconds} create-cluster /data/new.db ${schemaFile} "ssl:$(hostname --fqdn):${memberPort}"
  mv /data/new.db /data/${name}.db
fi
cp /etc/nephos/server.json /tmp/server.json
(
  until [ -S ${socket.replace("unix:", "")} ]; do sleep 1; done
  ${client} wait ${socket} ${schema} connected
  if [ "$(${client} needs-conversion ${socket} ${schemaFile})" = yes ]; then
    ${client} convert ${socket} ${schemaFile}
  fi
) &
exec ovsdb-server -vconsole:info -vsyslog:off -vfile:off --unixctl=/tmp/ovn.ctl --no-self-confinement \\
  --config-file=/tmp/server.json ${identity.join(" ")}
`;
}

/** A database on a volume that is kept: one member, made so that others can join it. Steps are named after the part. */
export function databaseSteps(part: string, database: Database, fabric: Fabric): Step[] {
  const { name, port, memberPort } = database;
  const config = configMap(`${name}-config`, { "server.json": serverJson(database), "start.sh": startSh(database) });
  const members = membersOf(database);
  const certificate = serverCertificate(name, [name, `${name}-0.${members}`], fabric, "member");
  const { mount, volume } = serverMount(name);
  const pod = restrictedPod({
    spec: fabric.cloud,
    uid: uids.ovn,
    containers: [container(database, fabric, mount)],
    volumes: [{ name: "config", configMap: { name: config.metadata.name } }, volume, trust.volume],
  });
  const labels = componentLabels(name, "server");
  return [
    { name: `${part}/config`, after: ["network/authority"], objects: [config, certificate] },
    {
      name: `${part}/server`,
      after: [`${part}/config`],
      objects: [
        clusterService(name, labels, { ovsdb: port }),
        memberService(members, labels, { raft: memberPort }),
        singleMember(name, fabric.spec.databases.storage, pod, members),
        disruptionBudget(name, "server"),
      ],
      verdict: (seen) => boundClaim(seen, fabric.namespace, claimOf(database)),
    },
  ];
}

function container(database: Database, fabric: Fabric, certificate: IVolumeMount): IContainer {
  const { port, memberPort } = database;
  return {
    name: "ovsdb",
    image: fabric.image("ovn"),
    command: ["sh", "/etc/nephos/start.sh"],
    ports: [
      { name: "ovsdb", containerPort: port, protocol: "TCP" },
      { name: "raft", containerPort: memberPort, protocol: "TCP" },
    ],
    resources: { requests: { cpu: "50m", memory: "128Mi" } },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "config", mountPath: "/etc/nephos", readOnly: true },
      certificate,
      trust.mount,
    ],
    ...serverProbes({ exec: { command: question(database) } }),
  };
}

/** Asks as clients do, over TLS: answered once the member belongs to its cluster and has the data. */
function question({ schema, table, port }: Database): string[] {
  const select = { op: "select", table, where: [], columns: ["_uuid"] };
  const ask = ["transact", `ssl:127.0.0.1:${port}`, JSON.stringify([schema, select])];
  return ["ovsdb-client", "--timeout=4", "--no-leader-only", ...identity, ...ask];
}
