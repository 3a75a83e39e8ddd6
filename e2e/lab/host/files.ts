import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readIfThere } from "./process.ts";

/** Has a file say just this: left alone where it does, else replaced as a whole, so that nobody reads half of it. */
export async function ensureFile(file: string, content: string, mode = 0o600): Promise<void> {
  if (readIfThere(file) === content) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, content, { mode });
  await rename(`${file}.draft`, file);
}
