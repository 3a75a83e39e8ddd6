import { at, mapAt } from "../../../operator/object.ts";
import type { Scenario, Stage } from "../../../operator/testing/play.ts";
import { customKind } from "../../../operator/testing/world/kinds.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { cloudKind, type Means } from "../../cloud/plan.ts";
import { networkKind } from "../../network/plan.ts";
import { providerNetworkKind } from "../../network/users.ts";
import { means } from "../render.ts";
import { kettle, teapot } from "../teapot.ts";
import { namespace } from "../world.ts";
import { fabric, provider } from "./fabric.ts";
import { cloudInvariants } from "./invariants.ts";
import { mend, runBadly, runProgram, stuck } from "./programs.ts";
import { applied, catalogueLost, controllersWith, imageUpgrade, refused, rotate, stages } from "./stages.ts";
import { borrow, hostChanged } from "./outside.ts";
import { stateOf } from "./state.ts";

const registrationKind = { apiVersion: "nephos.dev/v1alpha1", kind: "Registration" } as const;
const kinds = [
  customKind(cloudKind, "clouds"),
  customKind(registrationKind, "registrations"),
  customKind(networkKind, "networks"),
  customKind(providerNetworkKind, "providernetworks"),
];
const nodeRef = { apiVersion: "v1", kind: "Node", name: "node-1" } as const;

function begin(world: World): void {
  world.store.create(
    { apiVersion: "v1", kind: "Node", metadata: { name: nodeRef.name, uid: "", resourceVersion: "" } },
    "cluster",
  );
  const status = { addresses: [{ type: "InternalIP", address: "192.0.2.10" }] };
  world.store.edit(nodeRef, (live) => ({ ...live, status }));
}

/** A node's heartbeat: wakes everything and changes nothing. */
function nudge(world: World): void {
  world.store.edit(nodeRef, (live) => ({
    ...live,
    status: { ...mapAt(live, "status"), heartbeat: Number(at(live, "status", "heartbeat") ?? 0) + 1 },
  }));
}

/** A scenario of a Cloud: what the operator brings along, then what happens, one thing after the other. */
export function scenario(name: string, brought: Means, ...happens: readonly Stage[]): Scenario {
  return {
    name,
    kinds,
    namespace,
    controllers: controllersWith(brought),
    run: runProgram,
    start: begin,
    stages: happens,
    invariants: () => cloudInvariants(brought.services),
    nudge,
    state: stateOf,
  };
}

const debug = { config: { DEFAULT: { debug: { value: "true" } } } };
const deploy = applied("deploy", means, {});
const shrink = applied("shrink", means, {});

const refusedRelease = refused(applied("another release", means, {}, { release: "2025.1" }), "ReleaseChange");
const reserved = { config: { database: { connection: { value: "sqlite://" } } } };
const refusedOption = refused(applied("reserved option", means, reserved), "ReservedOption");

/** Two services that no cloud has, and a way between releases that no operator offers yet. */
const fictional: Means = {
  ...means,
  services: [...means.services, teapot, kettle],
  paths: [{ from: "2025.1", to: "2026.1" }],
};
const older = { release: "2025.1" };

/** All that a Cloud can go through, as far as it is built. */
export const scenarios: readonly Scenario[] = [
  scenario("deploy", means, deploy),
  scenario("scale", means, deploy, applied("scale", means, { replicas: 3 }), shrink),
  scenario("configure", means, deploy, applied("configure", means, debug), shrink),
  scenario("secret", means, deploy, stages.secretLost, stages.secretRestored),
  scenario("delete", means, deploy, stages.delete, applied("again", means, {})),
  scenario("refused", means, deploy, refusedRelease, refusedOption, applied("back", means, {})),
  scenario("rotate", means, deploy, rotate(nudge)),
  scenario("repair", means, deploy, stages.vandals, stages.edited, catalogueLost(means)),
  scenario("claim", means, deploy, stages.claimReplaced),
  scenario("external", means, borrow, hostChanged),
  scenario("fabric", means, fabric.deploy, fabric.change, fabric.delete, fabric.again, rotate(nudge)),
  scenario("provider", means, provider.deploy, provider.change, provider.drift, provider.inUse, provider.free),
  scenario("upgrade", means, deploy, stages.sameUpgrade, imageUpgrade(means)),
  { ...scenario("failing", fictional, stuck(applied("deploy", fictional, {})), mend), run: runBadly },
  scenario("release", fictional, applied("deploy", fictional, {}, older), applied("release", fictional, {})),
];
