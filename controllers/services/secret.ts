import { retainAnnotation } from "../../operator/plan.ts";
import type { Ingredient, Part, SecretKeyRef, SecretRecipe } from "../../operator/recipe.ts";

/** A password as good as any: what services prove by who they are, or derive keys from. */
export const passwordIngredient: Ingredient = { generate: "password", length: 32 };

/** A Secret whose values are made once and outlive the cloud, like the data that they open. */
export function generatedSecret(name: string, recipe: Readonly<Record<string, Ingredient>>): SecretRecipe {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, annotations: { [retainAnnotation]: "generated" } },
    recipe,
  };
}

/** A generated Secret with one value under `password`. */
export function passwordSecret(name: string): SecretRecipe {
  return generatedSecret(name, { password: passwordIngredient });
}

/** Where the value of a password Secret is found. */
export function passwordOf(secret: string): SecretKeyRef {
  return { secret, key: "password" };
}

/** A Secret whose files are put together from our own text and values of other Secrets. */
export function composedSecret(name: string, files: Readonly<Record<string, readonly Part[]>>): SecretRecipe {
  const recipe = Object.fromEntries(Object.entries(files).map(([file, parts]) => [file, { parts }]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, recipe };
}
