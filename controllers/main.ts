import { systemClock } from "../operator/clock.ts";
import { serveHealth } from "../operator/health.ts";
import { processLog } from "../operator/log.ts";
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
const runtime = startRuntime({
  transport,
  controllers: controllers(imageResolver(imageDefaults(env))),
  namespaces,
  clock: systemClock,
  log,
  signal: stop.signal,
});
const health = serveHealth(Number(env["HEALTH_PORT"] ?? 8080), {
  "/livez": () => undefined,
  "/readyz": () => runtime.unready(),
});
log.info({ namespaces }, "started");

await runtime.stopped;
health.close();
await transport.close();
log.info({}, "stopped");
