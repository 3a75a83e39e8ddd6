import { at, listAt, mapAt, textAt } from "../../operator/object.ts";

/** The pod that an object leads to, and whether it is to run for good. */
export interface Workload {
  readonly name: string;
  readonly server: boolean;
  readonly pod: unknown;
}

/** The pods that objects would lead to. */
export function workloadsIn(objects: readonly object[]): Workload[] {
  return objects.flatMap((object) => {
    const pod = at(object, "spec", "template", "spec");
    const kind = textAt(object, "kind") ?? "";
    return pod === undefined
      ? []
      : [{ name: `${kind} ${textAt(object, "metadata", "name") ?? ""}`, server: kind !== "Job", pod }];
  });
}

const hostNamespaces = ["hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"];
const restrictedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** Why the `restricted` pod security standard would refuse a pod, or our own stricter rules would; empty where nobody would. */
export function troubleWith(pod: unknown): string[] {
  const host = hostNamespaces.filter((field) => mapAt(pod)[field] === true);
  const volumes = listAt(pod, "volumes").flatMap((volume) =>
    Object.keys(mapAt(volume)).filter((field) => field !== "name" && !restrictedVolumes.includes(field)),
  );
  const containers = [
    ...listAt(pod, "initContainers"),
    ...listAt(pod, "containers"),
    ...listAt(pod, "ephemeralContainers"),
  ];
  return [
    ...host,
    ...volumes.map((type) => `volume of type ${type}`),
    ...(at(pod, "automountServiceAccountToken") === false ? [] : ["token of the service account"]),
    ...(at(pod, "securityContext", "runAsUser") === 0 ? ["runs as root"] : []),
    ...containers.flatMap((container) =>
      containerTrouble(container, pod).map((trouble) => `${textAt(container, "name") ?? ""}: ${trouble}`),
    ),
  ];
}

function containerTrouble(container: unknown, pod: unknown): string[] {
  const own = mapAt(container, "securityContext");
  const inherited = { ...mapAt(pod, "securityContext"), ...own };
  const rules: readonly (readonly [boolean, string])[] = [
    [inherited["runAsNonRoot"] === true, "may run as root"],
    [own["runAsUser"] !== 0, "runs as root"],
    [textAt(inherited, "seccompProfile", "type") === "RuntimeDefault", "no seccomp profile"],
    [own["privileged"] !== true, "privileged"],
    [own["allowPrivilegeEscalation"] === false, "may escalate privileges"],
    [listAt(own, "capabilities", "drop").includes("ALL"), "keeps capabilities"],
    [listAt(own, "capabilities", "add").length === 0, "adds capabilities"],
    [own["readOnlyRootFilesystem"] === true, "writable root file system"],
    [listAt(container, "ports").every((port) => at(port, "hostPort") === undefined), "host port"],
  ];
  return rules.flatMap(([kept, trouble]) => (kept ? [] : [trouble]));
}

/** What a server's containers lack that a scheduler needs to know. */
export function requestsMissing(pod: unknown): string[] {
  return listAt(pod, "containers").flatMap((container) =>
    ["cpu", "memory"].filter((resource) => textAt(container, "resources", "requests", resource) === undefined),
  );
}
