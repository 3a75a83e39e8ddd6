import { nameFor } from "../../../operator/object.ts";
import type { Plan } from "../../../operator/plan.ts";
import type { Difference } from "./difference.ts";
import type { Change } from "./fields.ts";
import { shownObject, wordsOf, yamlOf } from "./render.ts";

/** What a diff tells besides the differences. */
export interface DiffTitle {
  /** `Cloud demo`. */
  readonly title: string;
  readonly namespace: string;
  readonly plan: Plan;
  /** What is to change in the object of the manifest itself; undefined where it is not there yet. */
  readonly own: readonly Change[] | undefined;
}

const marks = { create: "+", change: "~", replace: "±", prune: "-", refuse: "!", keep: " " } as const;
const words = {
  create: "to create",
  change: "to change",
  replace: "to replace",
  prune: "to prune",
  refuse: "refused",
  keep: "unchanged",
} as const;

const jobNames = "  A Job's name ends in a digest of the volume that it works on: those below will be others.";

/** Differences as text, step by step; unchanged objects are only counted. */
export function renderDiff({ title, namespace, plan, own }: DiffTitle, differences: readonly Difference[]): string {
  const counts = Object.entries(words).flatMap(([what, word]) => {
    const count = differences.filter((each) => each.what === what).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const bySteps = plan.steps.map(({ name, after, held }) => {
    const lines = differences.filter((each) => each.step === name && each.what !== "keep").flatMap(linesOf);
    const why = held === undefined ? [] : [`  ${held.is === "blocked" ? "!" : "…"} ${wordsOf(held)}`];
    return lines.length + why.length === 0
      ? []
      : ["", [name, ...(after.length === 0 ? [] : [`after ${after.join(", ")}`])].join(", "), ...why, ...lines];
  });
  const orphans = differences.filter(({ step }) => step === undefined).flatMap(linesOf);
  return [
    `${title} in namespace ${namespace}: ${counts.length === 0 ? "nothing to do" : counts.join(", ")}`,
    ...ownLines(title, own),
    ...(own === undefined && differences.some(({ what, ref }) => what === "create" && ref.kind === "Job")
      ? [jobNames]
      : []),
    ...bySteps.flat(),
    ...(orphans.length === 0 ? [] : ["", "wanted no more, removed once all steps are done", ...orphans]),
    "",
  ].join("\n");
}

function ownLines(title: string, own: readonly Change[] | undefined): string[] {
  if (own === undefined) return ["", `+ ${title}`];
  return own.length === 0 ? [] : ["", `~ ${title}`, ...own.flatMap(changeLines).map((line) => `    ${line}`)];
}

function linesOf(difference: Difference): string[] {
  const first = `  ${marks[difference.what]} ${nameFor(difference.ref)}`;
  switch (difference.what) {
    case "create":
      return [first, ...indented(yamlOf(shownObject(difference.wanted)).trimEnd().split("\n"))];
    case "change":
    case "replace":
      return [first, ...indented(difference.changes.flatMap(changeLines))];
    case "refuse":
      return [first, ...indented([difference.why])];
    default:
      return [first];
  }
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `      ${line}`.trimEnd());
}

/** A line for a change; a text of several lines line by line. */
export function changeLines({ path, from, to }: Change): string[] {
  if (typeof from === "string" && typeof to === "string" && (from.includes("\n") || to.includes("\n")))
    return [`${path}:`, ...lineDiff(from.split("\n"), to.split("\n"))];
  return [`${path}: ${shown(from)} → ${shown(to)}`];
}

function shown(value: unknown): string {
  if (value === undefined) return "(none)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What stands between the lines that two texts begin and end with alike, each line behind its sign. */
function lineDiff(old: readonly string[], fresh: readonly string[]): string[] {
  const most = Math.min(old.length, fresh.length);
  const alike = (index: (list: readonly string[], offset: number) => string | undefined, limit: number): number => {
    let count = 0;
    while (count < limit && index(old, count) === index(fresh, count)) count++;
    return count;
  };
  const head = alike((list, offset) => list[offset], most);
  const tail = alike((list, offset) => list.at(-1 - offset), most - head);
  return [
    ...old.slice(head, old.length - tail).map((line) => `- ${line}`),
    ...fresh.slice(head, fresh.length - tail).map((line) => `+ ${line}`),
  ];
}
