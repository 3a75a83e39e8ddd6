import { randomBytes } from "node:crypto";
import { systemClock } from "../operator/clock.ts";
import { serveHealth } from "../operator/health.ts";
import { processLog } from "../operator/log.ts";
import { processMetrics } from "../operator/metrics.ts";
import { messageOf } from "../operator/outcome.ts";
import { startRuntime } from "../operator/runtime.ts";
import { httpTransport, podAccess } from "../operator/transport.ts";
import { imageDefaults, imageResolver } from "./images.ts";
import { controllers } from "./index.ts";

const { env } = process;
const log = processLog(env["NEPHOS_LOG_LEVEL"] ?? "info");
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

const namespaces = (env["WATCH_NAMESPACES"] ?? "").split(",").filter((name) => name !== "");
const transport = httpTransport(podAccess(env));
const metrics = processMetrics();
const runtime = startRuntime({
  transport,
  controllers: controllers(imageResolver(imageDefaults(env))),
  namespaces,
  clock: systemClock,
  log,
  metrics,
  signal: stop.signal,
  instance: `${env["POD_NAME"] ?? "nephos"}-${randomBytes(4).toString("hex")}`,
  lease: { namespace: env["POD_NAMESPACE"] ?? "nephos-system", name: "nephos" },
});
const checks = { "/livez": () => undefined, "/readyz": () => runtime.unready() };
const health = serveHealth(Number(env["HEALTH_PORT"] ?? 8080), checks, () => metrics.text());
log.info({ namespaces }, "started");

try {
  await runtime.stopped;
  log.info({}, "stopped");
} catch (error) {
  // Nothing may be written any more: no tidying up, the next process starts from what is in the cluster.
  log.error({ reason: messageOf(error) }, "ended");
  process.exit(1);
}
health.close();
await transport.close();
