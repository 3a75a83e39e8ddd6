import type { Watched } from "./cache.ts";
import type { Controller } from "./controller.ts";
import { type Kind, kindKey } from "./object.ts";
import { distinctKinds } from "./plan.ts";

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export interface Permissions {
  /** In each watched namespace. */
  readonly namespaced: readonly PolicyRule[];
  /** For the whole cluster. */
  readonly cluster: readonly PolicyRule[];
  /** In the operator's own namespace: the lease. */
  readonly own: readonly PolicyRule[];
}

const see = ["get", "list", "watch"] as const;
const own = [...see, "create", "patch", "delete"] as const;

/** What the controllers need, and nothing else: it follows from what they declare. */
export function permissionsOf(controllers: readonly Controller[]): Permissions {
  const owns = distinctKinds(controllers.flatMap((controller) => controller.owns));
  const owned = new Set(owns.map(kindKey));
  const subjects = distinctKinds(controllers.map((controller) => controller.kind)).filter(
    (kind) => !owned.has(kindKey(kind)),
  );
  const reads = controllers.flatMap((controller) => controller.reads);
  const former = distinctKinds(controllers.flatMap((controller) => controller.formerlyOwned ?? []));
  // A finalizer is set on the object itself, which is patched for nothing else.
  const finalized = distinctKinds(
    controllers.filter((controller) => "planDeletion" in controller).map(({ kind }) => kind),
  );
  const namespacedReads = distinctKinds(reads.filter((kind) => kind.cluster !== true)).filter(
    (kind) => ![...owns, ...subjects].some((other) => kindKey(other) === kindKey(kind)),
  );
  const cluster = reads.filter((kind: Watched) => kind.cluster === true);
  const marked = distinctKinds(controllers.flatMap((controller) => controller.marks ?? []));
  return {
    namespaced: [
      ...grouped(owns, own),
      ...grouped(former, [...see, "delete"]),
      ...grouped([...subjects, ...namespacedReads], see),
      ...grouped(distinctKinds(controllers.map((controller) => controller.kind)), ["patch"], "/status"),
      ...grouped(finalized, ["patch"]),
      { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
    ],
    // Without `create`, an apply to what is gone makes nothing.
    cluster: [...grouped(distinctKinds(cluster), see), ...grouped(marked, ["patch"])],
    own: [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] }],
  };
}

function grouped(kinds: readonly Kind[], verbs: readonly string[], subresource = ""): PolicyRule[] {
  const groups = Map.groupBy(kinds, groupOf);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, members]) => ({
      apiGroups: [group],
      resources: members.map((kind) => `${pluralOf(kind)}${subresource}`).sort(),
      verbs,
    }));
}

function groupOf(kind: Kind): string {
  return kind.apiVersion.includes("/") ? kind.apiVersion.replace(/\/.*/, "") : "";
}

/** The plural that Kubernetes gives the kinds we use. */
export function pluralOf({ kind }: Kind): string {
  const lower = kind.toLowerCase();
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith("s") ? `${lower}es` : `${lower}s`;
}
