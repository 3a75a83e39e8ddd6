import { at, type Live, listAt, mapAt } from "../../operator/object.ts";
import { isRecipe } from "../../operator/recipe.ts";
import { live, node, placed, rollOut, snapshot } from "../testing/world.ts";
import { serverCertificate, certificatesOf, trustFile } from "../services/tls.ts";
import { contextWith, means, specOf } from "../testing/render.ts";
import { cloudController } from "./controller.ts";
import { certificatesValid } from "./expiry.ts";
import { tlsSteps } from "./tls.ts";

const controller = cloudController(means);
const cloud = live({
  apiVersion: "nephos.dev/v1alpha1",
  kind: "Cloud",
  metadata: { name: "demo" },
  spec: { release: "2026.1" },
});
const firstNode = node("node-1", "192.0.2.11", "2026-01-01T00:00:00Z");
const { objects } = rollOut((seen) => placed(controller.plan(cloud, seen, undefined)), cloud, firstNode);
const day = 1440;
const now = 29_000_000;

const stepAt = (minute: number, name: string) =>
  tlsSteps(contextWith({ minute })).find((step) => step.name === name)?.objects[0];
const secretWith = (name: string, annotations: Record<string, string>): Live =>
  live({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, labels: { "nephos.dev/owner": "Cloud.demo" }, annotations },
  });
const timestamp = (minute: number): string => new Date(minute * 60_000).toISOString();

describe("the authority of a cloud", () => {
  it("is the same for most of a year, then turns, and lives long enough to be trusted before and after it signs", () => {
    const turns = Array.from({ length: 366 }, (_, days) => stepAt(now + days * day, "tls/authority"));
    expect(new Set(turns.map((ring) => JSON.stringify(ring))).size).toBe(2);
    const life = at(turns[0], "recipe", "0");
    expect(Number(at(life, "until")) - now).toBeGreaterThanOrEqual(3 * 365 * day);
    expect(Number(at(life, "from"))).toBeLessThan(now);
  });

  it("outlives the cloud, like the data's Secrets", () => {
    expect(mapAt(stepAt(now, "tls/authority"), "metadata", "annotations")).toMatchObject({
      "nephos.dev/retain": "generated",
    });
  });

  it("has its keys mounted nowhere", () => {
    const volumes = objects.flatMap((object) => listAt(object, "spec", "template", "spec", "volumes"));
    expect(volumes.map((volume) => at(volume, "secret", "secretName"))).toContain("nephos-ca-bundle");
    expect(volumes.map((volume) => at(volume, "secret", "secretName"))).not.toContain("nephos-ca");
  });
});

describe("a server's certificate", () => {
  const at60 = (minute: number, name = "mariadb") => serverCertificate(name, [name], contextWith({ minute }));

  it("is for every name of its Service", () => {
    expect(at60(now).certificate).toMatchObject({
      names: ["mariadb", "mariadb.openstack", "mariadb.openstack.svc", "mariadb.openstack.svc.cluster.local"],
    });
  });

  it("is another one each thirty days, with sixty left of the one before", () => {
    const days = Array.from({ length: 61 }, (_, each) => at60(now + each * day));
    expect(new Set(days.map((each) => JSON.stringify(each))).size).toBe(3);
    for (const [index, { certificate }] of days.entries()) {
      const left = Number(at(certificate, "until")) - (now + index * day);
      expect(left).toBeGreaterThan(60 * day);
      expect(left).toBeLessThanOrEqual(90 * day);
    }
  });

  it("is not replaced on the same day as every other", () => {
    const turnOf = (name: string): number =>
      Array.from({ length: 30 }, (_, each) => JSON.stringify(at60(now + each * day, name))).findIndex(
        (text, _, all) => text !== all[0],
      );
    expect(new Set(["mariadb", "rabbitmq", "memcached", "keystone"].map(turnOf)).size).toBeGreaterThan(2);
  });

  it("is another one for another authority", () => {
    const certificate = (authority: string) => serverCertificate("a", ["a"], contextWith({ authority })).metadata;
    expect(certificate("one")).not.toEqual(certificate("two"));
  });
});

