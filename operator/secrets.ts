import { randomBytes, randomInt } from "node:crypto";
import type { Client } from "./client.ts";
import { covers } from "./covers.ts";
import { digest } from "./digest.ts";
import { type Live, mapAt, type Metadata, refOf, textAt } from "./object.ts";
import { isNotFound } from "./outcome.ts";
import { certificateFacts, certificatesIn, misfitOf } from "./pem.ts";
import {
  certificateAnnotation,
  compose,
  type CopiedCertificate,
  everyCertificate,
  expiryAnnotation,
  type Ingredient,
  isGenerated,
  type IssuedCertificate,
  type SecretKeyRef,
  type SecretRecipe,
  SourceMissing,
  SourceUnfit,
  sourcesIn,
  sourcesOf,
  turned,
  turnOf,
  secretRef,
} from "./recipe.ts";
import type * as Makers from "./x509.ts";

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/** What makes authorities and certificates. */
export type Certification = Pick<typeof Makers, "makeAuthority" | "issueCertificate">;

let loaded: Promise<typeof Makers> | undefined;

/** What makes certificates, loaded when it is first needed: most processes never do. */
export function certification(): Promise<Certification> {
  return (loaded ??= import("./x509.ts"));
}

/** Reads single values of Secrets, decoded; undefined where Secret or key is not there. Never cached, never logged. */
export async function readSecretValue(
  client: Client,
  namespace: string,
  source: SecretKeyRef,
): Promise<string | undefined> {
  try {
    return valueIn(await client.get(secretRef(namespace, source.secret)), source.key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Turns recipes into Secrets: the only place where values are made or put together. */
export class SecretFiller {
  readonly #client: Client;
  readonly #manager: string;
  readonly #certification: () => Promise<Certification>;
  /** Secret by uid → what it was last compared with, so that rest costs no reads. Lost on restart: then it is compared again. */
  readonly #verified = new Map<string, string>();

  constructor(client: Client, manager: string, makers: () => Promise<Certification> = certification) {
    this.#client = client;
    this.#manager = manager;
    this.#certification = makers;
  }

  /** Makes the Secret, or rewrites composed values that differ from their sources. Gives the object where it wrote. */
  async apply(
    recipe: SecretRecipe,
    live: Live | undefined,
    versionOf: (secret: string) => string,
  ): Promise<Live | undefined> {
    if (recipe.certificate !== undefined) return this.#certify(recipe, recipe.certificate, live, versionOf);
    if (live === undefined) return this.#create(recipe);
    const turn = turnAhead(live.metadata, recipe.metadata);
    if (turn !== undefined) return this.#turn(recipe, turn);
    const dressed = covers(live.metadata, recipe.metadata);
    if (!isComposed(recipe)) return dressed ? undefined : this.#dress(recipe);
    const sources = sourcesOf(recipe).map((source) => [source, versionOf(source.secret)]);
    const basis = digest([live.metadata.resourceVersion, recipe.recipe, sources]);
    if (dressed && this.#verified.get(live.metadata.uid) === basis) return undefined;
    const written = await this.#recompose(recipe, dressed ? "values" : "all");
    if (written === undefined) this.#verified.set(live.metadata.uid, basis);
    return written;
  }

  /** Generated values are created and never applied: of two processes, one is refused. */
  async #create({ recipe, keyRing: _keyRing, ...manifest }: SecretRecipe): Promise<Live> {
    const values = await this.#valuesOf(manifest.metadata, Object.values(recipe).flatMap(sourcesIn));
    const secret = Object.assign({}, manifest, {
      type: "Opaque",
      data: await dataOf(Object.entries(recipe), values, this.#certification),
    });
    return isGenerated({ recipe, ...manifest })
      ? this.#client.create(secret, this.#manager)
      : this.#client.apply(secret, this.#manager, { force: true });
  }

  /** Moves the keys of a ring on, by exactly one, unless that was done already. Nothing where the wanted turn is in the past. */
  async #turn(recipe: SecretRecipe, wanted: number): Promise<Live | undefined> {
    const live = await this.#client.get(refOf(recipe));
    if ((turnOf(live.metadata) ?? wanted) >= wanted || recipe.keyRing === undefined) return undefined;
    const keys = Object.entries(mapAt(live, "data")).map(([key, value]) => [key, String(value)]);
    const fresh = async (): Promise<string> =>
      encoded(await valueOf(recipe.recipe["0"] ?? { parts: [] }, new Map(), this.#certification));
    const before = Object.fromEntries(keys);
    const next = lasting(recipe.recipe["0"], valueIn(live, "0")) ? before : { ...before, 0: await fresh() };
    const data = turned(next, await fresh(), recipe.keyRing);
    const annotations = { ...live.metadata.annotations, ...recipe.metadata.annotations };
    return this.#client.amend(live, { "/data": data, "/metadata/annotations": annotations });
  }

  /** Labels and annotations of a generated Secret; its values belong to the write that made it. */
  async #dress({ recipe: _recipe, keyRing: _keyRing, ...manifest }: SecretRecipe): Promise<Live> {
    return this.#client.apply(manifest, this.#manager, { force: true });
  }

  async #recompose({ recipe, ...manifest }: SecretRecipe, what: "values" | "all"): Promise<Live | undefined> {
    const composed = Object.entries(recipe).filter(([, ingredient]) => "parts" in ingredient);
    const values = await this.#valuesOf(
      manifest.metadata,
      composed.flatMap(([, ingredient]) => sourcesIn(ingredient)),
    );
    const data = await dataOf(composed, values, this.#certification);
    const now = mapAt(await this.#client.get(refOf(manifest)), "data");
    if (what === "values" && Object.entries(data).every(([key, value]) => now[key] === value)) return undefined;
    return this.#client.apply(Object.assign({}, manifest, { type: "Opaque", data }), this.#manager, { force: true });
  }

  /** Makes certificate and key, or takes them over, and writes them with what they are where anything differs. */
  async #certify(
    recipe: SecretRecipe,
    wanted: IssuedCertificate | CopiedCertificate,
    live: Live | undefined,
    versionOf: (secret: string) => string,
  ): Promise<Live | undefined> {
    const { recipe: _recipe, certificate: _certificate, keyRing: _keyRing, ...manifest } = recipe;
    const versions = sourcesOf(recipe).map((source) => versionOf(source.secret));
    const basis = digest([live?.metadata.resourceVersion, manifest, wanted, versions]);
    if (live !== undefined && this.#verified.get(live.metadata.uid) === basis) return undefined;
    const now = live === undefined ? undefined : await this.#client.get(refOf(recipe));
    const { data, facts } = await this.#pair(manifest.metadata, wanted, now);
    const metadata = { ...manifest.metadata, annotations: { ...manifest.metadata.annotations, ...facts } };
    const secret = Object.assign({}, manifest, { metadata, type: "kubernetes.io/tls", data });
    if (now === undefined) return this.#client.create(secret, this.#manager);
    if (!covers(now.metadata, metadata) || !covers(mapAt(now, "data"), data))
      return this.#client.apply(secret, this.#manager, { force: true });
    this.#verified.set(now.metadata.uid, basis);
    return undefined;
  }

  /** The values of a Secret with a certificate, and what only a look at it tells. */
  async #pair(
    metadata: Metadata,
    wanted: IssuedCertificate | CopiedCertificate,
    now: Live | undefined,
  ): Promise<{ readonly data: Record<string, string>; readonly facts: Record<string, string> }> {
    if ("copyOf" in wanted) return this.#copy(metadata, wanted);
    const before = now?.metadata.annotations?.[certificateAnnotation];
    const [certificate, key] = [textAt(now, "data", "tls.crt"), textAt(now, "data", "tls.key")];
    if (certificate !== undefined && key !== undefined && before === metadata.annotations?.[certificateAnnotation])
      return { data: { "tls.crt": certificate, "tls.key": key }, facts: {} };
    const { issueCertificate } = await this.#certification();
    const pair = await issueCertificate(await this.#authorityInUse(metadata, wanted.authority), wanted);
    return { data: { "tls.crt": encoded(pair.certificate), "tls.key": encoded(pair.key) }, facts: {} };
  }

  async #copy({ namespace = "" }: Metadata, { copyOf, host }: CopiedCertificate) {
    const [certificate, key] = await Promise.all(
      ["tls.crt", "tls.key"].map(async (name) => {
        const value = await readSecretValue(this.#client, namespace, { secret: copyOf, key: name });
        if (value === undefined) throw new SourceMissing({ secret: copyOf, key: name });
        return value;
      }),
    );
    const misfit = misfitOf(certificate ?? "", key ?? "", host);
    if (misfit !== undefined) throw new SourceUnfit(`Secret ${copyOf} ${misfit}; put a right one there`);
    const { until, fingerprint } = certificateFacts(certificate ?? "");
    return {
      data: { "tls.crt": encoded(certificate ?? ""), "tls.key": encoded(key ?? "") },
      facts: {
        [certificateAnnotation]: fingerprint.slice(0, 16),
        [expiryAnnotation]: until.toISOString().replace(".000Z", "Z"),
      },
    };
  }

  /** Of a ring of authorities the one that signs: the highest number. */
  async #authorityInUse({ namespace }: Metadata, name: string): Promise<string> {
    const ring = await this.#client.get(secretRef(namespace, name));
    const highest = Math.max(0, ...Object.keys(mapAt(ring, "data")).map(Number));
    const value = valueIn(ring, String(highest));
    if (value === undefined) throw new SourceMissing({ secret: name, key: String(highest) });
    return value;
  }

  async #valuesOf(
    { namespace = "" }: Metadata,
    sources: readonly SecretKeyRef[],
  ): Promise<ReadonlyMap<string, string>> {
    const values = new Map<string, string>();
    for (const source of sources) {
      const value = await readSecretValue(this.#client, namespace, source);
      if (value !== undefined) values.set(sourceKey(source), value);
    }
    return values;
  }
}

async function dataOf(
  entries: readonly [string, Ingredient][],
  values: ReadonlyMap<string, string>,
  makers: () => Promise<Certification>,
): Promise<Record<string, string>> {
  const made = entries.map(
    async ([key, ingredient]) => [key, encoded(await valueOf(ingredient, values, makers))] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

/** Whether the next key of a ring is still good for the turns that it is to be used: an authority that waited too long is not. */
function lasting(ingredient: Ingredient | undefined, next: string | undefined): boolean {
  if (ingredient === undefined || !("generate" in ingredient) || ingredient.generate !== "authority") return true;
  const middle = ((ingredient.from + ingredient.until) / 2) * 60_000;
  return next !== undefined && certificateFacts(next).until.getTime() >= middle;
}

function isComposed({ recipe }: SecretRecipe): boolean {
  return Object.values(recipe).some((ingredient) => "parts" in ingredient);
}

async function valueOf(
  ingredient: Ingredient,
  values: ReadonlyMap<string, string>,
  makers: () => Promise<Certification>,
): Promise<string> {
  if ("parts" in ingredient) return compose(ingredient.parts, (source) => values.get(sourceKey(source)));
  if (ingredient.generate === "fernetKey") return fernetKey();
  if (ingredient.generate === "authority") return (await makers()).makeAuthority(ingredient);
  return Array.from({ length: ingredient.length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** The turn that a ring is not at yet, or has left behind; undefined where it is at it, or was never told. */
function turnAhead(live: Metadata, recipe: Metadata): number | undefined {
  const [turn, wanted] = [turnOf(live), turnOf(recipe)];
  return turn === undefined || turn === wanted ? undefined : wanted;
}

function fernetKey(): string {
  return randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

function sourceKey(source: SecretKeyRef): string {
  return `${source.secret}/${source.key}`;
}

function valueIn(secret: Live, key: string): string | undefined {
  if (key === everyCertificate) return bundleOf(secret);
  const value = textAt(secret, "data", key);
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

function bundleOf(secret: Live): string | undefined {
  const keys = Object.keys(mapAt(secret, "data")).sort((a, b) => Number(a) - Number(b));
  const certificates = keys.flatMap((key) => certificatesIn(valueIn(secret, key) ?? ""));
  return certificates.length === 0 ? undefined : `${certificates.join("\n")}\n`;
}

function encoded(value: string): string {
  return Buffer.from(value, "utf8").toString("base64");
}
