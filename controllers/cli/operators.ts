import type { Client } from "../../operator/client.ts";
import { listAt, type Live, textAt } from "../../operator/object.ts";
import { podKind } from "../../operator/pods.ts";
import { listOf, type Look, look } from "./looks.ts";

const selector = "app.kubernetes.io/name=nephos,app.kubernetes.io/component=operator";

/** Where the operator is when we may not look for it in the whole cluster. */
export const operatorNamespace = "nephos-system";

/** Deployments of the operator, wherever they are; where we may not look everywhere, in its usual namespace. */
export async function operatorsIn(client: Client): Promise<Look<Live[]>> {
  const kind = { apiVersion: "apps/v1", kind: "Deployment" };
  const everywhere = await look(listOf(client, kind, undefined, selector), []);
  return everywhere.is === "seen" ? everywhere : look(listOf(client, kind, operatorNamespace, selector), []);
}

/** The pods of an operator's Deployment. */
export function podsOfOperator(client: Client, { metadata }: Live): Promise<Look<Live[]>> {
  return look(listOf(client, podKind, metadata.namespace, selector), []);
}

/** The environment that an operator runs with, as far as it is in its Deployment. */
export function environmentOf(operator: Live): NodeJS.ProcessEnv {
  const entries = listAt(operator, "spec", "template", "spec", "containers")
    .flatMap((container) => listAt(container, "env"))
    .map((entry) => [textAt(entry, "name") ?? "", textAt(entry, "value")] as const);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Whether an operator cares for a namespace. */
export function watches(operator: Live, namespace: string): boolean {
  return (environmentOf(operator)["WATCH_NAMESPACES"] ?? "").split(",").includes(namespace);
}