describe("the pods of a Deployment", () => {
  const secrets = ["one", "two"];
  const one = secretWith("one", { "nephos.dev/certificate": "a" });
  const two = secretWith("two", { "nephos.dev/certificate": "b" });
  const annotations = { "nephos.dev/certificates": "as it was" };
  const deployment = live({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api" },
    spec: { template: { metadata: { annotations } } },
  });
  const markOf = (...world: readonly Live[]): string =>
    certificatesOf(snapshot(deployment, ...world), "openstack", "api", secrets);

  it("are others when one of their certificates is another, or was made anew", () => {
    const again = { ...two, metadata: { ...two.metadata, uid: "another" } };
    const marks = [
      markOf(one, two),
      markOf(one, secretWith("two", { "nephos.dev/certificate": "c" })),
      markOf(one, again),
    ];
    expect(new Set(marks).size).toBe(3);
  });

  it("stay while a certificate is missing", () => {
    expect(markOf(one)).toBe("as it was");
    expect(certificatesOf(snapshot(one), "openstack", "api", secrets)).toBe("none");
  });
});

describe("the public certificate", () => {
  const spec = specOf({ tls: { publicCertificate: { name: "mine" } } });
  const stepFor = (minute = now) => tlsSteps(contextWith({ spec, minute })).at(-1);
  const verdict = (annotations: Record<string, string>, minute = now) =>
    stepFor(minute)?.verdict?.(snapshot(secretWith("nephos-public-tls", annotations)));

  it("is for the public host, and the user's where there is one", () => {
    expect(stepAt(now, "tls/public")).toMatchObject({ certificate: { names: ["192.0.2.10"] } });
    expect(stepFor()?.objects[0]).toMatchObject({ certificate: { copyOf: "mine", host: "192.0.2.10" } });
  });

  it("that is the user's and has ended is named, with what to do", () => {
    const end = timestamp(now);
    expect(verdict({ "nephos.dev/not-after": end }, now - 1)).toEqual({ is: "done" });
    expect(verdict({ "nephos.dev/not-after": end }, now)).toEqual({
      is: "blocked",
      reason: "CertificateExpired",
      message: `the certificate in Secret mine ended at ${end}; put a new one there`,
    });
  });
});

describe("the condition CertificatesValid", () => {
  const ends = (...minutes: readonly number[]) => {
    const seen = snapshot(
      ...minutes.map((minute, index) => secretWith(`tls-${index}`, { "nephos.dev/not-after": timestamp(minute) })),
    );
    return certificatesValid(cloud, { ...seen, minute: now }, 7);
  };

  it("says the same for as long as nothing ends soon", () => {
    expect(ends(now + 30 * day, now + 90 * day)).toEqual(ends(now + 22 * day));
    expect(ends()).toMatchObject({ status: "True", reason: "NoneEndsSoon" });
  });

  it("names the first that ends within three weeks, and what has ended", () => {
    expect(ends(now + 90 * day, now + 21 * day)).toMatchObject({
      status: "False",
      reason: "CertificateEndsSoon",
      message: expect.stringMatching(/^the certificate in Secret tls-1 ends at \d{4}-.*Z; replace it/),
    });
    expect(ends(now)).toMatchObject({ status: "False", reason: "CertificateEnded" });
  });
});

describe("who connects", () => {
  it("is told by a file whom to trust, in every pod that connects", () => {
    const connecting = objects.filter(
      ({ kind, metadata }) => kind === "Job" || (kind === "Deployment" && metadata.name === "keystone-api"),
    );
    expect(connecting.length).toBeGreaterThan(3);
    for (const object of connecting) {
      const [container] = listAt(object, "spec", "template", "spec", "containers");
      const paths = listAt(container, "volumeMounts").map((mount) => at(mount, "mountPath"));
      expect([object.metadata.name, paths]).toEqual([
        object.metadata.name,
        expect.arrayContaining([trustFile.replace("/ca.crt", "")]),
      ]);
    }
  });

  it("is sent to no address without TLS", () => {
    const planned = controller.plan(cloud, snapshot(...objects), undefined).steps.flatMap((step) => step.objects);
    const text = JSON.stringify(planned.map((wanted) => (isRecipe(wanted) ? wanted.recipe : wanted)));
    expect(text).not.toMatch(/http:\/\/|:5672|"scheme":"HTTP"/);
    expect(text).toContain("ssl_ca=/etc/tls/ca/ca.crt");
  });
});
