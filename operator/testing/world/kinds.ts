import { type Kind, kindKey } from "../../object.ts";

/** What the server knows of a kind. */
export interface KindInfo extends Kind {
  readonly plural: string;
  readonly namespaced: boolean;
  /** Whether `metadata.generation` counts the changes of what is wanted. */
  readonly generation: boolean;
  /** Whether the status is only written through its subresource. */
  readonly status: boolean;
  /** Of a CustomResourceDefinition: its status takes any uid. */
  readonly custom: boolean;
}

const builtIn = (
  apiVersion: string,
  kind: string,
  plural: string,
  traits: Partial<Pick<KindInfo, "namespaced" | "generation" | "status">> = {},
): KindInfo => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
  generation: false,
  status: false,
  custom: false,
  ...traits,
});

const counted = { generation: true, status: true } as const;
const withStatus = { status: true } as const;

const builtInKinds: readonly KindInfo[] = [
  builtIn("v1", "ConfigMap", "configmaps"),
  builtIn("v1", "Secret", "secrets"),
  builtIn("v1", "Service", "services", withStatus),
  builtIn("v1", "Pod", "pods", withStatus),
  builtIn("v1", "PersistentVolumeClaim", "persistentvolumeclaims", withStatus),
  builtIn("v1", "Node", "nodes", { ...withStatus, namespaced: false }),
  builtIn("apps/v1", "Deployment", "deployments", counted),
  builtIn("apps/v1", "StatefulSet", "statefulsets", counted),
  builtIn("apps/v1", "DaemonSet", "daemonsets", counted),
  builtIn("batch/v1", "Job", "jobs", counted),
  builtIn("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", counted),
  builtIn("events.k8s.io/v1", "Event", "events"),
  builtIn("coordination.k8s.io/v1", "Lease", "leases"),
];

/** A kind of a CustomResourceDefinition with a status subresource, as all of ours are. */
export function customKind(kind: Kind, plural: string): KindInfo {
  return { ...kind, plural, namespaced: true, generation: true, status: true, custom: true };
}

/** A collection that a path leads to. */
export interface Place {
  readonly info: KindInfo;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Every kind that the server serves, by path and by name. */
export class Kinds {
  readonly #byKey = new Map<string, KindInfo>();
  readonly #byPath = new Map<string, KindInfo>();

  constructor(custom: readonly KindInfo[]) {
    for (const info of [...builtInKinds, ...custom]) {
      this.#byKey.set(kindKey(info), info);
      this.#byPath.set(`${rootOf(info)}/${info.plural}`, info);
    }
  }

  /** The kind of an object; throws where the server has no such kind. */
  of(kind: Kind): KindInfo {
    const info = this.#byKey.get(kindKey(kind));
    if (info === undefined) throw new Error(`the world does not know ${kindKey(kind)}`);
    return info;
  }

  /** The kinds of a group and version, by the path of its discovery; none where the path is none. */
  under(root: string): KindInfo[] {
    return [...this.#byKey.values()].filter((info) => rootOf(info) === root);
  }

  /** What a path of a collection or an object leads to; undefined where it leads nowhere. */
  at(path: string): Place | undefined {
    const match =
      /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
    const [, root = "", namespace, plural = "", name, subresource] = match ?? [];
    const info = this.#byPath.get(`${root}/${plural}`);
    const decoded = name === undefined ? undefined : decodeURIComponent(name);
    return info === undefined ? undefined : { info, namespace, name: decoded, subresource };
  }
}

function rootOf({ apiVersion }: Kind): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
