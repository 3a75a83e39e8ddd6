import { messageOf } from "../../operator/outcome.ts";
import { SourceMissing } from "../../operator/recipe.ts";
import { ApiRefusal } from "./api-wire.ts";

/** Why an API could not be asked, in a sentence: it refused or did not answer, or a Secret by which it is entered is missing. Throws any other error on. */
export function unreachableBy(error: unknown): string {
  if (error instanceof ApiRefusal || error instanceof SourceMissing) return messageOf(error);
  throw error;
}
