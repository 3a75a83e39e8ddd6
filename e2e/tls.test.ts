import { services } from "../controllers/services/index.ts";
import { isApi } from "../controllers/services/workloads.ts";
import { listAt, textAt } from "../operator/object.ts";
import { keepAsking } from "./scene/asking.ts";
import { cloud, getCloud, inCloud, lonePod, ready, readyCloud } from "./scene/cloud.ts";
import { eventually, scene, type Scene } from "./scene/scene.ts";
import { authoritiesOf, trusting } from "./scene/trust.ts";
import { certificateShown, plainAnswer, plainLogin, type Place } from "./scene/wire.ts";

let at: Scene;
let url: string;

beforeAll(async () => {
  at = await scene();
  await readyCloud(at);
  url = textAt(await getCloud(at), "status", "endpoints", "keystone") ?? "";
});

afterAll(async () => {
  await at.transport.close();
});

/** Where the pods of a server are, past every Service. */
async function podOf(service: string, port: number, component = "server"): Promise<Place> {
  const labels = `app.kubernetes.io/name=${service},app.kubernetes.io/component=${component}`;
  const list = await at.json(["get", "pods", ...inCloud, "-l", labels]);
  const hosts = listAt(list, "items").flatMap((pod) => textAt(pod, "status", "podIP") ?? []);
  return { host: hosts[0] ?? "", port };
}

function publicPlace(): Place {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

test("who does not speak TLS is refused by every server", async () => {
  const request = "GET /v3 HTTP/1.0\r\n\r\n";
  for (const { name, processes } of services)
    for (const { name: component, run } of processes.filter(isApi))
      expect([name, await plainAnswer(await podOf(name, run.port, component), request)]).toEqual([name, ""]);
  expect(await plainAnswer(publicPlace(), request)).toBe("");
  expect(await plainAnswer(await podOf("memcached", 11211), "version\r\n")).toBe("");
  expect(await plainAnswer(await podOf("rabbitmq", 5672), "AMQP\0\0\x09\x01")).toBe("refused");
  expect(await plainAnswer(await podOf("rabbitmq", 15672), request)).toBe("refused");
  expect(await plainAnswer(await podOf("rabbitmq", 15692), request)).toBe("refused");
  expect(await plainAnswer(await podOf("rabbitmq", 5671), "AMQP\0\0\x09\x01")).not.toContain("AMQP");
  expect(await plainAnswer(await podOf("mariadb", 3306), plainLogin("root"))).toContain("insecure transport");
});

test("each server shows a certificate of the cloud's authority for the name that it is asked under", async () => {
  const ca = await authoritiesOf(at, cloud.namespace);
  const names = ["rabbitmq", "rabbitmq.openstack.svc"];
  for (const name of names) await certificateShown(await podOf("rabbitmq", 5671), ca, name);
  await certificateShown(await podOf("memcached", 11211), ca, "memcached");
  await expect(certificateShown(await podOf("memcached", 11211), ca, "elsewhere")).rejects.toThrow("altnames");
});

test("a certificate that is made anew reaches everybody who asks, and no request is lost", async () => {
  const { hostname } = new URL(url);
  const ca = await authoritiesOf(at, cloud.namespace);
  const shown = (): Promise<string> => certificateShown(publicPlace(), ca, hostname);
  const before = await shown();
  const fetch = await trusting(at, cloud.namespace);
  const stop = keepAsking(async () => (await fetch(url)).status, 200);
  try {
    await at.kubectl(["delete", "secret", "nephos-public-tls", "keystone-tls", ...inCloud]);
    await eventually("another certificate", 120, shown, (now) => now !== before);
    await ready(at, 120);
    await lonePod(at, 120);
  } finally {
    const { asked, failures } = await stop();
    expect(asked).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  }
});
