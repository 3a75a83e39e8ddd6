import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kinds } from "../crds/index.ts";

const folder = join(import.meta.dirname, "gitops");
const check = (file: string): string => readFileSync(join(folder, file), "utf8");

/** What Argo CD's own ConfigMap has to have so that it knows the health of our kinds, as YAML to be applied beside what is in it. */
export function argoCdYaml(): string {
  // One key for each kind: a wildcard is no name of a key, and under the key that knows them nobody else's would be left.
  const ours = kinds.map(({ group, kind }) => [`${group}_${kind}`, check("health.lua")] as const);
  const checks = [...ours, ["argoproj.io_Application", check("application.lua")] as const];
  const config = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm", namespace: "argocd", labels: { "app.kubernetes.io/part-of": "argocd" } },
    data: Object.fromEntries(checks.map(([name, lua]) => [`resource.customizations.health.${name}`, lua])),
  };
  return `# Generated from health.lua and application.lua by npm run generate.\n${stringify(config, { lineWidth: 0 })}`;
}
