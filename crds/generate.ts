import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { crdOf } from "../operator/schema.ts";
import { kinds } from "./index.ts";

/** The YAML of a kind's CustomResourceDefinition, as it is committed. */
export function crdYaml(kind: (typeof kinds)[number]): string {
  return `# Generated from ${kind.kind.toLowerCase()}.ts by npm run generate.\n${stringify(crdOf(kind), { lineWidth: 140, aliasDuplicateObjects: false })}`;
}

if (import.meta.main) {
  for (const kind of kinds) writeFileSync(join(import.meta.dirname, `${kind.kind.toLowerCase()}.yaml`), crdYaml(kind));
}
