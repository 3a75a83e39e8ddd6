import { at } from "../../../operator/object.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Stage } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { cellKind } from "../../cell/cells.ts";
import { namespace } from "../world.ts";
import { applyAs, applyCloud, drop, type Fields, ready, step } from "./stages.ts";

const cellRef = { ...cellKind, namespace, name: "cell1" };

function applyCell(world: World, spec: Fields): void {
  applyAs(world, cellKind, cellRef.name, { cloud: { name: "prod" }, ...spec });
}

/** Of console proxy, conductor and the Job that tells Nova; another is of the past, and goes with the last pod that started from it. */
const configurations = 3;

/** Whether Cloud and cell are ready as they are wanted now, with nothing left of the past, and Nova's programs have learned of the cell. */
function told(world: World): boolean {
  const cell = world.store.get(cellRef);
  return (
    ready(world) &&
    cell !== undefined &&
    conditionOf(cell, "Ready") !== undefined &&
    at(cell, "status", "observedGeneration") === cell.metadata.generation &&
    objectsOf(world, "Secret").filter(({ metadata }) => metadata.name.startsWith("nova-cell1-config-")).length ===
      configurations &&
    ["Deployment", "StatefulSet"]
      .flatMap((kind) => objectsOf(world, kind))
      .filter(({ metadata }) => /^nova-(api|metadata|scheduler|conductor)$/.test(metadata.name))
      .every((live) => at(live, "spec", "template", "metadata", "annotations", "nephos.dev/cells") !== undefined)
  );
}

const gone = (world: World): boolean =>
  world.store.get(cellRef) === undefined &&
  ["StatefulSet", "Deployment", "Pod", "Job"].every((kind) =>
    objectsOf(world, kind).every(({ metadata }) => !metadata.name.startsWith("nova-cell1-")),
  );

const debug = { config: { DEFAULT: { debug: { value: "true" } } } };

/** What happens to a cell of Nova. */
export const cell = {
  deploy: step(
    "deploy",
    (world) => {
      applyCell(world, {});
      applyCloud(world, {});
    },
    told,
  ),
  change: step("cell changed", (world) => applyCell(world, debug), told),
  delete: step("delete", (world) => drop(world, cellKind.apiVersion, cellKind.kind, cellRef.name), gone),
  again: step("again", (world) => applyCell(world, {}), told),
} as const satisfies Readonly<Record<string, Stage>>;
