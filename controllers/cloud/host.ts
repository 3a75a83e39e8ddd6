import type { CloudSpec } from "../../crds/cloud.ts";
import { listAt, type Live, textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { publicHostAnnotation } from "../services/public.ts";

const nodeKind = { apiVersion: "v1", kind: "Node" } as const;

/**
 * The host of the public endpoints: the user's, else the one chosen before, which the public Service of Keystone remembers, else
 * the InternalIP of the oldest node.
 */
export function publicHostOf(spec: CloudSpec, seen: Snapshot, namespace: string): string | undefined {
  const service = seen.get({ apiVersion: "v1", kind: "Service", namespace, name: "keystone-public" });
  return spec.endpoints.public.host ?? service?.metadata.annotations?.[publicHostAnnotation] ?? oldestNodeAddress(seen);
}

function oldestNodeAddress(seen: Snapshot): string | undefined {
  const nodes = [...seen.list(nodeKind)].sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
  return nodes.flatMap((node) => internalAddress(node) ?? [])[0];
}

/** The InternalIP of a node, the first where it has several; undefined where it has none. */
export function internalAddress(node: Live): string | undefined {
  const address = listAt(node, "status", "addresses").find((entry) => textAt(entry, "type") === "InternalIP");
  return textAt(address, "address");
}

function ageKey({ metadata }: Live): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}
