import { crdOf } from "../operator/schema.ts";
import { kinds } from "../crds/index.ts";
import {
  agentsAccount,
  clusterRights,
  deployment,
  type Frame,
  identity,
  leaseRights,
  namespaceRights,
  serviceAccount,
} from "./objects.ts";
import { nodePolicies, podPolicies } from "./policies.ts";

/** What an installation of the operator consists of. */
export interface Installation {
  /** Image of the operator. */
  readonly image: string;
  /** Image references by name that the operator uses unless a Cloud says otherwise. */
  readonly images: Readonly<Record<string, string>>;
  readonly registry: string;
  /** Namespaces in which Clouds may be made; the operator gets a Role in each and nothing elsewhere. */
  readonly namespaces: readonly string[];
}

const frame: Frame = { namespace: "nephos-system", labels: identity, podLabels: identity };

/** Everything that installs the operator, in an order in which it can be applied. */
export function installManifests({ image, images, registry, namespaces }: Installation): readonly object[] {
  const env = {
    WATCH_NAMESPACES: namespaces.join(","),
    NEPHOS_REGISTRY: registry,
    NEPHOS_IMAGES: JSON.stringify(images),
    NEPHOS_LOG_LEVEL: "info",
  };
  return [
    ...kinds.map(crdOf),
    namespace(frame.namespace, "restricted"),
    // Host agents are among their pods: a policy of ours, which knows these, holds all others to `restricted`.
    ...namespaces.map((each) => namespace(each, "privileged")),
    serviceAccount(frame, {}),
    ...clusterRights(frame),
    ...leaseRights(frame),
    ...namespaces.flatMap((each) => [agentsAccount(frame, each), ...namespaceRights(frame, each)]),
    ...podPolicies(frame, namespaces),
    ...nodePolicies(frame, frame.namespace),
    deployment(frame, {
      // One is enough where nobody is paged: its successor overlaps it when it is replaced.
      replicas: 1,
      image,
      pullPolicy: "IfNotPresent",
      env,
      resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
      pod: {},
    }),
  ];
}

function namespace(which: string, level: "restricted" | "privileged"): object {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: which, labels: { "pod-security.kubernetes.io/enforce": level } },
  };
}
