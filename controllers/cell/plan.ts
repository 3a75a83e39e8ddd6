import { computeCellSpec, type ComputeCellSpec } from "../../crds/compute-cell.ts";
import { dressed, ownView } from "../../operator/dress.ts";
import { type Live, refOf } from "../../operator/object.ts";
import { type Plan, progress, type Snapshot, type Step } from "../../operator/plan.ts";
import { secretRef } from "../../operator/recipe.ts";
import { conditionOf, judgeStep, type Verdict } from "../../operator/verdict.ts";
import { belongingsOf } from "../cloud/belongings.ts";
import { owningCloud } from "../cloud/owner.ts";
import { cloudKind, contextOf, type Means, planCloud, withUserConfig } from "../cloud/plan.ts";
import { heldByLoss, partRecord } from "../cloud/record.ts";
import { unreadable } from "../refusal.ts";
import { removal, type Run, unused } from "../removal.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { nova } from "../services/nova.ts";
import { renderService } from "../services/render.ts";
import { isProgram, workloadOf } from "../services/workloads.ts";
import { mappedFact } from "./cells.ts";
import { cellDefinition } from "./definition.ts";
import { usersOf } from "./users.ts";

/** A cell as what renders services sees it, in the Cloud that it belongs to. */
export interface Cell {
  readonly cloud: Live;
  readonly service: ServiceDefinition;
  readonly context: ServiceContext;
}

/** The cell with what it is rendered from; what is missing, as a verdict, where it cannot be. Throws for a spec that the schema refuses. */
export function cellOf(
  cell: Live,
  seen: Snapshot,
  means: Means,
  standsOn: (secret: string) => void = () => undefined,
): Cell | Verdict {
  const spec = computeCellSpec.parse(cell["spec"]);
  const { namespace = "", name } = cell.metadata;
  const owner = owningCloud(seen, namespace, spec.cloud.name);
  if ("is" in owner) return owner;
  const { cloud } = owner;
  const service = cellDefinition(name);
  return { cloud, service, context: withWishes(contextOf(cloud, seen, means, standsOn), service, spec) };
}

/** What the user says about the cell stands where the Cloud's spec has what is said about services. */
function withWishes(context: ServiceContext, { name }: ServiceDefinition, wishes: ComputeCellSpec): ServiceContext {
  const { spec } = context;
  const ports = { ...spec.exposure.ports, [name]: wishes.console.port };
  const { replicas, resources, placement, config } = wishes;
  const services = { ...spec.services, [name]: { replicas, resources, placement, config } };
  return {
    ...context,
    upgrade: { gates: [], rolled: {} },
    spec: { ...spec, exposure: { ...spec.exposure, ports }, services },
  };
}

/** What of Nova itself the steps of a cell come after: its schema, and its user, without which a conductor ends as soon as it has started. */
const afterNova: Readonly<Record<string, readonly string[]>> = {
  config: [`${nova.name}/expand`],
  workers: [`${nova.name}/registration`],
};

/** The steps from a ComputeCell's spec to a cell that Nova knows; one undone step where it cannot be rolled out at all. */
export function planCell(cell: Live, seen: Snapshot, means: Means): Plan {
  const unread = computeCellSpec.safeParse(cell["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable("cell/spec", unread)] };
  const secrets = new Set<string>();
  const found = cellOf(cell, seen, means, (name) => void secrets.add(name));
  if ("is" in found) return { steps: [{ name: "cell/cloud", after: [], objects: [], held: found }] };
  const { cloud, service, context } = found;
  const { namespace } = context;
  const rendered = withUserConfig(renderService(service, context), service, context).map((step) => ({
    ...step,
    after: [...step.after, ...(afterNova[step.name.slice(service.name.length + 1)] ?? [])],
  }));
  const record = `${service.name}-record`;
  const belongings = belongingsOf([service], context, seen).filter(({ secrets: own }) =>
    own.some(({ metadata }) => metadata.name.startsWith(`${service.name}-`)),
  );
  const facts = { [mappedFact]: mappedBy(rendered, service, seen, namespace) };
  const steps = [
    ...rendered,
    { name: "cell/record", after: [], objects: [partRecord(record, belongings, facts, seen, namespace)] },
  ].map(heldByLoss(belongings, seen, namespace, record));
  const whole = planCloud(cloud, seen, means);
  return {
    steps: [...stepsOfCloud(cloud, whole, steps, seen), ...steps],
    basis: [
      { ...cloudKind, namespace, name: cloud.metadata.name },
      ...(whole.basis ?? []),
      ...[...secrets].sort().map((name) => secretRef(namespace, name)),
    ],
  };
}

/** The Job that told Nova of the cell as it is now; undefined until it did. */
function mappedBy(
  steps: readonly Step[],
  { name }: ServiceDefinition,
  seen: Snapshot,
  namespace: string,
): string | undefined {
  const jobs = steps.filter((step) => step.name === `${name}/setup`).flatMap(({ objects }) => objects);
  const done = jobs.find((job) => {
    const live = seen.get({ ...refOf(job), namespace });
    return live !== undefined && conditionOf(live, "Complete") !== undefined;
  });
  return done?.metadata.name;
}

/** The steps of the Cloud that the cell comes after, judged as the Cloud judges them: nothing of them is written here. */
function stepsOfCloud(cloud: Live, whole: Plan, steps: readonly Step[], seen: Snapshot): Step[] {
  const own = new Set(steps.map((step) => step.name));
  const needed = new Set(steps.flatMap(({ after }) => after).filter((step) => !own.has(step)));
  const { verdicts } = progress(dressed(whole, cloud), ownView(seen, cloud), judgeStep);
  return [...needed].map((step) => {
    const verdict = verdicts.get(step);
    const done = verdict?.is === "done" || verdict?.is === "degraded";
    const held: Verdict = { is: "waiting", on: `step ${step} of Cloud ${cloud.metadata.name}` };
    return { name: step, after: [], objects: [], ...(done ? {} : { held }) };
  });
}

/** What has to happen before a ComputeCell may go: nothing uses it any more, then its programs go. What it keeps in database and broker stays, and Nova knows of it. */
export function planCellDeletion(cell: Live, seen: Snapshot): Plan {
  const service = cellDefinition(cell.metadata.name);
  return {
    steps: [
      unused("cell", cell, usersOf(cell, seen)),
      ...service.processes.map((process) => {
        const kind = isProgram(process) ? "StatefulSet" : "Deployment";
        const run: Run = { kind, name: workloadOf(service, process), service: service.name, component: process.name };
        return removal(process.name, ["cell/users"], run, cell);
      }),
    ],
  };
}
