import { build, type Metafile, type Plugin } from "esbuild";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { programVersion } from "./version.ts";

const root = join(import.meta.dirname, "..", "..");

const beforeAll = [
  "#!/usr/bin/env node",
  // An older node would stop in the middle of a library, with a page of its code.
  'if (Number(process.versions.node.split(".")[0]) < 24) { console.error(`kubectl nephos needs Node 24 or newer, and this is ${process.version}`); process.exit(2); }',
  // Dependencies in CommonJS call `require` for node's own modules; an ES module has to bring its own.
  'import { createRequire as createRequireOfNode } from "node:module"; const require = createRequireOfNode(import.meta.url);',
];

/**
 * Makes the program one file that needs nothing but Node 24, ready to be put into somebody's PATH; gives what it is made of.
 */
export async function bundleProgram(file: string): Promise<Metafile> {
  await mkdir(join(file, ".."), { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    minify: true,
    keepNames: true,
    lineLimit: 160,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    define: { packagedVersion: JSON.stringify(programVersion) },
    plugins: [withoutGeneratedClients],
    banner: { js: beforeAll.join("\n") },
  });
  await chmod(file, 0o755);
  return metafile;
}

/** Of @kubernetes/client-node only the reading of kubeconfigs is used; it would draw in a client for every kind there is. */
const withoutGeneratedClients: Plugin = {
  name: "without generated clients",
  setup(builder) {
    builder.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.endsWith(join("client-node", "dist", "config.js"))
        ? { path: "clients", namespace: "nothing" }
        : undefined,
    );
    builder.onLoad({ filter: /^clients$/, namespace: "nothing" }, () => ({
      contents: "export const createConfiguration = undefined; export const ServerConfiguration = undefined;",
    }));
  },
};

if (import.meta.main) await bundleProgram(join(root, "dist", "kubectl-nephos"));
