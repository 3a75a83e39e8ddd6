import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";

/** A file of an archive. */
export interface Entry {
  readonly path: string;
  readonly text: string;
}

/** A tar.gz of the entries, below one folder. */
export async function archiveOf(folder: string, entries: readonly Entry[], mtime: Date): Promise<Buffer> {
  // Only where something is packed.
  const { pack } = await import("tar-stream");
  const tar = pack();
  for (const { path, text } of entries) tar.entry({ name: `${folder}/${path}`, mtime, mode: 0o600 }, text);
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}
