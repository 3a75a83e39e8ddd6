import { readFileSync } from "node:fs";
import { join } from "node:path";
import { textAt } from "../../operator/object.ts";

// Put in by the bundler: a program in somebody's PATH has no package.json beside it.
declare const packagedVersion: string | undefined;

/** The version of this program, which is that of the operator that it was made with. */
export const programVersion = typeof packagedVersion === "string" ? packagedVersion : versionOfCheckout();

function versionOfCheckout(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  return textAt(manifest, "version") ?? "unknown";
}
