import { z } from "zod";
import { pluralOf } from "./access.ts";
import { withMap } from "./named.ts";
import { at, isRecord } from "./object.ts";

/** What a kind is: its zod schemas and how kubectl shows it. */
export interface KindDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** CEL rules over the whole object. */
  readonly rules?: readonly Rule[];
  readonly columns: readonly Column[];
}

/** A CEL rule; the message says what to do. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly priority?: number;
}

/** A list whose members are told apart by one field, so that several managers can own members of it. */
export function listMap<T extends z.ZodType>(member: T, key: string): z.ZodArray<T> {
  return z.array(member).meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] });
}

/** CEL rules for one schema node, to be passed to `.meta()`. */
export function rules(...list: readonly Rule[]): Record<string, unknown> {
  return { "x-kubernetes-validations": list };
}

/** The conditions list that every kind's status has. */
export const conditions = listMap(
  z.object({
    type: z.string().describe("What is true or not, such as Ready."),
    status: z.enum(["True", "False", "Unknown"]).describe("Whether it is true."),
    reason: z.string().describe("Why, in one word for programs."),
    message: z.string().describe("Why, in a sentence for people."),
    observedGeneration: z.int().optional().describe("The metadata.generation that this was said of."),
    lastTransitionTime: z.string().meta({ format: "date-time" }).optional().describe("Since when the status is this."),
  }),
  "type",
);

/** The CustomResourceDefinition of a kind, as a plain object ready for YAML. */
export function crdOf(definition: KindDefinition): Readonly<Record<string, unknown>> {
  const { group, version, kind } = definition;
  const plural = pluralOf({ apiVersion: "", kind });
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "nephos" } },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: definition.shortNames,
        categories: definition.categories,
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: definition.columns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: rootSchema(definition) },
        },
      ],
    },
  };
}

function rootSchema({ description, spec, status, rules: own }: KindDefinition): Record<string, unknown> {
  return {
    type: "object",
    description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: described("What is wanted.", structural(spec)),
      status: described(
        "What there is: a report, which nothing but people and their tools reads.",
        unobserved(structural(status)),
      ),
    },
    ...(own === undefined ? {} : { "x-kubernetes-validations": own }),
  };
}

/** A schema with a description, unless it has one. */
function described(description: string, schema: unknown): unknown {
  return isRecord(schema) ? { description, ...schema } : schema;
}

/**
 * The schema of a status which, before anybody wrote one, says that no generation was observed, where a status says such a thing.
 * Without it kstatus takes a new object for one that is done, and Flux goes on.
 */
function unobserved(status: unknown): unknown {
  const observes = at(status, "properties", "observedGeneration") !== undefined;
  return observes && isRecord(status) ? { ...status, default: { observedGeneration: -1 } } : status;
}

/** The structural OpenAPI schema of a zod schema: what Kubernetes takes, nothing that it refuses. */
export function structural(schema: z.ZodType): unknown {
  return trimmed(
    z.toJSONSchema(schema, {
      target: "openapi-3.0",
      io: "input",
      reused: "inline",
      cycles: "throw",
      unrepresentable: "throw",
    }),
  );
}

const maxSafe = Number.MAX_SAFE_INTEGER;

function trimmed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(trimmed);
  if (!isRecord(node)) return node;
  if (isIntOrString(node["anyOf"])) {
    const { anyOf: _, ...rest } = node;
    return { ...rest, "x-kubernetes-int-or-string": true };
  }
  const kept = Object.entries(withMap(node)).filter(([field, value]) => !dropped(field, value));
  return Object.fromEntries(kept.map(([field, value]) => [field, trimmedField(field, value)]));
}

/** Below `properties` names are the user's, not keywords; a default is a value, not a schema. */
function trimmedField(field: string, value: unknown): unknown {
  if (field === "default") return value;
  if (field !== "properties" || !isRecord(value)) return trimmed(value);
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, trimmed(schema)]));
}

function dropped(field: string, value: unknown): boolean {
  return (
    (field === "additionalProperties" && value === false) || (typeof value === "number" && Math.abs(value) === maxSafe)
  );
}

function isIntOrString(anyOf: unknown): boolean {
  if (!Array.isArray(anyOf)) return false;
  const types = new Set(anyOf.map((branch: unknown) => (isRecord(branch) ? branch["type"] : undefined)));
  return types.size === 2 && types.has("integer") && types.has("string");
}
