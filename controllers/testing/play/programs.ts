import { at, type Live } from "../../../operator/object.ts";
import type { End } from "../../../operator/testing/actors.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Stage } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { besideOf } from "./beside.ts";
import { bootstrap, databaseServes, databasesOf, hostIn, serves } from "./keystone.ts";
import { drop, says, step } from "./stages.ts";

/** What the programs in the Jobs do. */
export function runProgram(job: Live, world: World): End | undefined {
  const pod = at(job, "spec", "template", "spec");
  if (!databaseServes(world, pod)) return undefined;
  const service = labelOf(job, "name");
  if (["check", "broker"].includes(labelOf(job, "component"))) return "success";
  const { founded } = databasesOf(world, pod);
  if (job.metadata.name.startsWith(`${service}-database-`)) founded.add(service);
  // The volume is empty: there is no database to work on.
  if (!founded.has(service) && !isGiven(service, world, pod)) return "failure";
  if (job.metadata.name.startsWith("keystone-bootstrap-")) void bootstrap(world, pod);
  return "success";
}

function labelOf({ metadata }: Live, label: string): string {
  return metadata.labels?.[`app.kubernetes.io/${label}`] ?? "";
}

/** Whether the databases are somebody else's, and there without any doing of ours. */
function isGiven(service: string, world: World, pod: unknown): boolean {
  const made = objectsOf(world, "Job").some(({ metadata }) => metadata.name.startsWith(`${service}-database-`));
  return !made && hostIn(world, pod) !== undefined;
}

const failedTwice = "keystone-expand-";
const failedForGood = "teapot-expand-";

/** As above, but for one program that succeeds at its third Job, and one that ends with a code that is final until somebody mends it. */
export function runBadly(job: Live, world: World): End | undefined {
  const end = runProgram(job, world);
  if (end !== "success") return end;
  if (job.metadata.name.startsWith(failedForGood) && !besideOf(world).mended) return "final";
  if (!job.metadata.name.startsWith(failedTwice)) return end;
  return besideOf(world).tried.add(job.metadata.uid).size <= 2 ? "failure" : "success";
}

const failedJobs = (world: World): Live[] =>
  objectsOf(world, "Job").filter((job) => conditionOf(job, "Failed") !== undefined);

/** The deployment of services of which one cannot be migrated: what is to come after that is not there, and nothing else is in the way. */
export function stuck({ title, act }: Stage): Stage {
  return {
    title,
    act,
    settled: (world) =>
      says(world, "JobFailed") &&
      failedJobs(world).every(({ metadata }) => metadata.name.startsWith(failedForGood)) &&
      serves(world, "Deployment", "keystone-api") &&
      !serves(world, "Deployment", "teapot-api"),
  };
}

/** Somebody puts right what the program stumbled over, and deletes its Job, as the message says. */
export const mend = step("mend", (world) => {
  besideOf(world).mended = true;
  for (const { apiVersion, kind, metadata } of failedJobs(world)) drop(world, apiVersion, kind, metadata.name);
});
