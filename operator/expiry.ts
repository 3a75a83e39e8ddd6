import { ownerLabel } from "./dress.ts";
import type { Live } from "./object.ts";
import { identity, type Snapshot } from "./plan.ts";
import { expiryAnnotation } from "./recipe.ts";

/** A Secret with a certificate, and the minute since 1970 in which that ends. */
export interface Expiry {
  readonly name: string;
  readonly minute: number;
}

/** When the certificates of a subject end, as their Secrets say; nobody has to look at the certificates. */
export function expiriesOf(seen: Snapshot, subject: Live): Expiry[] {
  const labels = { [identity.owner]: ownerLabel(subject) };
  const secrets = seen.list({ apiVersion: "v1", kind: "Secret" }, { namespace: subject.metadata.namespace, labels });
  return secrets.flatMap(({ metadata: { name, annotations } }) => {
    const ends = Date.parse(annotations?.[expiryAnnotation] ?? "");
    return Number.isNaN(ends) ? [] : [{ name, minute: Math.floor(ends / 60_000) }];
  });
}
