import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import fc from "fast-check";
import { kubeClient } from "./client.ts";
import { expiriesOf } from "./expiry.ts";
import { isRecord, type Live, mapAt, refOf, textAt } from "./object.ts";
import { verdictOf } from "./outcome.ts";
import { certificatesIn, misfitOf } from "./pem.ts";
import {
  type AuthorityIngredient,
  type CopiedCertificate,
  everyCertificate,
  issued,
  type IssuedCertificate,
  keysOf,
  ringAt,
  type SecretRecipe,
  timestampOf,
} from "./recipe.ts";
import { SecretFiller } from "./secrets.ts";
import { live as liveOf, snapshot } from "./testing/objects.ts";
import { World } from "./testing/world/world.ts";
import { issueCertificate, makeAuthority } from "./x509.ts";

const day = 1440;
const today = Math.floor(Date.now() / 60_000);
const authority: AuthorityIngredient = {
  generate: "authority",
  commonName: "Test",
  from: today - day,
  until: today + 400 * day,
};
const names = ["api", "api.here.svc", "192.0.2.10", "2001:db8::10"];
const life = { names, from: today - day, until: today + 90 * day };

/** Whether a client that trusts `ca` gets through to a server with the certificate, under a name. */
async function trusted(ca: string, { certificate, key }: { certificate: string; key: string }, name: string) {
  const server = createServer({ cert: certificate, key }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = isRecord(address) ? Number(address["port"]) : 0;
  const client = connect({ host: "127.0.0.1", port, ca, servername: name });
  const answer = await once(client, "secureConnect").then(
    () => "trusted",
    (error: unknown) => String(mapAt({ error }, "error")["code"]),
  );
  client.destroy();
  server.close();
  return answer;
}

describe("a certificate", () => {
  it("is for the names and addresses that were asked for, and no other", async () => {
    const root = await makeAuthority(authority);
    const { certificate, key } = await issueCertificate(root, life);
    const read = new X509Certificate(certificate);
    expect(read.subjectAltName).toBe(
      "DNS:api, DNS:api.here.svc, IP Address:192.0.2.10, IP Address:2001:DB8:0:0:0:0:0:10",
    );
    expect([read.checkHost("api"), read.checkIP("2001:db8::10"), read.checkHost("other")]).toEqual([
      "api",
      "2001:db8::10",
      undefined,
    ]);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(read.ca).toBe(false);
    expect([read.validFromDate, read.validToDate]).toEqual([
      new Date(life.from * 60_000),
      new Date(life.until * 60_000),
    ]);
  });

  it("is trusted by who trusts its authority, and by nobody else", async () => {
    const [one, other] = [await makeAuthority(authority), await makeAuthority(authority)];
    const pair = await issueCertificate(one, life);
    expect(await trusted(certificatesIn(one).join("\n"), pair, "api")).toBe("trusted");
    expect(await trusted(certificatesIn(`${other}${one}`).join("\n"), pair, "api")).toBe("trusted");
    expect(await trusted(certificatesIn(other).join("\n"), pair, "api")).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(await trusted(certificatesIn(one).join("\n"), pair, "elsewhere")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it.each([
    [undefined, ["1.3.6.1.5.5.7.3.1"]],
    ["client", ["1.3.6.1.5.5.7.3.2"]],
    ["member", ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]],
  ] as const)("for the usage %s serves for nothing else", async (usage, keyUsage) => {
    const whole = { ...life, ...(usage === undefined ? {} : { usage }) };
    const { certificate } = await issueCertificate(await makeAuthority(authority), whole);
    expect(new X509Certificate(certificate).keyUsage).toEqual(keyUsage);
  });

  it("of an authority signs certificates, and names itself", async () => {
    const text = await makeAuthority(authority);
    const read = new X509Certificate(text);
    expect([read.ca, read.checkIssued(read), read.verify(read.publicKey)]).toEqual([true, true, true]);
    expect(read.subject).toMatch(/^CN=Test [0-9a-f]{8}$/);
    expect(certificatesIn(text)).toHaveLength(1);
    expect(certificatesIn(text).join("")).not.toContain("PRIVATE");
  });
});

describe("Secrets with certificates", () => {
  const ring: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "ca", namespace: "here" },
    recipe: { 0: authority, 1: authority },
    keyRing: { keep: 3 },
  };
  const bundle: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "bundle", namespace: "here" },
    recipe: { "ca.crt": { parts: [{ secret: "ca", key: everyCertificate }] } },
  };
  const place: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "api-tls", namespace: "here" },
    recipe: {},
  };
  const leaf = (changes: Partial<IssuedCertificate> = {}): SecretRecipe =>
    issued(place, { authority: "ca", incarnation: "1", ...life, ...changes });
  const copy = (host = "api"): SecretRecipe => ({
    ...place,
    certificate: { copyOf: "mine", host } satisfies CopiedCertificate,
  });

  let world: World;
  let filler: SecretFiller;
  const liveSecret = (recipe: SecretRecipe): Live | undefined => world.store.get(refOf(recipe));
  const versionOf = (name: string): string =>
    world.store.get({ apiVersion: "v1", kind: "Secret", namespace: "here", name })?.metadata.resourceVersion ?? "";
  const pass = (recipe: SecretRecipe): Promise<Live | undefined> => filler.apply(recipe, liveSecret(recipe), versionOf);
  const valueIn = (recipe: SecretRecipe, key: string): string =>
    Buffer.from(textAt(liveSecret(recipe), "data", key) ?? "", "base64").toString("utf8");
  const pairIn = (recipe: SecretRecipe) => ({
    certificate: valueIn(recipe, "tls.crt"),
    key: valueIn(recipe, "tls.key"),
  });
  const putMine = (pair: { certificate: string; key: string }): void => {
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    const data = { "tls.crt": encode(pair.certificate), "tls.key": encode(pair.key) };
    const mine = { apiVersion: "v1", kind: "Secret", metadata: { name: "mine", namespace: "here" } };
    world.store.apply(
      { ...mine, metadata: { ...mine.metadata, uid: "", resourceVersion: "" }, data },
      {
        manager: "user",
        force: true,
        subresource: undefined,
      },
    );
  };

  beforeEach(async () => {
    world = new World([]);
    filler = new SecretFiller(kubeClient(world), "cloud");
    await pass(ringAt(ring, 1));
    await pass(bundle);
  });

  it("are whole with certificate and key", () => {
    expect(keysOf(leaf())).toEqual(["tls.crt", "tls.key"]);
  });

  it("are made once and then cost nothing", async () => {
    await pass(leaf());
    const before = liveSecret(leaf());
    expect(before?.["type"]).toBe("kubernetes.io/tls");
    expect(before?.metadata.annotations?.["nephos.dev/not-after"]).toBe(timestampOf(life.until));
    expect(await pass(leaf())).toBeUndefined();
    expect(await pass(leaf())).toBeUndefined();
    expect(liveSecret(leaf())).toEqual(before);
    expect(await trusted(valueIn(bundle, "ca.crt"), pairIn(leaf()), "api")).toBe("trusted");
  });

  it.each([
    ["other names", { names: ["api", "front"] }],
    ["another time", { until: life.until + 30 * day }],
    ["another authority", { incarnation: "2" }],
  ])("are made anew for %s, under the same name", async (_, changes) => {
    await pass(leaf());
    const before = pairIn(leaf());
    await pass(leaf(changes));
    expect(pairIn(leaf()).certificate).not.toBe(before.certificate);
    expect(pairIn(leaf()).key).not.toBe(before.key);
    expect(await pass(leaf(changes))).toBeUndefined();
  });

  it("keep their values when only their labels were taken away", async () => {
    await pass(leaf());
    const before = pairIn(leaf());
    const labelled = { ...leaf(), metadata: { ...leaf().metadata, labels: { app: "api" } } };
    await pass(labelled);
    expect(liveSecret(leaf())?.metadata.labels).toEqual({ app: "api" });
    expect(pairIn(leaf())).toEqual(before);
  });

  it("stay trusted by whoever read the bundle up to a turn ago, and by whoever reads it now, over many turns", async () => {
    const turns = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(turns, async (steps) => {
        world = new World([]);
        filler = new SecretFiller(kubeClient(world), "cloud");
        let turn = 1;
        await pass(ringAt(ring, turn));
        await pass(bundle);
        for (const step of steps) {
          const [old, oldPair] = [
            valueIn(bundle, "ca.crt"),
            (await pass(leaf({ until: today + turn })), pairIn(leaf())),
          ];
          turn += step;
          await pass(ringAt(ring, turn));
          await pass(bundle);
          await pass(leaf({ until: today + 90 * day + turn }));
          const now = valueIn(bundle, "ca.crt");
          expect(certificatesIn(now)).toHaveLength(3);
          expect(signers(old, pairIn(leaf()).certificate)).toBe(1);
          expect(signers(now, pairIn(leaf()).certificate)).toBe(1);
          expect(signers(now, oldPair.certificate)).toBe(1);
        }
      }),
      { numRuns: 5 },
    );
  });

  it("are not signed by an authority that waited until it was nearly over", async () => {
    const short = { ...authority, until: today + 10 * day };
    const stale = { ...ring, metadata: { ...ring.metadata, name: "old" }, recipe: { 0: short, 1: short } };
    await pass(ringAt(stale, 1));
    const next = valueIn(stale, "0");
    await pass(ringAt({ ...stale, recipe: { 0: authority, 1: authority } }, 9));
    expect(valueIn(stale, "2")).not.toBe(next);
    expect(new X509Certificate(valueIn(stale, "2")).validToDate).toEqual(new Date(authority.until * 60_000));
  });

  it("take over somebody's certificate, and the next one that is put there", async () => {
    const other = await makeAuthority(authority);
    putMine(await issueCertificate(other, life));
    await pass(copy());
    expect(pairIn(copy())).toEqual(pairIn({ ...place, metadata: { ...place.metadata, name: "mine" } }));
    expect(liveSecret(copy())?.metadata.annotations?.["nephos.dev/not-after"]).toBe(timestampOf(life.until));
    const mark = liveSecret(copy())?.metadata.annotations?.["nephos.dev/certificate"];
    expect(await pass(copy())).toBeUndefined();
    putMine(await issueCertificate(other, { ...life, until: life.until + 1 }));
    await pass(copy());
    expect(liveSecret(copy())?.metadata.annotations?.["nephos.dev/certificate"]).not.toBe(mark);
    expect(await pass(copy())).toBeUndefined();
  });

  it("keep the last good one while what is put there cannot serve, and say why", async () => {
    const other = await makeAuthority(authority);
    const good = await issueCertificate(other, life);
    putMine(good);
    await pass(copy());
    putMine({ certificate: good.certificate, key: (await issueCertificate(other, life)).key });
    const error: unknown = await pass(copy()).catch((failure: unknown) => failure);
    expect(verdictOf(error)).toEqual({
      is: "blocked",
      reason: "SecretUnfit",
      message: "Secret mine has a key under tls.key that is not the certificate's; put a right one there",
    });
    expect(pairIn(copy()).key).toBe(good.key);
  });

  it("wait for somebody's certificate that is not there", async () => {
    const error: unknown = await pass(copy()).catch((failure: unknown) => failure);
    expect(verdictOf(error)).toEqual({ is: "waiting", on: "Secret mine with key tls.crt is missing" });
  });

  it.each([
    ["that is for another host", "other", "has a certificate that is not for other"],
    ["that is for another address", "192.0.2.11", "has a certificate that is not for 192.0.2.11"],
    ["that fits", "192.0.2.10", undefined],
  ])("judge a certificate %s", async (_, host, misfit) => {
    const { certificate, key } = await issueCertificate(await makeAuthority(authority), life);
    expect(misfitOf(certificate, key, host)).toBe(misfit);
  });

  it("judge what is no certificate, and what is no key", async () => {
    const { certificate } = await issueCertificate(await makeAuthority(authority), life);
    expect(misfitOf("nonsense", "nonsense", "api")).toBe("has no certificate in PEM under tls.crt");
    expect(misfitOf(certificate, "nonsense", "api")).toBe("has no private key in PEM under tls.key");
  });
});

/** How many certificates of a bundle signed a certificate. */
function signers(bundle: string, certificate: string): number {
  const read = new X509Certificate(certificate);
  return certificatesIn(bundle).filter((each) => {
    const issuer = new X509Certificate(each);
    return read.checkIssued(issuer) && read.verify(issuer.publicKey);
  }).length;
}

describe("the ends of certificates", () => {
  it("are read off the Secrets of their owner, and off no others", () => {
    const subject = liveOf({ apiVersion: "example.dev/v1", kind: "Site", metadata: { name: "one" } });
    const secret = (name: string, owner: string, end: string): Live =>
      liveOf({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, labels: { "nephos.dev/owner": owner }, annotations: { "nephos.dev/not-after": end } },
      });
    const seen = snapshot(
      secret("a", "Site.one", "1970-01-01T01:00:00Z"),
      secret("b", "Site.two", "1970-01-01T01:00:00Z"),
      secret("c", "Site.one", "nonsense"),
    );
    expect(expiriesOf(seen, subject)).toEqual([{ name: "a", minute: 60 }]);
  });
});
