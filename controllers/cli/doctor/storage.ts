import { type Live, textAt } from "../../../operator/object.ts";
import { seenIn } from "../looks.ts";
import type { ClusterFacts } from "./facts.ts";
import { type Finding, unseen } from "./finding.ts";

const about = "storage";
const defaultClass = "storageclass.kubernetes.io/is-default-class";

/** Whether the volumes of a Cloud can be made: the classes that it names, else a default one. */
export function storageFindings({ classes, clouds, claims }: ClusterFacts): Finding[] {
  if (classes.is === "refused") return [unseen(about, classes)];
  const names = classes.value.map(({ metadata }) => metadata.name);
  const defaults = classes.value.filter(isDefault).map(({ metadata }) => metadata.name);
  const asked = seenIn(clouds).flatMap(classesOf);
  const missing = [...new Set(asked)].filter((name) => name !== undefined && !names.includes(name));
  const made = seenIn(claims).some((claim) => textAt(claim, "status", "phase") === "Bound");
  const byDefault = (asked.length === 0 || asked.includes(undefined)) && !made;
  const findings: Finding[] = [
    ...missing.map((name) => missingClass(name ?? "", names)),
    ...(byDefault && defaults.length === 0 ? [noDefault(names)] : []),
    ...(defaults.length > 1 ? [manyDefaults(defaults)] : []),
  ];
  const message =
    defaults[0] === undefined ? `StorageClasses ${names.join(", ")}` : `default StorageClass ${defaults[0]}`;
  return findings.length > 0 ? findings : [{ about, is: "ok", message }];
}

function isDefault({ metadata }: Live): boolean {
  return metadata.annotations?.[defaultClass] === "true";
}

/** The classes that a Cloud asks for; undefined stands for the default one. */
function classesOf(cloud: Live): (string | undefined)[] {
  return ["database", "messaging"].map((part) => textAt(cloud, "spec", part, "managed", "storage", "storageClassName"));
}

function missingClass(name: string, names: readonly string[]): Finding {
  const advice = `make it, or name another one (${names.join(", ") || "there is none"})`;
  return { about, is: "error", message: `there is no StorageClass ${name}`, advice };
}

function noDefault(names: readonly string[]): Finding {
  const mark = `mark one as default (${names.join(", ") || "there is none yet"})`;
  const advice = `${mark}, or name one in the Cloud (spec.database.managed.storage.storageClassName, spec.messaging likewise)`;
  return { about, is: "error", message: "there is no default StorageClass", advice };
}

function manyDefaults(defaults: readonly string[]): Finding {
  const message = `several default StorageClasses (${defaults.join(", ")}); the newest is taken`;
  return { about, is: "warning", message, advice: "leave one of them" };
}
