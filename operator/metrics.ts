import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Expiry } from "./expiry.ts";
import type { Verdict } from "./verdict.ts";

/** What the runtime counts. Names are controller-runtime's where it has one, so that existing dashboards work. */
export interface Metrics {
  pass(controller: string, result: string, seconds: number): void;
  queueDepth(controller: string, depth: number): void;
  write(controller: string, verb: string, kind: string): void;
  watchRestarted(kind: string, reason: string): void;
  /** The steps of one object by state; undefined when the object is gone. */
  steps(controller: string, object: string, verdicts: ReadonlyMap<string, Verdict> | undefined): void;
  /** When the certificates of one object end; undefined when the object is gone. */
  certificates(controller: string, object: string, expiries: readonly Expiry[] | undefined): void;
  leading(name: string, isLeader: "yes" | "no"): void;
  call(method: string, status: number): void;
  /** Everything in Prometheus' text format, the process's own figures and the event loop's lag included. */
  text(): Promise<string>;
}

const states = ["done", "degraded", "waiting", "blocked"] as const;

type Counts = Readonly<Record<(typeof states)[number], number>>;

function countOf(verdicts: ReadonlyMap<string, Verdict>): Counts {
  const counts = { done: 0, degraded: 0, waiting: 0, blocked: 0 };
  for (const { is } of verdicts.values()) counts[is]++;
  return counts;
}

/** Metrics of one process. */
export function processMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const all = instruments(registry);
  /** Steps by state of each object; the series are sums, since one per object would be tens of thousands. */
  const counts = new Map<string, Counts>();
  const certificates = new Map<string, readonly string[]>();
  return {
    pass: (controller, result, seconds) => {
      all.passes.inc({ controller, result });
      all.passSeconds.observe({ controller }, seconds);
    },
    queueDepth: (name, depth) => all.depth.set({ name }, depth),
    write: (controller, verb, kind) => all.writes.inc({ controller, verb, kind }),
    watchRestarted: (kind, reason) => all.restarts.inc({ kind, reason }),
    steps: (controller, object, verdicts) => {
      const before = counts.get(`${controller} ${object}`);
      const after = verdicts === undefined ? undefined : countOf(verdicts);
      if (after === undefined) counts.delete(`${controller} ${object}`);
      else counts.set(`${controller} ${object}`, after);
      for (const state of states) {
        const difference = (after?.[state] ?? 0) - (before?.[state] ?? 0);
        if (difference !== 0) all.steps.inc({ controller, state }, difference);
      }
    },
    certificates: (controller, object, expiries = []) => {
      const [namespace = ""] = object.split("/");
      const now = new Map(expiries.map(({ name, minute }) => [name, minute * 60]));
      for (const name of certificates.get(`${controller} ${object}`) ?? [])
        if (!now.has(name)) all.expiry.remove({ namespace, name });
      for (const [name, seconds] of now) all.expiry.set({ namespace, name }, seconds);
      certificates.set(`${controller} ${object}`, [...now.keys()]);
    },
    leading: (name, isLeader) => all.leader.set({ name }, isLeader === "yes" ? 1 : 0),
    call: (method, code) => all.calls.inc({ method, code }),
    text: () => registry.metrics(),
  };
}

function instruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  return {
    passes: counter("controller_runtime_reconcile_total", "Passes by controller and result.", ["controller", "result"]),
    passSeconds: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "How long a pass took.",
      labelNames: ["controller"],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    }),
    depth: gauge("workqueue_depth", "Objects that wait for a pass, now or later.", ["name"]),
    writes: counter("nephos_writes_total", "Writes to the API server.", ["controller", "verb", "kind"]),
    restarts: counter("nephos_watch_restarts_total", "Watches that began anew.", ["kind", "reason"]),
    steps: gauge("nephos_steps", "Steps of all objects by state.", ["controller", "state"]),
    expiry: gauge(
      "nephos_certificate_expiry_timestamp_seconds",
      "When the certificate in a Secret ends, in seconds since 1970.",
      ["namespace", "name"],
    ),
    leader: gauge("leader_election_master_status", "Whether this process holds the lease.", ["name"]),
    calls: counter("rest_client_requests_total", "Calls to the API server.", ["method", "code"]),
  };
}
