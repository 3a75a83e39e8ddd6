import { ageOf, type Paint, type Weight } from "../paint.ts";
import type { Report, StepReport } from "./report.ts";

const looks: Readonly<Record<string, readonly [mark: string, weight: Weight]>> = {
  Ready: ["✓", "good"],
  Done: ["✓", "good"],
  Reconciling: ["…", "under way"],
  Waiting: ["…", "under way"],
  Unseen: ["?", "under way"],
  Deleting: ["…", "under way"],
  Degraded: ["!", "bad"],
  Blocked: ["✗", "bad"],
  Stalled: ["✗", "bad"],
};

/** Reports as a tree: each Cloud with its steps by service, then the Registrations. */
export function renderTree(reports: readonly Report[], now: number, paint: Paint): string {
  return reports.map((report) => `${[headOf(report, now, paint), ...bodyOf(report, paint)].join("\n")}\n`).join("");
}

function headOf(report: Report, now: number, paint: Paint): string {
  const { kind, namespace, name, state, release, progress, created, since } = report;
  const facts = [
    ...(release === undefined ? [] : [`release ${release}`]),
    ...(progress === undefined ? [] : [`${progress} steps`]),
    `age ${ageOf(created, now)}`,
  ];
  const lasting = since === undefined ? "" : ` for ${ageOf(since, now)}`;
  return `${marked(state, paint)} ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}  ${paint(weightOf(state), state)}${lasting}  ${paint("quiet", facts.join(", "))}`;
}

function bodyOf({ state, reason, message, endpoints, conditions, steps }: Report, paint: Paint): string[] {
  const available = conditions.find(({ type, status }) => type === "Available" && status !== "True");
  const notes = [
    ...(state === "Ready" || message === undefined ? [] : [`${reason ?? ""}: ${message}`]),
    ...(available === undefined ? [] : [`not available: ${available.message}`]),
    ...(state === "Unseen" ? ["no operator has looked at it as it is now; kubectl nephos doctor tells why"] : []),
    ...Object.entries(endpoints).map(([name, url]) => `${name} at ${url}`),
  ];
  const groups = [...Map.groupBy(steps, ({ name }) => name.split("/")[0] ?? "")];
  const branches = groups.map(([service, members]) => branchOf(service, members, paint));
  return [
    ...notes.map((note) => `${branches.length === 0 ? " " : "│"}   ${note}`),
    ...branches.flatMap((lines, index) => grafted(lines, index === branches.length - 1 ? "last" : "inner")),
  ];
}

/** A service in one line where all of it is done; else with its steps below it. */
function branchOf(service: string, steps: readonly StepReport[], paint: Paint): string[] {
  const done = steps.filter(({ state }) => state === "Done").length;
  if (done === steps.length) return [`${marked("Done", paint)} ${service}  ${paint("quiet", `${done}/${done}`)}`];
  const worst =
    ["Blocked", "Degraded", "Waiting"].find((state) => steps.some((step) => step.state === state)) ?? "Waiting";
  const lines = steps.map((step) => leafOf(step, paint));
  return [
    `${marked(worst, paint)} ${service}  ${paint("quiet", `${done}/${steps.length}`)}`,
    ...lines.flatMap((line, index) => grafted([line], index === lines.length - 1 ? "last" : "inner")),
  ];
}

function leafOf({ name, state, message }: StepReport, paint: Paint): string {
  const phase = name.split("/").slice(1).join("/");
  const why = message === undefined ? "" : `  ${message}`;
  return `${marked(state, paint)} ${phase === "" ? name : phase}  ${paint(weightOf(state), state)}${why}`;
}

function grafted([first = "", ...rest]: readonly string[], place: "inner" | "last"): string[] {
  const [branch, trunk] = place === "last" ? ["└─ ", "   "] : ["├─ ", "│  "];
  return [`${branch}${first}`, ...rest.map((line) => `${trunk}${line}`)];
}

function marked(state: string, paint: Paint): string {
  return paint(weightOf(state), looks[state]?.[0] ?? "?");
}

function weightOf(state: string): Weight {
  return looks[state]?.[1] ?? "quiet";
}

/** What is new since the reports before, a line each: for output that cannot be drawn over. */
export function newsOf(before: readonly Report[], after: readonly Report[], at: string): string[] {
  const known = new Set(before.flatMap(linesOf));
  return after
    .flatMap(linesOf)
    .filter((line) => !known.has(line))
    .map((line) => `${at} ${line}`);
}

function linesOf({ kind, name, state, reason, steps }: Report): string[] {
  const title = `${kind} ${name}`;
  return [
    `${title}: ${state}${reason === undefined ? "" : ` (${reason})`}`,
    ...steps.map(
      (step) => `${title}: ${step.name}: ${step.state}${step.message === undefined ? "" : `: ${step.message}`}`,
    ),
  ];
}
