import { at, textAt } from "../../../operator/object.ts";
import { objectsOf } from "../../../operator/testing/play.ts";
import type { Stage } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { conditionOf } from "../../../operator/verdict.ts";
import { networkKind } from "../../network/plan.ts";
import { namespace } from "../world.ts";
import { applyCloud, drop, type Fields, ready, step } from "./stages.ts";

const networkRef = { ...networkKind, namespace, name: "fabric" };

function applyNetwork(world: World, spec: Fields): void {
  const whole = { cloud: { name: "prod" }, ...spec };
  const wanted = { ...networkRef, metadata: { name: "fabric", namespace, uid: "", resourceVersion: "" }, spec: whole };
  world.store.apply(wanted, { manager: "kubectl", force: true, subresource: undefined });
}

/** Whether the Cloud is ready, and its fabric for packets of that many bytes. */
const woven =
  (serverMtu: number) =>
  (world: World): boolean => {
    const network = world.store.get(networkRef);
    return (
      ready(world) &&
      network !== undefined &&
      conditionOf(network, "Ready") !== undefined &&
      at(network, "status", "observedGeneration") === network.metadata.generation &&
      at(network, "status", "resolved", "serverMtu") === serverMtu
    );
  };

const gone = (world: World): boolean =>
  world.store.get(networkRef) === undefined &&
  ["StatefulSet", "Deployment", "Pod"].every((kind) =>
    objectsOf(world, kind).every((each) => !(textAt(each, "metadata", "name") ?? "").startsWith("ovn-")),
  );

/** What happens to the fabric of a Cloud. */
export const fabric = {
  deploy: step(
    "deploy",
    (world) => {
      applyNetwork(world, {});
      applyCloud(world, {});
    },
    woven(1442),
  ),
  change: step("change", (world) => applyNetwork(world, { mtu: 9000 }), woven(8942)),
  delete: step("delete", (world) => drop(world, networkKind.apiVersion, networkKind.kind, "fabric"), gone),
  again: step("again", (world) => applyNetwork(world, {}), woven(1442)),
} as const satisfies Readonly<Record<string, Stage>>;
