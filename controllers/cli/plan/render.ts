import { stringify } from "yaml";
import { nameFor } from "../../../operator/object.ts";
import type { Plan, Step, Wanted } from "../../../operator/plan.ts";
import { type Ingredient, isRecipe } from "../../../operator/recipe.ts";
import type { Verdict } from "../../../operator/verdict.ts";

/** A plan as YAML documents, in the order of its steps, which stand above them as comments. */
export function renderPlan(title: string, namespace: string, plan: Plan): string {
  const objects = plan.steps.flatMap((step) => step.objects);
  const head = [
    `# ${title} in namespace ${namespace}: ${plan.steps.length} steps, ${objects.length} objects.`,
    ...(objects.some(({ kind }) => kind === "Job")
      ? ["# A Job's name ends in a digest of the volume that it works on; in a cluster it is another one."]
      : []),
  ];
  const steps = plan.steps.map((step, index) => renderStep(step, index + 1, namespace));
  return `${head.join("\n")}\n${steps.join("")}`;
}

function renderStep(step: Step, number: number, namespace: string): string {
  const comments = [
    `# ${number}. ${step.name}${step.after.length === 0 ? "" : `, after ${step.after.join(", ")}`}`,
    ...(step.held === undefined ? [] : [`#    ${wordsOf(step.held)}`]),
    ...(step.removes ?? []).map((ref) => `#    removes ${nameFor(ref)}`),
    ...(step.actions ?? []).map(({ name }) => `#    outside Kubernetes: ${name}`),
    ...(step.objects.length === 0 ? ["#    no objects of its own"] : []),
  ];
  const documents = step.objects.map((wanted) => `---\n${yamlOf(placed(wanted, namespace))}`);
  return `\n${comments.join("\n")}\n${documents.join("")}`;
}

/** Why nothing of a step may be written, in a line. */
export function wordsOf(verdict: Verdict): string {
  if (verdict.is === "done") return "done";
  return verdict.is === "blocked" ? `blocked, ${verdict.reason}: ${verdict.message}` : `waiting for ${verdict.on}`;
}

/** A wanted object as people read it: a recipe says how values come about, never one. */
export function shownObject(wanted: Wanted): object {
  if (!isRecipe(wanted)) return wanted;
  const { recipe, ...rest } = wanted;
  return {
    ...rest,
    recipe: Object.fromEntries(Object.entries(recipe).map(([key, each]) => [key, shownIngredient(each)])),
  };
}

function shownIngredient(ingredient: Ingredient): unknown {
  if ("parts" in ingredient) {
    return ingredient.parts
      .map((part) => (typeof part === "string" ? part : `<value of Secret ${part.secret}/${part.key}>`))
      .join("");
  }
  return "length" in ingredient
    ? `<generated ${ingredient.generate}, ${ingredient.length} characters>`
    : `<generated ${ingredient.generate}>`;
}

/** YAML that wraps nothing and repeats everything, so that lines can be compared. */
export function yamlOf(object: object): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

function placed(wanted: Wanted, namespace: string): object {
  return shownObject({ ...wanted, metadata: { ...wanted.metadata, namespace } });
}
