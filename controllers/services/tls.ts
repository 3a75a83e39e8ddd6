import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IVolumeMount } from "kubernetes-models/v1/VolumeMount";
import { digest } from "../../operator/digest.ts";
import { textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import {
  certificateAnnotation,
  everyCertificate,
  issued,
  type IssuedCertificate,
  ringAt,
  type SecretRecipe,
  secretRef,
} from "../../operator/recipe.ts";
import type { ServiceContext } from "./define.ts";
import { workloadIn } from "./running.ts";
import { composedSecret, generatedSecret } from "./secret.ts";

/** The ring of authorities of a cloud. Nothing mounts it: it has their keys. */
export const authoritySecret = "nephos-ca";

/** The certificates of all authorities in the ring, for those who connect: under `ca.crt`. */
export const trustSecret = "nephos-ca-bundle";

/** The certificate that the public endpoints answer with. */
export const publicSecret = "nephos-public-tls";

/** The Secret with the certificate that a server answers with inside the cluster. */
export function serverSecretOf(service: string): string {
  return `${service}-tls`;
}

/** Certificates in a pod, as files. */
export interface CertificateMount {
  readonly volume: IVolume;
  readonly mount: IVolumeMount;
}

/** The file with the certificates of the authorities, where `trust` is mounted. */
export const trustFile = "/etc/tls/ca/ca.crt";

/** Where a server finds certificate and key for those inside the cluster. */
export const serverFiles = { certificate: "/etc/tls/server/tls.crt", key: "/etc/tls/server/tls.key" } as const;

/** Where a server finds certificate and key for those outside. */
export const publicFiles = { certificate: "/etc/tls/public/tls.crt", key: "/etc/tls/public/tls.key" } as const;

/** Where a client that proves who it is finds certificate and key. */
export const clientFiles = { certificate: "/etc/tls/client/tls.crt", key: "/etc/tls/client/tls.key" } as const;

/** The port of a pod on which it answers with the public certificate. */
export const publicServerPort = 8443;

/** Whole folders, never single files: only those follow a Secret that changes. */
function mountOf(name: string, secretName: string): CertificateMount {
  return {
    volume: { name: `tls-${name}`, secret: { secretName, defaultMode: 0o440 } },
    mount: { name: `tls-${name}`, mountPath: `/etc/tls/${name}`, readOnly: true },
  };
}

/** The authorities, for a pod that connects to others. */
export const trust: CertificateMount = mountOf("ca", trustSecret);

/** The certificate of a server, for its pod. */
export function serverMount(service: string): CertificateMount {
  return mountOf("server", serverSecretOf(service));
}

/** The certificate in a Secret, for a pod that shows it to servers. */
export function clientMount(secret: string): CertificateMount {
  return mountOf("client", secret);
}

/** The public certificate, for a pod that answers to the world. */
export const publicMount: CertificateMount = mountOf("public", publicSecret);

const minutesInDay = 1440;
/** Turns begin in the small hours, UTC. */
const minuteOfDay = 180;

/** An authority is known for a year before it signs, signs for a year, and is known for one more. */
const authorityTurnInDays = 365;
const authorityLifeInTurns = 4;

/** A certificate is replaced after at most a third of its life. */
const certificateTurnInDays = 30;
const certificateLifeInTurns = 3;

interface Turn {
  readonly turn: number;
  /** Minutes since 1970; a day early, for clocks that are behind. */
  readonly from: number;
  readonly until: number;
}

function turnAt(minute: number, days: number, life: number, offsetInDays: number): Turn {
  const [period, offset] = [days * minutesInDay, minuteOfDay + offsetInDays * minutesInDay];
  const turn = Math.floor((minute - offset) / period);
  const begin = turn * period + offset;
  return { turn, from: begin - minutesInDay, until: begin + life * period };
}

/** The authorities of a cloud as a ring: the next, the one that signs, the one before. Kept when the cloud is deleted. */
export function authorityRing({ cloud, minute }: ServiceContext): SecretRecipe {
  const { turn, from, until } = turnAt(minute, authorityTurnInDays, authorityLifeInTurns, 0);
  const authority = { generate: "authority", commonName: `Nephos ${cloud}`, from, until } as const;
  const ring = { ...generatedSecret(authoritySecret, { "0": authority, "1": authority }), keyRing: { keep: 3 } };
  return ringAt(ring, turn);
}

/** What those who connect trust: all of the ring, so that the next authority is known everywhere before it signs. */
export function trustBundle(): SecretRecipe {
  return composedSecret(trustSecret, { "ca.crt": [{ secret: authoritySecret, key: everyCertificate }] });
}

/** Of which a certificate is: the time, and which authority signs. */
export type Issuer = Pick<ServiceContext, "minute" | "authority">;

/** A certificate of the cloud's own authority. Which day of the month it is replaced depends on its name: not all at once. */
export function certificateFor(
  secret: string,
  names: readonly string[],
  context: Issuer,
  usage?: IssuedCertificate["usage"],
): SecretRecipe {
  const offsetInDays = Number.parseInt(digest(secret, 6), 16) % certificateTurnInDays;
  const { from, until } = turnAt(context.minute, certificateTurnInDays, certificateLifeInTurns, offsetInDays);
  const place: SecretRecipe = { apiVersion: "v1", kind: "Secret", metadata: { name: secret }, recipe: {} };
  const certificate = { authority: authoritySecret, incarnation: context.authority, names, from, until };
  return issued(place, usage === undefined ? certificate : { ...certificate, usage });
}

/** What may stand behind the name of a Service, from near to far. */
function domainsIn(namespace: string): string[] {
  return ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`];
}

/** The certificate of a server for the names of its Services. */
export function serverCertificate(
  service: string,
  names: readonly string[],
  context: Issuer & Pick<ServiceContext, "namespace">,
  usage?: IssuedCertificate["usage"],
): SecretRecipe {
  return certificateFor(
    serverSecretOf(service),
    names.flatMap((name) => domainsIn(context.namespace).map((end) => `${name}${end}`)),
    context,
    usage,
  );
}

/** On a pod: stands for the certificates that it answers with, which are read when it starts. */
export const certificatesAnnotation = "nephos.dev/certificates";

/**
 * Stands for the certificates that the pods of a workload should answer with: of other certificates, other pods. While one is
 * missing it is what the pods have now, so that nothing restarts for what is not there.
 */
export function certificatesOf(
  seen: Snapshot,
  namespace: string,
  workload: string,
  secrets: readonly string[],
): string {
  const lives = secrets.map((name) => seen.get(secretRef(namespace, name)));
  const marks = lives.map((live) => [live?.metadata.uid, live?.metadata.annotations?.[certificateAnnotation]]);
  if (!lives.includes(undefined)) return digest(marks, 8);
  const live = workloadIn(seen, namespace, workload);
  return textAt(live, "spec", "template", "metadata", "annotations", certificatesAnnotation) ?? "none";
}
