import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { listAt, mapAt, numberAt, textAt } from "../operator/object.ts";
import { services } from "../controllers/services/index.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { CommandFailed } from "./lab/host/command.ts";
import { mariadb, outsiderObjects, type Proof, proofFor, rabbitmq, sqlText } from "./scene/outside.ts";
import { prepare } from "./scene/prepare.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";

const clusterName = "external";
const outside = "e2e-outside";
const cloud = { namespace: "e2e-external", name: "borrowed" } as const;
const inCloud = ["-n", cloud.namespace] as const;
/** Signs that mean something in SQL, in URLs, in configuration files, to Python and to a shell. */
const awkward = `a'b"c\\d#e f%g@h/i:j$k\${l}&m?n=o;p`;
const host = (name: string): string => `${name}.${outside}.svc`;

let at: Scene;
let proof: Proof;
let other: Proof;

beforeAll(async () => {
  await stopCluster(clusterName);
  Object.assign(process.env, await prepare(await startCluster({ name: clusterName, nodes: 1 }), () => undefined));
  at = await scene();
  const hosts = ["mariadb", "second", "rabbitmq"].map(host);
  [proof, other] = await Promise.all([proofFor(hosts), proofFor(hosts)]);
  await at.install(cloud.namespace);
  await at.kubectl(["create", "namespace", outside]);
  await apply(
    ...[mariadb("mariadb", infra(), proof, statements), mariadb("second", infra(), proof, statements)].flatMap(placed),
    ...placed(rabbitmq("rabbitmq", infra(), proof, "boss-password")),
  );
  await apply(...Object.entries(secrets()).map(([name, data]) => secretOf(name, data)));
  await at.kubectl(["wait", "pod", "--all", "-n", outside, "--for=condition=Ready", "--timeout=240s"]);
}, 1_800_000);

afterAll(async () => {
  await stopCluster(clusterName);
  await at.transport.close();
}, 120_000);

const placed = (outsider: Parameters<typeof outsiderObjects>[0]): object[] => outsiderObjects(outsider, outside);

function infra(): string {
  return textAt(JSON.parse(readFileSync(process.env["NEPHOS_TEST_IMAGES"] ?? "", "utf8")), "infra") ?? "";
}

const apply = (...objects: readonly object[]): Promise<string> =>
  at.kubectl(["apply", "-f", "-"], objects.map((each) => stringify(each)).join("---\n"));

/** Those of all services but Keystone, and that of the cell, into which Nova looks as itself. */
const databases = services
  .filter(({ name }) => name !== "keystone")
  .flatMap((service) => service.databases.map(({ name }) => name))
  .concat("nova_cell1");

const statements = [
  `CREATE USER IF NOT EXISTS 'boss'@'%' IDENTIFIED BY ${sqlText(awkward)}`,
  "GRANT ALL ON *.* TO 'boss'@'%' WITH GRANT OPTION",
  "CREATE USER IF NOT EXISTS 'nobody'@'%' IDENTIFIED BY 'nothing'",
  `CREATE USER IF NOT EXISTS ${sqlText(`key stone@home`)}@'%' IDENTIFIED BY ${sqlText(awkward)}`,
  `GRANT ALL ON \`e2e_keystone\`.* TO ${sqlText(`key stone@home`)}@'%'`,
  "CREATE USER IF NOT EXISTS 'others'@'%' IDENTIFIED BY 'other-password'",
  ...databases.map((name) => `GRANT ALL ON \`e2e_${name}\`.* TO 'others'@'%'`),
];

const secrets = (): Record<string, Record<string, string>> => ({
  "database-admin": { username: "boss", password: awkward },
  nobody: { username: "nobody", password: "nothing" },
  "keystone-account": { username: "key stone@home", password: awkward },
  others: { username: "others", password: "other-password" },
  "broker-admin": { username: "boss", password: "boss-password" },
  authority: { "ca.crt": proof.ca },
  "other-authority": { "ca.crt": other.ca },
});

const secretOf = (name: string, stringData: Record<string, string>): object => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: cloud.namespace },
  stringData,
});

type Fields = Record<string, unknown>;

const tls = { ca: { name: "authority" } };
const administrator = { type: "Administrator", administrator: { name: "database-admin" } };
/** An account of Keystone's own, and one that all others share. */
const accountsWith = (keystone: string): Fields => ({
  type: "Accounts",
  accounts: Object.fromEntries(services.map(({ name }) => [name, { name: name === "keystone" ? keystone : "others" }])),
});
const manager = { type: "Administrator", administrator: { credentials: { name: "broker-admin" } } };

