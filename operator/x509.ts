// The library underneath needs it and does not bring it along.
import "reflect-metadata";
import { createPrivateKey, KeyObject, webcrypto } from "node:crypto";
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
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const identifier = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Authorities that are trusted at the same time have names of their own.
    name: [{ CN: [`${commonName} ${identifier.keyId.slice(0, 8)}`] }],
    notBefore: dateOf(from),
    notAfter: dateOf(until),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      identifier,
    ],
  });
  return `${certificate.toString("pem")}\n${keyText(keys.privateKey)}`;
}

/** A fresh key with a certificate of the authority, for servers of the given names and addresses. */
export async function issueCertificate(
  authority: string,
  { names, from, until }: Pick<IssuedCertificate, "names" | "from" | "until">,
): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority);
  const signingKey = createPrivateKey(authority).toCryptoKey(algorithm, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [(names[0] ?? "").slice(0, 64)] }],
    issuer: issuer.subjectName,
    notBefore: dateOf(from),
    notAfter: dateOf(until),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keyText(keys.privateKey) };
}

function keyText(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

function dateOf(minute: number): Date {
  return new Date(minute * 60_000);
}
