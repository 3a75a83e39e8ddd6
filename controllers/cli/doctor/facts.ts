import { kinds } from "../../../crds/index.ts";
import type { Client } from "../../../operator/client.ts";
import { at, type Live, textAt } from "../../../operator/object.ts";
import { podKind } from "../../../operator/pods.ts";
import { crdOf } from "../../../operator/schema.ts";
import { listOf, type Look, look, seenIn } from "../looks.ts";
import { operatorsIn, podsOfOperator } from "../operators.ts";

/** All that doctor looks at; what we may not see says so. */
export interface ClusterFacts {
  readonly namespace: string;
  readonly version: Look<string>;
  /** Our CRDs, as the cluster has them. */
  readonly crds: Look<readonly Live[]>;
  readonly operators: Look<readonly Live[]>;
  readonly operatorPods: readonly Live[];
  readonly home: Look<Live | undefined>;
  readonly classes: Look<readonly Live[]>;
  readonly nodes: Look<readonly Live[]>;
  /** Of all namespaces: what they ask of their nodes. */
  readonly pods: Look<readonly Live[]>;
  readonly clouds: Look<readonly Live[]>;
  readonly pools: Look<readonly Live[]>;
  readonly claims: Look<readonly Live[]>;
  /** Pods of the namespace. */
  readonly ownPods: Look<readonly Live[]>;
  /** What the user may not do, of what users of Nephos need. */
  readonly forbidden: readonly string[];
}

/** Asks a cluster for everything that doctor judges. Rejects where it cannot be reached. */
export async function factsOf(client: Client, namespace: string): Promise<ClusterFacts> {
  const version = await look(versionOf(client), "");
  const operators = await operatorsIn(client);
  const some = (apiVersion: string, kind: string, where?: string): Promise<Look<Live[]>> =>
    look(listOf(client, { apiVersion, kind }, where), []);
  const [crds, home, classes, nodes, pods, clouds, pools, claims, ownPods, forbidden, operatorPods] = await Promise.all(
    [
      crdsIn(client),
      look<Live | undefined>(client.get({ apiVersion: "v1", kind: "Namespace", name: namespace }), undefined),
      some("storage.k8s.io/v1", "StorageClass"),
      some("v1", "Node"),
      look(listOf(client, podKind, undefined), []),
      some("nephos.dev/v1alpha1", "Cloud", namespace),
      some("nephos.dev/v1alpha1", "ComputePool", namespace),
      some("v1", "PersistentVolumeClaim", namespace),
      look(listOf(client, podKind, namespace), []),
      forbiddenIn(client, namespace),
      Promise.all(seenIn(operators).map((operator) => podsOfOperator(client, operator))),
    ],
  );
  const ofOperators = operatorPods.flatMap((found) => [...seenIn(found)]);
  return {
    namespace,
    version,
    crds,
    operators,
    operatorPods: ofOperators,
    home,
    classes,
    nodes,
    pods,
    clouds,
    pools,
    claims,
    ownPods,
    forbidden,
  };
}

async function versionOf(client: Client): Promise<string> {
  return textAt(await client.raw({ method: "GET", path: "/version" }), "gitVersion") ?? "";
}

async function crdsIn(client: Client): Promise<Look<Live[]>> {
  const kind = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
  const names = kinds.map((each) => textAt(crdOf(each), "metadata", "name") ?? "");
  const looks = await Promise.all(
    names.map((name) => look<Live | undefined>(client.get({ ...kind, name }), undefined)),
  );
  const refused = looks.find((found) => found.is === "refused");
  if (refused !== undefined) return refused;
  return { is: "seen", value: looks.flatMap((found) => (found.is === "seen" ? (found.value ?? []) : [])) };
}

/** What users of Nephos do, as Kubernetes calls it. */
const deeds: readonly { readonly verbs: readonly string[]; readonly group: string; readonly resource: string }[] = [
  ...["clouds", "networks", "computecells", "computepools", "providernetworks"].map((resource) => ({
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
    group: "nephos.dev",
    resource,
  })),
  ...["registrations", "computenodes"].map((resource) => ({ verbs: ["get", "list"], group: "nephos.dev", resource })),
  { verbs: ["get", "list"], group: "", resource: "secrets" },
  { verbs: ["list"], group: "", resource: "pods" },
  { verbs: ["get"], group: "", resource: "pods/log" },
  { verbs: ["list"], group: "events.k8s.io", resource: "events" },
];

/** Asks the API server what we may; it answers and keeps nothing. */
async function forbiddenIn(client: Client, namespace: string): Promise<string[]> {
  const refused = deeds.map(async ({ verbs, group, resource }) => {
    const answers = await Promise.all(verbs.map((verb) => allowed(client, { namespace, verb, group, resource })));
    const missing = verbs.filter((_, index) => answers[index] !== true);
    return missing.length === 0 ? [] : [`${missing.join("/")} ${resource}`];
  });
  return (await Promise.all(refused)).flat();
}

interface Deed {
  readonly namespace: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

async function allowed(client: Client, deed: Deed): Promise<boolean> {
  const [resource, subresource] = deed.resource.split("/");
  const resourceAttributes = { ...deed, resource, ...(subresource === undefined ? {} : { subresource }) };
  const answer = await client.raw({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
  });
  return at(answer, "status", "allowed") === true;
}