/** The Cloud, with other wishes about its servers. */
const wish = (database: Fields = {}, messaging: Fields = {}): object => ({
  apiVersion: "nephos.dev/v1alpha1",
  kind: "Cloud",
  metadata: cloud,
  spec: {
    release: "2026.1",
    exposure: { ports: { keystone: 30511 } },
    database: {
      type: "External",
      external: { host: host("mariadb"), prefix: "e2e_", tls, access: administrator, ...database },
    },
    messaging: {
      type: "External",
      external: { hosts: [{ name: host("rabbitmq") }], virtualHost: "e2e", tls, access: manager, ...messaging },
    },
  },
});

/** What the Cloud needs besides, and a cell of Nova, which has a database and a virtual host of its own. */
const ofCloud = (kind: string, name: string): object => ({
  apiVersion: "nephos.dev/v1alpha1",
  kind,
  metadata: { name, namespace: cloud.namespace },
  spec: { cloud: { name: cloud.name } },
});

const getCloud = (): Promise<unknown> => at.json(["get", "cloud", cloud.name, ...inCloud]);
const current = (live: unknown): boolean =>
  numberAt(live, "status", "observedGeneration") === numberAt(live, "metadata", "generation");
const ready = (inSeconds = 300): Promise<unknown> =>
  eventually(
    "the cloud to be ready",
    inSeconds,
    getCloud,
    (live) => conditionStatus(live, "Ready") === "True" && current(live),
  );
const messageIn = (live: unknown, type: string): string =>
  textAt(
    listAt(live, "status", "conditions").find((each) => textAt(each, "type") === type),
    "message",
  ) ?? "";
const token = async (): Promise<string> => textAt(await at.openstack(cloud, ["token", "issue"]), "id") ?? "";

/** Waits until the Cloud gives a reason, and checks that it goes on trying and that its API still answers. */
async function names(reason: string): Promise<string> {
  const live = await eventually(
    `the cloud to say ${reason}`,
    120,
    getCloud,
    (seen) => textAt(seen, "status", "reason") === reason && current(seen),
  );
  expect(conditionStatus(live, "Stalled")).toBeUndefined();
  expect(conditionStatus(live, "Available")).toBe("True");
  return messageIn(live, "Reconciling");
}

test("a Cloud on a database and a broker of somebody else becomes Ready and issues a token", async () => {
  await apply(wish(), ofCloud("Network", "fabric"));
  await ready(600);
  expect(await token()).toMatch(/^gAAAA/);
  const found = await at.kubectl(["get", "statefulsets,persistentvolumeclaims", ...inCloud, "-o", "name"]);
  expect(found).toContain("statefulset.apps/nova-scheduler");
  expect(found).not.toMatch(/mariadb|rabbitmq/);
});

test("every connection of the services to the database is encrypted", async () => {
  const query = "SELECT DISTINCT user FROM information_schema.processlist WHERE user LIKE 'e2e%' ORDER BY user";
  const plain = "SELECT DISTINCT ssl_type FROM mysql.user WHERE user LIKE 'e2e%'";
  const ask = (statement: string): Promise<string> =>
    at.kubectl([
      "exec",
      "-n",
      outside,
      "mariadb",
      "--",
      "mariadb",
      "--socket=/tmp/mariadb.sock",
      "-uboss",
      "-N",
      `-p${awkward}`,
      "-e",
      statement,
    ]);
  // Who was asked nothing so far has no connection yet.
  await at.openstack(cloud, ["image", "list"]);
  expect((await ask(query)).split("\n").filter((name) => name !== "")).toEqual(
    services.map(({ name }) => `e2e_${name}`).sort(),
  );
  expect((await ask(plain)).trim()).toBe("ANY");
});

