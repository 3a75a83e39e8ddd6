import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** The certificates in a text, without anything else that is in it. */
export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** When the first certificate of a text ends, and its SHA-256 fingerprint in hexadecimal digits. Throws where there is none. */
export function certificateFacts(text: string): { readonly until: Date; readonly fingerprint: string } {
  const certificate = new X509Certificate(text);
  return { until: certificate.validToDate, fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase() };
}

/** Why certificate and key cannot serve for a host, as the end of a sentence; undefined where they can. */
export function misfitOf(text: string, keyText: string, host: string): string | undefined {
  const certificate = parsed(() => new X509Certificate(text));
  if (certificate === undefined) return "has no certificate in PEM under tls.crt";
  const key = parsed((): KeyObject => createPrivateKey(keyText));
  if (key === undefined) return "has no private key in PEM under tls.key";
  if (!certificate.checkPrivateKey(key)) return "has a key under tls.key that is not the certificate's";
  const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return named === undefined ? `has a certificate that is not for ${host}` : undefined;
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
