import type { Live } from "../../../operator/object.ts";
import type { Wish } from "./documents.ts";

/** What stands for a uid that only a cluster gives. */
export function uidOf(kind: string, name: string): string {
  return `<uid of ${kind} ${name}>`;
}

/** The object that a wish would be in the cluster: the one that is there, with the wish's spec; else a new one. */
export function subjectOf({ definition, name, spec }: Wish, namespace: string, live?: Live): Live {
  const { group, version, kind } = definition;
  const metadata = live?.metadata ?? {
    name,
    namespace,
    uid: uidOf(kind, name),
    resourceVersion: "",
    generation: 1,
    // Younger than all there is: nothing yields to what is not there yet.
    creationTimestamp: "9999-12-31T23:59:59Z",
  };
  return { apiVersion: `${group}/${version}`, kind, metadata, spec };
}
