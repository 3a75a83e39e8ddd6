// The library underneath needs it and does not bring it along.
import "reflect-metadata";
import { createHash, createPrivateKey, generateKeyPairSync, KeyObject, sign, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { AuthorityIngredient, IssuedCertificate } from "./recipe.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its key, in PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A fresh authority: its certificate and its key, one after the other in PEM. */
export async function makeAuthority({ commonName, from, until }: AuthorityIngredient): Promise<string> {
  const { publicKey, privateKey } = freshKeys();
  const identifier = await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto);
  // Authorities that are trusted at the same time have names of their own.
  const name = [{ CN: [`${commonName} ${identifier.keyId.slice(0, 8)}`] }];
  const certificate = await signed(privateKey, {
    subject: name,
    issuer: name,
    ...validity(from, until),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      identifier,
    ],
  });
  return `${certificate}${textOf(privateKey)}`;
}

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
const usages = { server: [serverAuth], client: [clientAuth], member: [serverAuth, clientAuth] } as const;

/** A fresh key with a certificate of the authority, for the given names and addresses. */
export async function issueCertificate(
  authority: string,
  { names, from, until, usage = "server" }: Pick<IssuedCertificate, "names" | "from" | "until" | "usage">,
): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority);
  const { publicKey, privateKey } = freshKeys();
  const certificate = await signed(createPrivateKey(authority), {
    subject: [{ CN: [(names[0] ?? "").slice(0, 64)] }],
    issuer: issuer.subjectName,
    ...validity(from, until),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // Not critical: QEMU asks of those for the encipherment of keys too, which such keys do not do (qemu:crypto/tlscredsx509.c).
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, false),
      new x509.ExtendedKeyUsageExtension([...usages[usage]]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, crypto),
      await x509.SubjectKeyIdentifierExtension.create(publicKey, false, crypto),
    ],
  });
  return { certificate, key: textOf(privateKey) };
}

type Content = Omit<x509.X509CertificateCreateWithKeyParams, "signingKey" | "signingAlgorithm">;

async function signed(key: KeyObject, content: Content): Promise<string> {
  const signingKey = key.toCryptoKey(algorithm, true, ["sign"]);
  const whole = { ...content, signingKey, signingAlgorithm: algorithm };
  return `${(await x509.X509CertificateGenerator.create(whole, crypto)).toString("pem")}\n`;
}

function validity(from: number, until: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(from * 60_000), notAfter: new Date(until * 60_000) };
}

function freshKeys(): { readonly publicKey: Buffer; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: algorithm.namedCurve });
  return { publicKey: publicKey.export({ type: "spki", format: "der" }), privateKey };
}

function textOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** What the library asks of a cryptography, at once instead of in threads: a certificate a month is no load, and time stays ours to tell. */
const atOnce: Readonly<Record<string, unknown>> = {
  digest: async (name: string, data: Uint8Array) =>
    new Uint8Array(createHash(name.replace("-", "")).update(new Uint8Array(data)).digest()).buffer,
  sign: async (_: unknown, key: webcrypto.CryptoKey, data: Uint8Array) =>
    new Uint8Array(sign("sha256", new Uint8Array(data), { key: KeyObject.from(key), dsaEncoding: "ieee-p1363" }))
      .buffer,
};

const subtle = new Proxy(webcrypto.subtle, {
  get: (target, name): unknown => atOnce[String(name)] ?? Reflect.get(target, name),
});

const crypto = new Proxy(webcrypto, {
  get: (target, name): unknown => (name === "subtle" ? subtle : bound(Reflect.get(target, name))),
});

/** Methods of the platform insist on being called on it. */
function bound(value: unknown): unknown {
  return typeof value === "function" ? value.bind(webcrypto) : value;
}
