import { digest } from "./digest.ts";
import type { Manifest, Metadata, Ref } from "./object.ts";

/** One value of a Secret, described without the value. */
export type Ingredient =
  | { readonly generate: "password"; readonly length: number }
  /** 32 random bytes, URL-safe base64: a Fernet key. */
  | { readonly generate: "fernetKey" }
  | AuthorityIngredient
  /** Text put together from pieces of our own and values of other Secrets of the same namespace. */
  | { readonly parts: readonly Part[] };

/** A certificate that signs others, with its key, both in PEM in one value. Times are minutes since 1970. */
export interface AuthorityIngredient {
  readonly generate: "authority";
  readonly commonName: string;
  readonly from: number;
  readonly until: number;
}

/** A piece of composed text: itself, or the value that a Secret holds under a key, written so that it may stand there. */
export type Part = string | (SecretKeyRef & { readonly as?: "url" });

export interface SecretKeyRef {
  readonly secret: string;
  readonly key: string;
}

/** In place of a key: every certificate in the Secret, in the order of its keys, and nothing else of it. */
export const everyCertificate = "*";

/** A certificate of the authority in use of a ring, for a server unless it says otherwise. Times are minutes since 1970. */
export interface IssuedCertificate {
  /** The Secret with the ring of authorities, and its uid: another one, another certificate. */
  readonly authority: string;
  readonly incarnation: string;
  /** Host names and addresses that the server is asked under. */
  readonly names: readonly string[];
  readonly from: number;
  readonly until: number;
  /** To whom it proves who shows it: a server to clients (default), a client to servers, a member of a cluster to both. */
  readonly usage?: "server" | "client" | "member";
}

/** Somebody else's certificate: a Secret with `tls.crt` and `tls.key`, taken over where it is good for the host. */
export interface CopiedCertificate {
  readonly copyOf: string;
  readonly host: string;
}

/**
 * A Secret as a plan holds it: recipes, no values. Generated values are made once, when the Secret is created, and never again;
 * composed ones follow their parts.
 */
export interface SecretRecipe extends Manifest {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: Metadata;
  readonly recipe: Readonly<Record<string, Ingredient>>;
  /** Where the values are keys that follow one another: how many are kept. The turn is the annotation of that name. */
  readonly keyRing?: { readonly keep: number };
  /** Where the Secret is a certificate with its key, under `tls.crt` and `tls.key`. */
  readonly certificate?: IssuedCertificate | CopiedCertificate;
}

/** What a certificate was made for or, where it is somebody else's, which one it is; changes whenever the certificate does. */
export const certificateAnnotation = "nephos.dev/certificate";

/** When a certificate ends, as a timestamp: known without a look at it. */
export const expiryAnnotation = "nephos.dev/not-after";

/** A Secret with a certificate of ours: made anew when anything of what it is for is another. */
export function issued(secret: SecretRecipe, certificate: IssuedCertificate): SecretRecipe {
  const annotations = {
    ...secret.metadata.annotations,
    [certificateAnnotation]: digest(certificate),
    [expiryAnnotation]: timestampOf(certificate.until),
  };
  return { ...secret, metadata: { ...secret.metadata, annotations }, certificate };
}

/** A minute since 1970 as Kubernetes writes times. */
export function timestampOf(minute: number): string {
  return new Date(minute * 60_000).toISOString().replace(".000Z", "Z");
}

/** How often the keys of a ring have moved on, as a number that only grows. Where it is less than wanted, they move on once. */
export const turnAnnotation = "nephos.dev/turn";

/** A ring of keys at a turn: 0 is the next, the highest in use, the others still open what they closed. */
export function ringAt(ring: SecretRecipe, turn: number): SecretRecipe {
  const annotations = { ...ring.metadata.annotations, [turnAnnotation]: String(turn) };
  return { ...ring, metadata: { ...ring.metadata, annotations } };
}

/** Where the turn of a ring stands; undefined for one that was never told. */
export function turnOf({ annotations }: Metadata): number | undefined {
  const turn = annotations?.[turnAnnotation];
  return turn === undefined ? undefined : Number(turn);
}

/**
 * A ring after one turn: the next becomes the one in use, a fresh one the next, and of those before only the youngest stay, so that
 * with the two there are at most `keep`.
 */
export function turned(
  keys: Readonly<Record<string, string>>,
  fresh: string,
  { keep }: { readonly keep: number },
): Record<string, string> {
  const { 0: next = fresh, ...used } = keys;
  const numbers = Object.keys(used)
    .map(Number)
    .sort((a, b) => a - b);
  const first = (numbers.at(-1) ?? 0) + 1;
  const kept = numbers.slice(Math.max(0, numbers.length - Math.max(0, keep - 2)));
  return { 0: fresh, ...Object.fromEntries(kept.map((number) => [number, used[number] ?? ""])), [first]: next };
}

/** The keys that the Secret has whenever it is whole. */
export function keysOf({ recipe, keyRing, certificate }: SecretRecipe): string[] {
  if (certificate !== undefined) return ["tls.crt", "tls.key"];
  return keyRing === undefined ? Object.keys(recipe) : ["0"];
}

/** Where a Secret is. */
export function secretRef(namespace: string | undefined, name: string): Ref {
  return { apiVersion: "v1", kind: "Secret", namespace, name };
}

/** Tells a recipe from a manifest. */
export function isRecipe(wanted: Manifest): wanted is SecretRecipe {
  return "recipe" in wanted;
}

/** Whether any value of the Secret is made by us out of nothing. */
export function isGenerated(recipe: SecretRecipe): boolean {
  return Object.values(recipe.recipe).some((ingredient) => "generate" in ingredient);
}

/** Every Secret value that the recipe draws on. */
export function sourcesOf({ recipe, certificate }: SecretRecipe): SecretKeyRef[] {
  const copied = certificate !== undefined && "copyOf" in certificate ? [certificate.copyOf] : [];
  return [
    ...Object.values(recipe).flatMap(sourcesIn),
    ...copied.flatMap((secret) => ["tls.crt", "tls.key"].map((key) => ({ secret, key }))),
  ];
}

/** Every Secret value that one ingredient draws on. */
export function sourcesIn(ingredient: Ingredient): SecretKeyRef[] {
  return "parts" in ingredient ? ingredient.parts.flatMap((part) => (typeof part === "string" ? [] : [part])) : [];
}

/** A Secret that a recipe draws on and that is not there, or has no such key. */
export class SourceMissing extends Error {
  override readonly name = "SourceMissing";
  readonly source: SecretKeyRef;

  constructor(source: SecretKeyRef) {
    super(`Secret ${source.secret} with key ${source.key} is missing`);
    this.source = source;
  }
}

/** A Secret of somebody else's that is there and cannot be used: the message says why, and what to do. */
export class SourceUnfit extends Error {
  override readonly name = "SourceUnfit";
}

/** The composed text; throws SourceMissing where a value is not there. */
export function compose(parts: readonly Part[], valueOf: (source: SecretKeyRef) => string | undefined): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const value = valueOf(part);
      if (value === undefined) throw new SourceMissing(part);
      return part.as === "url" ? urlPart(value) : value;
    })
    .join("");
}

/** Any text as a part of a URL: nothing but letters, digits, and - . _ ~ stays as it is. */
function urlPart(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
