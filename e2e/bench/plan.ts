import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { planCell } from "../../controllers/cell/plan.ts";
import { planCloud } from "../../controllers/cloud/plan.ts";
import { means } from "../../controllers/testing/render.ts";
import { fabricOf, live, placed, settled, snapshot } from "../../controllers/testing/world.ts";
import { type Live, mapAt } from "../../operator/object.ts";
import { sample } from "../scene/scene.ts";

/** How long a plan takes of a Cloud with all services, and of its cell, that are as they are to be: what the operator does at each look. */

const [warming, counted] = [200, 1000];

const spec = mapAt(parse(readFileSync(sample, "utf8")), "spec");
const apiVersion = "nephos.dev/v1alpha1";
const cloud = live({ apiVersion, kind: "Cloud", metadata: { name: "demo" }, spec });
const cell = live({
  apiVersion,
  kind: "ComputeCell",
  metadata: { name: "cell1" },
  spec: { cloud: { name: "demo" } },
});
const ground = [cloud, cell, ...fabricOf("demo")];

/** All that Cloud and cell want, as it is when it is there: what some is called follows from what other has become. */
function settledObjects(): readonly Live[] {
  let own: readonly Live[] = [];
  for (let round = 0; round < 4; round++) {
    const seen = snapshot(cloud, ...ground.slice(1), ...own);
    const plans = [planCloud(cloud, seen, means), planCell(cell, seen, means)];
    own = plans.flatMap((plan) => placed(plan).steps.flatMap(({ objects }) => objects.map(settled)));
  }
  return own;
}

const seen = snapshot(cloud, ...ground.slice(1), ...settledObjects());
for (const [name, plan] of [
  ["Cloud", () => planCloud(cloud, seen, means)],
  ["ComputeCell", () => planCell(cell, seen, means)],
] as const) {
  const times = Array.from({ length: warming + counted }, () => {
    const began = performance.now();
    plan();
    return performance.now() - began;
  });
  const sorted = times.slice(warming).sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(counted * part)] ?? 0).toFixed(2);
  const objects = plan().steps.flatMap((step) => step.objects).length;
  process.stdout.write(`${name}: ${objects} objects, median ${at(0.5)} ms, p99 ${at(0.99)} ms\n`);
}
