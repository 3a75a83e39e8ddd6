import { join } from "node:path";
import { controllers } from "../../controllers/index.ts";
import { cloudKind } from "../../controllers/cloud/plan.ts";
import { snapshotWith } from "../../controllers/cli/plan/imagined.ts";
import { networkKind } from "../../controllers/network/fabric.ts";
import { computePoolKind } from "../../controllers/network/users.ts";
import { ownView } from "../../operator/dress.ts";
import { isLive, type Kind, type Live, listAt, textAt } from "../../operator/object.ts";
import { applyCloud, cloud, ready } from "../scene/cloud.ts";
import type { Scene } from "../scene/scene.ts";
import { firstServer } from "../up/first-server.ts";
import { applyHosts, hostsReady } from "../up/hosts.ts";
import { criticalPath } from "./critical-path.ts";
import { name, onFigures } from "./figures.ts";
import { memoryOfPods } from "./memory.ts";

/** How long from the apply of a cloud with one host to a server that answers, by which steps, and how much memory all of it takes. */

const nephos = (kind: string): Kind => ({ apiVersion: "nephos.dev/v1alpha1", kind });
const kinds = [cloudKind, nephos("ComputeCell"), networkKind, computePoolKind, nephos("ComputeNode")];

/**
 * What stands between kinds, where no step says it: nova-compute starts with its cell's conductor, a host is asked for in Nova and Neutron,
 * and a server comes to a host.
 */
const between: Readonly<Record<string, readonly string[]>> = {
  "host/agents": ["nova-cell1/workers"],
  "host/service": ["nova-cell1/workers", "nova/registration", "neutron/registration"],
  server: ["host/service", "cloud/record"],
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Every object of ours, over our own client: a kubectl every half a second would be a good part of what is measured. */
async function objectsOf(at: Scene): Promise<readonly Live[]> {
  const scope = { namespace: cloud.namespace };
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { items } = await at.client.list(kind, scope);
      // Members of a list have no kind of their own.
      return items.map((item) => Object.assign({ ...kind }, item));
    }),
  );
  return lists.flat().filter(isLive);
}

/** What each step comes after, as the controllers plan it. */
function aftersOf(objects: readonly Live[]): Map<string, readonly string[]> {
  const seen = snapshotWith(objects, 0);
  const plans = objects.flatMap((live) =>
    controllers((image) => image)
      .filter(({ kind }) => kind.kind === live.kind)
      .map((controller) => controller.plan(live, ownView(seen, live), undefined)),
  );
  const steps = plans.flatMap((plan) => plan.steps);
  const known = Map.groupBy(steps, (step) => step.name);
  return new Map([
    ...[...known].map(([step, all]) => [step, all.flatMap(({ after }) => after)] as const),
    ...Object.entries(between).map(
      ([step, more]) => [step, [...(known.get(step) ?? []).flatMap(({ after }) => after), ...more]] as const,
    ),
  ]);
}

async function measure(at: Scene): Promise<void> {
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const done = new Map<string, number>();
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      for (const live of await objectsOf(at).catch(() => []))
        for (const step of listAt(live, "status", "steps"))
          if (textAt(step, "state") === "Done" && !done.has(textAt(step, "name") ?? ""))
            done.set(textAt(step, "name") ?? "", since());
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  await Promise.all([applyCloud(at), applyHosts(at.cluster, at.cluster.outer, cloud.namespace)]);
  await Promise.all([ready(at, 600), hostsReady(at.cluster, cloud.namespace, 600, () => undefined)]);
  say(`cloud and host Ready after ${since().toFixed(1)} s`);
  const program = process.env["NEPHOS_TEST_CLIENT"] ?? "openstack";
  await firstServer(at.cluster, cloud, program, (line) => say(`  ${since().toFixed(1).padStart(5)} s  ${line}`));
  done.set("server", since());
  watching.abort();
  await watch;
  say(`a server answers after ${since().toFixed(1)} s, by way of`);
  for (const { step, done: end, took } of criticalPath(done, aftersOf(await objectsOf(at))))
    say(`  ${end.toFixed(1).padStart(5)} s  ${step}, ${took.toFixed(1)} s`);
}

await onFigures(async (at) => {
  await measure(at);
  for (const [pod, mebibytes] of await memoryOfPods(join("/nephos", name), at)) say(`  ${mebibytes} MiB  ${pod}`);
});
