import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Mutant } from "./score.ts";

const kept = z.object({
  inputs: z.string(),
  mutants: z.array(
    z.object({
      fileName: z.string(),
      status: z.string(),
      mutatorName: z.string(),
      replacement: z.string(),
      location: z.object({ start: z.object({ line: z.number() }) }),
    }),
  ),
});

/** A digest of all of these files' texts: what an area's result follows from. */
export async function inputsOf(paths: readonly string[]): Promise<string> {
  const digest = createHash("sha256");
  for (const path of paths) digest.update(await readFile(path)).update("\0");
  return digest.digest("hex");
}

/** What became of an area's mutants when it was last tried with these inputs; undefined where it was not, or not to the end. */
export async function readKept(path: string, inputs: string): Promise<Mutant[] | undefined> {
  const text = await readFile(path, "utf8").catch(() => "null");
  const { data } = kept.safeParse(JSON.parse(text));
  return data?.inputs === inputs ? data.mutants : undefined;
}

/** Keeps what became of an area's mutants, for the next run. */
export async function keep(path: string, inputs: string, mutants: readonly Mutant[]): Promise<void> {
  const shown = mutants.map(({ fileName, status, mutatorName, replacement = "", location: { start } }) => ({
    ...{ fileName, status, mutatorName, replacement },
    location: { start: { line: start.line } },
  }));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify({ inputs, mutants: shown }));
  // Whoever is interrupted leaves nothing that looks whole.
  await rename(`${path}.new`, path);
}
