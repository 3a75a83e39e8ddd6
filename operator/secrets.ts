import { randomBytes, randomInt } from "node:crypto";
import type { Client } from "./client.ts";
import { covers } from "./covers.ts";
import { digest } from "./digest.ts";
import { type Live, mapAt, type Metadata, refOf, textAt } from "./object.ts";
import { isNotFound } from "./outcome.ts";
import {
  compose,
  type Ingredient,
  isGenerated,
  type SecretKeyRef,
  type SecretRecipe,
  sourcesIn,
  sourcesOf,
  turned,
  turnOf,
} from "./recipe.ts";

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/** Reads single values of Secrets, decoded; undefined where Secret or key is not there. Never cached, never logged. */
export async function readSecretValue(
  client: Client,
  namespace: string,
  source: SecretKeyRef,
): Promise<string | undefined> {
  try {
    return valueIn(await client.get({ apiVersion: "v1", kind: "Secret", namespace, name: source.secret }), source.key);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Turns recipes into Secrets: the only place where values are made or put together. */
export class SecretFiller {
  readonly #client: Client;
  readonly #manager: string;
  /** Secret by uid → what it was last compared with, so that rest costs no reads. Lost on restart: then it is compared again. */
  readonly #verified = new Map<string, string>();

  constructor(client: Client, manager: string) {
    this.#client = client;
    this.#manager = manager;
  }

  /** Makes the Secret, or rewrites composed values that differ from their sources. Gives the object where it wrote. */
  async apply(
    recipe: SecretRecipe,
    live: Live | undefined,
    versionOf: (secret: string) => string,
  ): Promise<Live | undefined> {
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
    const secret = Object.assign({}, manifest, { type: "Opaque", data: dataOf(Object.entries(recipe), values) });
    return isGenerated({ recipe, ...manifest })
      ? this.#client.create(secret, this.#manager)
      : this.#client.apply(secret, this.#manager, { force: true });
  }

  /** Moves the keys of a ring on, by exactly one, unless that was done already. Nothing where the wanted turn is in the past. */
  async #turn(recipe: SecretRecipe, wanted: number): Promise<Live | undefined> {
    const live = await this.#client.get(refOf(recipe));
    if ((turnOf(live.metadata) ?? wanted) >= wanted || recipe.keyRing === undefined) return undefined;
    const keys = Object.entries(mapAt(live, "data")).map(([key, value]) => [key, String(value)]);
    const data = turned(Object.fromEntries(keys), encoded(fernetKey()), recipe.keyRing);
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
    const data = dataOf(composed, values);
    const now = mapAt(await this.#client.get(refOf(manifest)), "data");
    if (what === "values" && Object.entries(data).every(([key, value]) => now[key] === value)) return undefined;
    return this.#client.apply(Object.assign({}, manifest, { type: "Opaque", data }), this.#manager, { force: true });
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

function dataOf(entries: readonly [string, Ingredient][], values: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(entries.map(([key, ingredient]) => [key, encoded(made(ingredient, values))]));
}

function isComposed({ recipe }: SecretRecipe): boolean {
  return Object.values(recipe).some((ingredient) => "parts" in ingredient);
}

function made(ingredient: Ingredient, values: ReadonlyMap<string, string>): string {
  if ("parts" in ingredient) return compose(ingredient.parts, (source) => values.get(sourceKey(source)));
  if (ingredient.generate === "fernetKey") return fernetKey();
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
  const value = textAt(secret, "data", key);
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

function encoded(value: string): string {
  return Buffer.from(value, "utf8").toString("base64");
}
