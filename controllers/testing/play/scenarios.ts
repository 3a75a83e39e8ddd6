import { kinds } from "../../../crds/index.ts";
import { pluralOf } from "../../../operator/access.ts";
import { at, mapAt } from "../../../operator/object.ts";
import type { Scenario, Stage } from "../../../operator/testing/scenario.ts";
import { customKind, type KindInfo } from "../../../operator/testing/world/kinds.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import type { Means } from "../../cloud/plan.ts";
import type { ServiceDefinition } from "../../services/define.ts";
import { means } from "../render.ts";
import { kettle, teapot } from "../teapot.ts";
import { namespace } from "../world.ts";
import { carried } from "./beside.ts";
import { cell } from "./cell.ts";
import { fabric, provider } from "./fabric.ts";
import { beginHosts, hostControllers, hostInvariants, hosts, preflight } from "./hosts.ts";
import { cloudInvariants } from "./invariants.ts";
import { mend, runBadly, runProgram, stuck } from "./programs.ts";
import {
  applied,
  arrival,
  catalogueLost,
  claimReplaced,
  controllersWith,
  imageUpgrade,
  refused,
  rotate,
  stages,
} from "./stages.ts";
import { borrow, hostChanged } from "./outside.ts";
import { stateOf } from "./state.ts";

/** Every kind of ours: controllers wait for all that they read. */
const ourKinds: readonly KindInfo[] = kinds.map(({ group, version, kind }) => {
  const known = { apiVersion: `${group}/${version}`, kind };
  return customKind(known, pluralOf(known));
});
const nodeRef = { apiVersion: "v1", kind: "Node", name: "node-1" } as const;

function begin(world: World): void {
  world.store.create(
    { apiVersion: "v1", kind: "Node", metadata: { name: nodeRef.name, uid: "", resourceVersion: "" } },
    "cluster",
  );
  const ready = { type: "Ready", status: "True" };
  const status = { addresses: [{ type: "InternalIP", address: "192.0.2.10" }], conditions: [ready] };
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
    kinds: ourKinds,
    namespace,
    controllers: controllersWith(brought),
    run: runProgram,
    begin: preflight,
    start: begin,
    carried,
    stages: happens,
    invariants: () => cloudInvariants(brought.services),
    nudge,
    state: stateOf,
  };
}

/** The services that stand on no other: what happens to a Cloud as a whole is played with these, so that it costs no more with every service. */
const core: Means = { ...means, services: means.services.filter(({ after }) => after.length === 0) };
const debug = { config: { DEFAULT: { debug: { value: "true" } } } };
const shrink = applied("shrink", core, {});
const deployments = new Map<string, Stage>();
const deploy = deployOf(core);

const refusedRelease = refused(applied("another release", core, {}, { release: "2025.1" }), "ReleaseChange");
const reserved = { config: { database: { connection: { value: "sqlite://" } } } };
const refusedOption = refused(applied("reserved option", core, reserved), "ReservedOption");

/** With two services that no cloud has, and a way between releases that no operator offers yet. */
const withFiction = ({ services }: Means): Means => ({
  ...means,
  services: [...services, teapot, kettle],
  paths: [{ from: "2025.1", to: "2026.1" }],
});
const fictional = withFiction(core);
const older = { release: "2025.1" };

/** Services with all that they stand on, in the order in which they come up. */
function withGround(name: string): Means {
  const all = [...means.services, teapot];
  const below = (each: string): readonly string[] => [
    each,
    ...(all.find((service) => service.name === each)?.after ?? []).flatMap(below),
  ];
  const ground = new Set(below(name));
  return { ...means, services: all.filter((service) => ground.has(service.name)) };
}

/** The deployment of a Cloud of these: the same stage for the same services, so that what begins with it is played once. */
function deployOf(brought: Means): Stage {
  const key = brought.services.map(({ name }) => name).join();
  const known = deployments.get(key) ?? applied("deploy", brought, {});
  deployments.set(key, known);
  return known;
}

/** What a service goes through by itself, in a Cloud that has what it stands on: it comes, and is configured. */
function arrivalOf(service: ServiceDefinition): Scenario {
  const after = withGround(service.name);
  const before: Means = { ...after, services: after.services.filter((each) => each !== service) };
  const configured = applied("configure", { ...after, services: [service] }, debug);
  const played = scenario(`arrival-${service.name}`, after, deployOf(before), arrival(after), configured);
  return { ...played, controllers: controllersWith(before) };
}

/** A Cloud of these goes from one release to another. */
const release = (name: string, brought: Means): Scenario =>
  scenario(name, brought, applied("deploy", brought, {}, older), applied("release", brought, {}));

const further = means.services.filter((service) => !core.services.includes(service));

/** All that a Cloud can go through, as far as it is built. */
export const scenarios: readonly Scenario[] = [
  scenario("deploy", core, deploy),
  scenario("scale", core, deploy, applied("scale", core, { replicas: 3 }), shrink),
  scenario("configure", core, deploy, applied("configure", core, debug), shrink),
  scenario("secret", core, deploy, stages.secretLost, stages.secretRestored),
  scenario("delete", core, deploy, stages.delete, applied("again", core, {})),
  scenario("refused", core, deploy, refusedRelease, refusedOption, applied("back", core, {})),
  scenario("rotate", core, deploy, rotate(nudge)),
  scenario("repair", core, deploy, stages.vandals, stages.edited, catalogueLost(core)),
  scenario("claim", core, deploy, claimReplaced(core)),
  scenario("external", core, borrow, hostChanged),
  scenario("fabric", core, fabric.deploy, fabric.change, fabric.delete, fabric.again, rotate(nudge)),
  scenario("provider", core, provider.deploy, provider.change, provider.drift, provider.inUse, provider.free),
  scenario("cell", withGround("nova"), cell.deploy, cell.change, cell.delete, cell.again),
  {
    ...scenario("hosts", core),
    stages: [
      hosts.deploy,
      hosts.stay,
      hosts.follow,
      hosts.change,
      hosts.join,
      hosts.occupy,
      hosts.vacate,
      hosts.back,
      hosts.leave,
      hosts.delete,
    ],
    ...{ controllers: hostControllers, start: beginHosts },
    invariants: () => [...cloudInvariants(core.services), ...hostInvariants],
  },
  scenario("upgrade", core, deploy, stages.sameUpgrade, imageUpgrade(core)),
  { ...scenario("failing", fictional, stuck(applied("deploy", fictional, {})), mend), run: runBadly },
  release("release", fictional),
  ...[...further, teapot].map(arrivalOf),
  ...(further.length === 0 ? [] : [release("whole", withFiction(means))]),
];
