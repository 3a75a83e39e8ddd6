import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";

/** What happens to golden files: compared, or rewritten where somebody asked for that; nothing is ever made by a CI run. */
export type GoldenMode = "compare" | "compareOnly" | "rewrite";

/** The mode that the environment asks for: `UPDATE_GOLDEN=1` rewrites, `CI=true` forbids new files. */
export function goldenMode(env: NodeJS.ProcessEnv): GoldenMode {
  if (env["UPDATE_GOLDEN"] === "1") return "rewrite";
  return env["CI"] === "true" ? "compareOnly" : "compare";
}

/** Expects a text to be as committed in a file, and shows the difference where it is not. */
export function expectGolden(actual: string, path: string): void {
  expect(actual).toBe(goldenText(actual, path, goldenMode(process.env)));
}

/** The text that a golden file holds, after what the mode does to the file. */
export function goldenText(actual: string, path: string, mode: GoldenMode): string {
  const missing = !existsSync(path);
  if (missing && mode === "compareOnly")
    throw new Error(`${basename(path)} is missing: run "npm run golden" and commit it`);
  if (missing || mode === "rewrite") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  return readFileSync(path, "utf8");
}

/** The files of a folder of golden files that none of these names stands for: their subject is gone. */
export function goldenOrphans(folder: string, names: readonly string[]): string[] {
  return readdirSync(folder)
    .filter((file) => !names.includes(file))
    .sort();
}
