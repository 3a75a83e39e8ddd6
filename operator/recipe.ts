import type { Manifest, Metadata } from "./object.ts";

/** One value of a Secret, described without the value. */
export type Ingredient =
  | { readonly generate: "password"; readonly length: number }
  /** 32 random bytes, URL-safe base64: a Fernet key. */
  | { readonly generate: "fernetKey" }
  /** Text put together from pieces of our own and values of other Secrets of the same namespace. */
  | { readonly parts: readonly Part[] };

/** A piece of composed text: itself, or the value that a Secret holds under a key. */
export type Part = string | SecretKeyRef;

export interface SecretKeyRef {
  readonly secret: string;
  readonly key: string;
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
export function sourcesOf(recipe: SecretRecipe): SecretKeyRef[] {
  return Object.values(recipe.recipe).flatMap(sourcesIn);
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

/** The composed text; throws SourceMissing where a value is not there. */
export function compose(parts: readonly Part[], valueOf: (source: SecretKeyRef) => string | undefined): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const value = valueOf(part);
      if (value === undefined) throw new SourceMissing(part);
      return value;
    })
    .join("");
}
