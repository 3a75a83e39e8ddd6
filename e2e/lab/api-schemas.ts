import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, isRecord, type Kind, listAt, mapAt, textAt } from "../../operator/object.ts";
import { ensureTool } from "./binaries.ts";
import { CommandFailed, run } from "./host/command.ts";
import { kubectl, type Target } from "./kubectl.ts";

/**
 * What the API server's own OpenAPI would not have in a YAML stream, in kubeconform's words, nothing where all is well: unknown
 * fields, wrong types, missing fields. `kinds` are those that occur; the API server has to serve each of them.
 */
export async function flawsOf(target: Target, yaml: string, kinds: readonly Kind[]): Promise<readonly string[]> {
  const kubeconform = await ensureTool("kubeconform");
  const folder = await mkdtemp(join(tmpdir(), "nephos-schemas-"));
  try {
    await writeSchemas(target, kinds, folder);
    const location = join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
    const output = await run(kubeconform, ["-strict", "-schema-location", location, "-"], { input: yaml });
    return output.split("\n").filter((line) => line !== "");
  } catch (error) {
    // It ends badly where it finds something, which is an answer like any other.
    if (error instanceof CommandFailed && error.code === 1) return error.lines;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeSchemas(target: Target, kinds: readonly Kind[], folder: string): Promise<void> {
  for (const [apiVersion, members] of Map.groupBy(kinds, (kind) => kind.apiVersion)) {
    const path = apiVersion.includes("/") ? `apis/${apiVersion}` : `api/${apiVersion}`;
    const openApi: unknown = JSON.parse(await kubectl(target, ["get", "--raw", `/openapi/v3/${path}`]));
    for (const kind of members) {
      await writeFile(join(folder, `${fileOf(kind)}.json`), JSON.stringify(jsonSchemaOf(openApi, kind)));
    }
  }
}

/** The name by which kubeconform looks for the schema of a kind: of a group, only what is before the first dot. */
function fileOf({ apiVersion, kind }: Kind): string {
  const [group = "", version] = apiVersion.split("/");
  const suffix = version === undefined ? group : `${group.replace(/\..*/, "")}-${version}`;
  return `${kind}-${suffix}`.toLowerCase();
}

/** The JSON Schema of a kind out of an OpenAPI v3 document of the API server; throws where the document does not have the kind. */
export function jsonSchemaOf(openApi: unknown, { apiVersion, kind }: Kind): object {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const components = mapAt(openApi, "components", "schemas");
  const isOurs = (gvk: unknown): boolean =>
    textAt(gvk, "kind") === kind && textAt(gvk, "version") === version && (textAt(gvk, "group") ?? "") === group;
  const [name] = Object.keys(components).filter((each) =>
    listAt(components[each], "x-kubernetes-group-version-kind").some(isOurs),
  );
  if (name === undefined) throw new Error(`the API server has no ${kind} of ${apiVersion}`);
  const definitions = Object.fromEntries(
    Object.entries(components).map(([each, schema]) => [each, closed(schema)] as const),
  );
  return { $schema: "http://json-schema.org/draft-07/schema#", $ref: `#/definitions/${name}`, definitions };
}

/** The same schema with references as JSON Schema has them, and refusing fields that it does not name, as strict validation does. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (!isRecord(node)) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const reference = textAt(node, "$ref");
  if (reference !== undefined) return { ...copy, $ref: reference.replace("#/components/schemas/", "#/definitions/") };
  const open = at(node, "additionalProperties") !== undefined || node["x-kubernetes-preserve-unknown-fields"] === true;
  return node["type"] === "object" && isRecord(node["properties"]) && !open
    ? { ...copy, additionalProperties: false }
    : copy;
}
