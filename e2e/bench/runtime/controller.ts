import { systemClock } from "../../../operator/clock.ts";
import type { Controller } from "../../../operator/controller.ts";
import { processLog } from "../../../operator/log.ts";
import { type Live, type Manifest, numberAt, textAt } from "../../../operator/object.ts";
import { identity } from "../../../operator/plan.ts";
import { startRuntime } from "../../../operator/runtime.ts";
import { httpTransport } from "../../../operator/transport.ts";
import { accessFrom } from "../../lab/access.ts";
import { watchStalls } from "./stalls.ts";

/** Where the driver puts its Parents. */
const namespace = "bench";
const configMap = { apiVersion: "v1", kind: "ConfigMap" } as const;

/** Parent to ConfigMaps: what the baseline does, as a declaration. */
const parentController: Controller = {
  name: "bench",
  kind: { apiVersion: "bench.nephos.dev/v1", kind: "Parent" },
  reads: [],
  owns: [configMap],

  plan: (parent) => ({ steps: [{ name: "children", after: [], objects: childrenOf(parent) }] }),

  status: (parent, _verdicts, seen) => ({
    ready: seen.list(configMap, {
      namespace: parent.metadata.namespace,
      labels: { [identity.subject]: parent.metadata.uid },
    }).length,
    observedGeneration: parent.metadata.generation,
  }),
};

function childrenOf(parent: Live): Manifest[] {
  const data = { payload: textAt(parent, "spec", "payload") ?? "" };
  return Array.from({ length: numberAt(parent, "spec", "children") ?? 0 }, (_, position) =>
    Object.assign({ ...configMap, metadata: { name: `${parent.metadata.name}-${position}` } }, { data }),
  );
}

const { env } = process;
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
const stalls = watchStalls();

const transport = httpTransport(accessFrom(env["KUBECONFIG"] ?? ""));
const runtime = startRuntime({
  transport,
  controllers: [parentController],
  namespaces: [namespace],
  clock: systemClock,
  log: processLog("info"),
  signal: stop.signal,
  instance: "bench",
  workers: Number(env["WORKERS"] ?? 10),
});
await runtime.stopped;
await transport.close();
// The last line that the driver passes on; the runner looks for it.
process.stderr.write(`${JSON.stringify({ stalls: stalls() })}\n`);
