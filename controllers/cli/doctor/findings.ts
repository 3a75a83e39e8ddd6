import { kinds } from "../../../crds/index.ts";
import { covers, same } from "../../../operator/covers.ts";
import { at, listAt, type Live, numberAt, textAt } from "../../../operator/object.ts";
import { troubleOf } from "../../../operator/pods.ts";
import { crdOf } from "../../../operator/schema.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { seenIn } from "../looks.ts";
import { watches } from "../operators.ts";
import { storageFindings } from "./storage.ts";
import type { ClusterFacts } from "./facts.ts";
import { type Finding, unseen } from "./finding.ts";
import { hostFindings } from "./hosts.ts";
import { nodeFindings } from "./nodes.ts";

/** The oldest minor version of Kubernetes 1 that Nephos runs on. */
const oldestMinor = 31;

/** What a cluster has and lacks for us, in the order in which one would put it right. */
export function findingsOf(facts: ClusterFacts): Finding[] {
  return [
    ...versionFindings(facts),
    ...crdFindings(facts),
    ...operatorFindings(facts),
    ...namespaceFindings(facts),
    ...permissionFindings(facts),
    ...storageFindings(facts),
    ...nodeFindings(facts),
    ...hostFindings(facts),
    ...podFindings(facts),
  ];
}

function versionFindings({ version }: ClusterFacts): Finding[] {
  const about = "Kubernetes";
  if (version.is === "refused") return [unseen(about, version)];
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version.value) ?? [];
  const good = Number(major) > 1 || (Number(major) === 1 && Number(minor) >= oldestMinor);
  return good
    ? [{ about, is: "ok", message: version.value }]
    : [
        {
          about,
          is: "error",
          message: `${version.value || "unknown version"}, but Nephos needs 1.${oldestMinor} or newer`,
          advice: "upgrade the cluster",
        },
      ];
}

function crdFindings({ crds }: ClusterFacts): Finding[] {
  const about = "CustomResourceDefinitions";
  if (crds.is === "refused") return [unseen(about, crds)];
  const findings = kinds.flatMap((kind): Finding[] => {
    const wanted = crdOf(kind);
    const name = textAt(wanted, "metadata", "name") ?? "";
    const live = crds.value.find((each) => each.metadata.name === name);
    const install = "apply the CRDs of the release that you run (charts/install.yaml or the chart)";
    if (live === undefined) return [{ about, is: "error", message: `${name} is missing`, advice: install }];
    if (conditionOf(live, "Established") === undefined)
      return [{ about, is: "error", message: `${name} is not established`, advice: `kubectl describe crd ${name}` }];
    return sameSchema(live, wanted)
      ? []
      : [
          {
            about,
            is: "warning",
            message: `${name} is of another version than this program`,
            advice: `${install}, or take the kubectl-nephos of that release`,
          },
        ];
  });
  return findings.length > 0 ? findings : [{ about, is: "ok", message: `${kinds.length} installed and current` }];
}

/** Schemas are compared whole: a field too many is as much another version as one too few. */
function sameSchema(live: Live, wanted: unknown): boolean {
  const [ours] = listAt(wanted, "spec", "versions");
  const theirs = listAt(live, "spec", "versions").find((each) => textAt(each, "name") === textAt(ours, "name"));
  return (
    same(at(theirs, "schema"), at(ours, "schema")) &&
    covers(at(theirs, "additionalPrinterColumns"), at(ours, "additionalPrinterColumns"))
  );
}

function operatorFindings({ operators, operatorPods, namespace }: ClusterFacts): Finding[] {
  const about = "operator";
  if (operators.is === "refused") return [unseen(about, operators)];
  const [first] = operators.value;
  const install = `install it for namespace ${namespace} (charts/README.md)`;
  if (first === undefined) return [{ about, is: "error", message: "not installed", advice: install }];
  const [one, another] = operators.value.filter((operator) => watches(operator, namespace));
  if (one === undefined) {
    const message = `${placeOf(first)} does not watch namespace ${namespace}`;
    return [{ about, is: "error", message, advice: install }];
  }
  if (another !== undefined) {
    const message = `${placeOf(one)} and ${placeOf(another)} both watch namespace ${namespace}`;
    return [{ about, is: "error", message, advice: "leave one of them" }];
  }
  return [readiness(one, operatorPods, namespace)];
}

function readiness(operator: Live, pods: readonly Live[], namespace: string): Finding {
  const about = "operator";
  const ready = numberAt(operator, "status", "readyReplicas") ?? 0;
  const wanted = numberAt(operator, "spec", "replicas") ?? 1;
  const place = placeOf(operator);
  if (ready > 0 && ready >= wanted) return { about, is: "ok", message: `${place} watches namespace ${namespace}` };
  const message = [`${place}: ${ready} of ${wanted} pods ready`, troubleOf(pods)].filter(Boolean).join("; ");
  const describe = `kubectl -n ${operator.metadata.namespace ?? ""} describe pods`;
  const advice = wanted === 0 ? "scale it to 1 or more" : describe;
  return { about, is: ready === 0 ? "error" : "warning", message, advice };
}

function placeOf({ metadata }: Live): string {
  return `Deployment ${metadata.namespace ?? ""}/${metadata.name}`;
}

function namespaceFindings({ home, namespace, clouds }: ClusterFacts): Finding[] {
  const about = "namespace";
  if (home.is === "refused") return [unseen(about, home)];
  const live = home.value;
  if (live === undefined)
    return [
      { about, is: "error", message: `${namespace} does not exist`, advice: `kubectl create namespace ${namespace}` },
    ];
  if (live.metadata.deletionTimestamp !== undefined)
    return [
      {
        about,
        is: "error",
        message: `${namespace} is being deleted`,
        advice: "take another one, or wait and make it anew",
      },
    ];
  const level = live.metadata.labels?.["pod-security.kubernetes.io/enforce"] ?? "not enforced";
  const several = seenIn(clouds).map(({ metadata }) => metadata.name);
  return [
    { about, is: "ok", message: `${namespace}, pod security ${level}; the pods of a control plane meet restricted` },
    ...(several.length < 2
      ? []
      : [
          {
            about,
            is: "error" as const,
            message: `${namespace} has ${several.length} Clouds (${several.join(", ")})`,
            advice: "leave one; a namespace has room for one",
          },
        ]),
  ];
}

function permissionFindings({ forbidden, namespace }: ClusterFacts): Finding[] {
  const about = "your rights";
  return forbidden.length === 0
    ? [{ about, is: "ok", message: `all that users of Nephos need in namespace ${namespace}` }]
    : [
        {
          about,
          is: "warning",
          message: `you may not ${forbidden.join(", ")}`,
          advice: "have a Role in that namespace bound to you that allows it",
        },
      ];
}

function podFindings({ ownPods, namespace }: ClusterFacts): Finding[] {
  const about = "pods";
  if (ownPods.is === "refused") return [unseen(about, ownPods)];
  const troubles = ownPods.value.flatMap((pod) => troubleOf([pod]) ?? []);
  if (troubles.length === 0)
    return [{ about, is: "ok", message: `${ownPods.value.length} in namespace ${namespace}, none in trouble` }];
  return troubles.map((message) => ({
    about,
    is: message.includes("cannot be pulled") ? "error" : "warning",
    message,
    advice: message.includes("cannot be pulled")
      ? "correct spec.images of the Cloud (registry, overrides, pullSecrets), or let the nodes reach that registry"
      : `kubectl -n ${namespace} describe pod ${/^pod ([^:]+)/.exec(message)?.[1] ?? ""}`,
  }));
}
