import { isRecord } from "../operator/object.ts";
import type { ImageResolver } from "./cloud/plan.ts";

/** Where images come from unless a Cloud says otherwise: a registry, and whole references for some names. */
export interface ImageDefaults {
  readonly registry: string;
  readonly references: Readonly<Record<string, string>>;
}

/**
 * Reads the defaults from the operator's environment: NEPHOS_REGISTRY and NEPHOS_IMAGES, a JSON map from name to reference. Throws
 * where that is not JSON.
 */
export function imageDefaults(env: NodeJS.ProcessEnv): ImageDefaults {
  const map: unknown = JSON.parse(env["NEPHOS_IMAGES"] ?? "{}");
  const references = Object.entries(isRecord(map) ? map : {}).flatMap(([name, ref]) =>
    typeof ref === "string" ? [[name, ref]] : [],
  );
  return { registry: env["NEPHOS_REGISTRY"] ?? "localhost/nephos", references: Object.fromEntries(references) };
}

/** The Cloud's own reference for a name, else its registry's, else the operator's. */
export function imageResolver({ registry, references }: ImageDefaults): ImageResolver {
  return (name, wishes) => {
    const tagged = name.includes(":") ? name : `${name}:latest`;
    return (
      wishes?.overrides?.[name] ??
      (wishes?.registry === undefined ? (references[name] ?? `${registry}/${tagged}`) : `${wishes.registry}/${tagged}`)
    );
  };
}