describe("what is wrong is named, disturbs nothing that runs, and correcting it is enough:", () => {
  const change = (database?: Fields, messaging?: Fields) => (): Promise<string> => apply(wish(database, messaging));
  it.each([
    [
      "a password",
      "LoginRefused",
      () => apply(secretOf("database-admin", { username: "boss", password: "wrong" })),
      "Secret database-admin",
    ],
    [
      "a Secret that is missing",
      "ReferenceMissing",
      () => at.kubectl(["delete", "secret", "broker-admin", ...inCloud]),
      "Secret broker-admin, which spec.messaging.external.access.administrator.credentials names",
    ],
    ["a host that nobody knows", "HostUnknown", change({ host: host("nowhere") }), `${host("nowhere")} has no address`],
    [
      "a port where nobody listens",
      "HostUnreachable",
      change({ port: 3399 }),
      `${host("mariadb")}:3399: Connection refused`,
    ],
    [
      "an authority that did not sign",
      "CertificateRefused",
      change({ tls: { ca: { name: "other-authority" } } }),
      "spec.database.external.tls.ca",
    ],
    [
      "an authority that did not sign, at the broker",
      "CertificateRefused",
      change({}, { tls: { ca: { name: "other-authority" } } }),
      "spec.messaging.external.tls.ca",
    ],
    [
      "plain connections where TLS is needed",
      "TlsRefused",
      change({ tls: { enabled: false } }),
      "spec.database.external.tls.enabled",
    ],
    [
      "a virtual host that is missing",
      "VirtualHostMissing",
      change({}, { virtualHost: "nowhere", access: { type: "Account", account: { name: "broker-admin" } } }),
      "no virtual host nowhere",
    ],
    [
      "a user of the broker without the tag",
      "LoginRefused",
      () => apply(secretOf("broker-admin", { username: "e2e", password: "wrong" })),
      "the management API at",
    ],
    ["an account without rights", "NotAllowed", change({ access: accountsWith("nobody") }), "database e2e_keystone"],
  ] as const)("%s", async (_, reason, spoil, words) => {
    await spoil();
    expect(await names(reason)).toContain(words);
    expect(await token()).toMatch(/^gAAAA/);
    await apply(wish(), ...Object.entries(secrets()).map(([name, data]) => secretOf(name, data)));
    await ready();
  });
});

const rabbitmqctl = ["env", "RABBITMQ_NODENAME=rabbit@localhost", "/usr/lib/rabbitmq/bin/rabbitmqctl"];
const cellSays = async (): Promise<unknown> => at.json(["get", "computecell", "cell1", ...inCloud]);

test("a cell of Nova gets a database and a virtual host of its own there, and its conductor works", async () => {
  await apply(ofCloud("ComputeCell", "cell1"));
  await eventually("the cell to be ready", 300, cellSays, (live) => conditionStatus(live, "Ready") === "True");
  await ready();
  const hosts = async (): Promise<unknown[]> =>
    listAt({ list: await at.openstack(cloud, ["compute", "service", "list"]) }, "list")
      .filter((entry) => textAt(entry, "State") === "up")
      .map((entry) => textAt(entry, "Host"));
  await eventually("its conductor to be up", 60, hosts, (known) => known.includes("nova-cell1-conductor-0"));
  const vhosts = await at.kubectl(["exec", "-n", outside, "rabbitmq", "--", ...rabbitmqctl, "-q", "list_vhosts"]);
  expect(vhosts).toContain("e2e-nova_cell1");
});

test("an account that the user gives takes the place of ours, whatever signs its password has", async () => {
  await apply(wish({ access: accountsWith("keystone-account") }));
  await ready(600);
  expect(await token()).toMatch(/^gAAAA/);
  const unmade = "database e2e_nova_cell1 has to be made";
  await eventually("the cell to say what it lacks", 60, cellSays, (live) => JSON.stringify(live).includes(unmade));
  expect(conditionStatus(await cellSays(), "Available")).toBe("True");
  const config = await at.json(["get", "secrets", ...inCloud]);
  const text = listAt(config, "items")
    .filter((item) => (textAt(item, "metadata", "name") ?? "").startsWith("keystone-config-"))
    .flatMap((item) => Object.values(mapAt(item, "data")))
    .map((value) => Buffer.from(String(value), "base64").toString("utf8"));
  expect(text.some((file) => file.includes("mysql+pymysql://key%20stone%40home:a%27b%22c%5Cd%23e"))).toBe(true);
});

test("another host gets databases of its own, and the pods follow", async () => {
  await apply(wish({ host: host("second") }));
  await ready(600);
  await eventually("a token from the other host", 120, token, (id) => id.startsWith("gAAAA"));
  await eventually("the cell to follow", 300, cellSays, (live) => conditionStatus(live, "Ready") === "True");
});

test("a Cloud keeps its types of database and broker", async () => {
  const managed = { ...wish(), spec: { release: "2026.1", exposure: { ports: { keystone: 30511 } } } };
  const refused = await apply(managed).then(
    () => "",
    (error: unknown) => (error instanceof CommandFailed ? error.lines.join("\n") : String(error)),
  );
  expect(refused).toContain("a Cloud keeps its type of database");
  expect(refused).toContain("a Cloud keeps its type of broker");
});

test("no value of a Secret is in a status, an event, a Job or a log", async () => {
  const kinds = "clouds,computecells,events,jobs,pods,deployments,statefulsets,configmaps,registrations";
  const objects = await at.kubectl(["get", kinds, ...inCloud, "-o", "yaml"]);
  const log = await at.kubectl(["logs", "-n", "nephos-system", "deployment/nephos", "--tail=-1"]);
  for (const value of [awkward, encodeURIComponent(awkward), "boss-password", "key stone@home"])
    expect([value, objects.includes(value), log.includes(value)]).toEqual([value, false, false]);
});
