import { textAt } from "../operator/object.ts";
import { issueCertificate, makeAuthority } from "../operator/x509.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { keepAsking } from "./scene/asking.ts";
import { cloud, getCloud, inCloud, patchCloud, ready, readyCloud } from "./scene/cloud.ts";
import { prepare } from "./scene/prepare.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";
import { authoritiesOf, trusting } from "./scene/trust.ts";
import { certificateShown, databaseCertificate, type Place } from "./scene/wire.ts";

/** What the kubelet and the servers take their time for: a changed Secret is in a pod after at most two minutes, in use after as many more. */
const patience = 300;

const clusterName = "tls";

let at: Scene;
let url: string;

beforeAll(async () => {
  await stopCluster(clusterName);
  Object.assign(process.env, await prepare(await startCluster({ name: clusterName, nodes: 1 }), () => undefined));
  at = await scene();
  await readyCloud(at);
  url = textAt(await getCloud(at), "status", "endpoints", "keystone") ?? "";
}, 1_800_000);

afterAll(async () => {
  await stopCluster(clusterName);
  await at.transport.close();
}, 120_000);

const member = (name: string): Promise<unknown> => at.json(["get", "pod", `${name}-0`, ...inCloud]);

async function placeOf(name: string, port: number): Promise<Place> {
  return { host: textAt(await member(name), "status", "podIP") ?? "", port };
}

/** Asks for a token each time, which takes the database. */
async function tokens(): Promise<() => Promise<number>> {
  const fetch = await trusting(at, cloud.namespace);
  const secret = await at.json(["get", "secret", "keystone-admin", ...inCloud]);
  const password = Buffer.from(textAt(secret, "data", "password") ?? "", "base64").toString("utf8");
  const user = { name: "admin", domain: { id: "default" }, password };
  const body = JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } } } });
  const headers = { "content-type": "application/json" };
  return async () => {
    const answer = await fetch(`${url}/auth/tokens`, { method: "POST", headers, body });
    await answer.text();
    return answer.status;
  };
}

test("database and broker take up another certificate while they run, and no token is missed", async () => {
  const ca = await authoritiesOf(at, cloud.namespace);
  const [database, broker] = [await placeOf("mariadb", 3306), await placeOf("rabbitmq", 5671)];
  const shown = async (): Promise<readonly string[]> => [
    await databaseCertificate(database, ca, "mariadb"),
    await certificateShown(broker, ca, "rabbitmq"),
  ];
  const uids = async (): Promise<unknown> => [
    textAt(await member("mariadb"), "metadata", "uid"),
    textAt(await member("rabbitmq"), "metadata", "uid"),
  ];
  const [before, pods] = [await shown(), await uids()];
  const stop = keepAsking(await tokens(), 201);
  try {
    await at.kubectl(["delete", "secret", "mariadb-tls", "rabbitmq-tls", ...inCloud]);
    await eventually("other certificates", patience, shown, (now) => now.every((each) => !before.includes(each)));
  } finally {
    const { asked, failures } = await stop();
    expect(asked).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  }
  expect(await uids()).toEqual(pods);
  await ready(at, 120);
});

test("a user's own certificate is served where it fits, named where it does not, and given up when it is no longer wished for", async () => {
  const { hostname, port } = new URL(url);
  const minute = Math.floor(Date.now() / 60_000);
  const life = { from: minute - 60, until: minute + 100 * 1440 };
  const authority = await makeAuthority({ generate: "authority", commonName: "Somebody else's", ...life });
  const put = async (host: string): Promise<void> => {
    const { certificate, key } = await issueCertificate(authority, { names: [host], ...life });
    const data = { "tls.crt": certificate, "tls.key": key };
    const manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "mine" }, stringData: data };
    await at.kubectl(["apply", ...inCloud, "-f", "-"], JSON.stringify(manifest));
  };
  const wish = (publicCertificate: object | null): Promise<string> => patchCloud(at, { tls: { publicCertificate } });
  const reason = (): Promise<unknown> => getCloud(at).then((live) => textAt(live, "status", "reason"));
  const place = { host: hostname, port: Number(port) };

  await put("elsewhere.example.org");
  await wish({ name: "mine" });
  await eventually("the misfit to be named", 60, reason, (now) => now === "SecretUnfit");
  expect(conditionStatus(await getCloud(at), "Reconciling")).toBe("True");
  await certificateShown(place, await authoritiesOf(at, cloud.namespace), hostname);

  await put(hostname);
  await eventually(
    "it to be served",
    180,
    () => certificateShown(place, authority, hostname),
    () => true,
  );
  await ready(at, 120);

  await wish(null);
  const own = (): Promise<string> =>
    authoritiesOf(at, cloud.namespace).then((ca) => certificateShown(place, ca, hostname));
  await eventually("the cloud's own to be served", 180, own, () => true);
  await ready(at, 120);
  await at.kubectl(["delete", "secret", "mine", ...inCloud]);
});
