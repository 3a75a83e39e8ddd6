import { at, isRecord, listAt, mapAt, textAt } from "../../../operator/object.ts";
import { same } from "../../../operator/covers.ts";
import { crdOf, type KindDefinition } from "../../../operator/schema.ts";

/** What the API server will refuse since it may not change (`self == oldSelf` in the schema): field and sentence. */
export function frozenTrouble(definition: KindDefinition, live: unknown, wanted: unknown): string[] {
  const schema = at(
    listAt(crdOf(definition), "spec", "versions")[0],
    "schema",
    "openAPIV3Schema",
    "properties",
    "spec",
  );
  // With defaults on both sides: what the API server would fill in is no change.
  const [old, fresh] = [live, wanted].map((spec) => definition.spec.safeParse(spec).data ?? spec);
  return frozenBelow(schema, old, fresh, "spec");
}

function frozenBelow(schema: unknown, live: unknown, wanted: unknown, path: string): string[] {
  if (live === undefined || same(live, wanted)) return [];
  const own = listAt(schema, "x-kubernetes-validations")
    .filter((rule) => textAt(rule, "rule") === "self == oldSelf")
    .map((rule) => `${path}: ${textAt(rule, "message") ?? "cannot be changed"}`);
  const below = Object.entries(mapAt(schema, "properties")).flatMap(([field, child]) =>
    isRecord(live) ? frozenBelow(child, live[field], at(wanted, field), `${path}.${field}`) : [],
  );
  return [...own, ...below];
}
