/** A Kubernetes kind as manifests name it. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The name of one object. Cluster-scoped objects have no namespace. */
export interface Ref extends Kind {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface OwnerReference extends Kind {
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** An object as we want it: only the fields that we mean. */
export interface Manifest extends Kind {
  readonly metadata: Metadata;
}

/** An object as the API server has it. */
export interface Live extends Kind {
  readonly metadata: Metadata & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly [field: string]: unknown;
}

/** One string per kind, for maps. */
export function kindKey(kind: Kind): string {
  return `${kind.apiVersion}/${kind.kind}`;
}

/** One string per object, for maps and messages meant for machines. */
export function refKey(ref: Ref): string {
  return `${kindKey(ref)}/${ref.namespace ?? ""}/${ref.name}`;
}

/** The name of an object or manifest. */
export function refOf(object: Manifest | Live): Ref {
  const { namespace, name } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
}

/** How a person names an object: `Deployment web`. */
export function nameFor(ref: Ref): string {
  return `${ref.kind} ${ref.name}`;
}

/** The owner that controls an object, if one does. */
export function controllerOf(object: Live | Manifest): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** Whether a value that came over the wire has what every Kubernetes object has. */
export function isLive(value: unknown): value is Live {
  if (!isRecord(value) || !isRecord(value["metadata"])) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === "string" &&
    typeof kind === "string" &&
    typeof metadata["name"] === "string" &&
    typeof metadata["uid"] === "string" &&
    typeof metadata["resourceVersion"] === "string"
  );
}

/** Whether a value is a map of fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of field names; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, field) => (isRecord(inner) ? inner[field] : undefined), value);
}

/** The number at a path, or undefined. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** The string at a path, or undefined. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The list at a path; an empty one where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The map at a path; an empty one where there is none. */
export function mapAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  const found = at(value, ...path);
  return isRecord(found) ? found : {};
}
