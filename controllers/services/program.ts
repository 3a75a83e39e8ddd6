import type { IContainer } from "kubernetes-models/v1/Container";
import type { IProbe } from "kubernetes-models/v1/Probe";
import type { Process, Program } from "./define.ts";
import type { OsloConfig } from "./oslo.ts";
import { rpcPingPath } from "./rpc-ping.ts";
import { isProgram } from "./workloads.ts";

/** Seconds that a program has from SIGTERM to SIGKILL. */
export function stopInSecondsOf({ stopInSeconds = 90 }: Program): number {
  return stopInSeconds;
}

/**
 * How long a pod must have run to count: one that is asked whether it serves is judged by its answer; of any other all that can be
 * seen from outside is that it did not end, and what is wrong with a configuration ends it soon.
 */
export function settlingOf({ topic }: Program): { readonly settleInSeconds?: number } {
  return topic === undefined ? { settleInSeconds: 15 } : {};
}

/** What is ours alone to set for a program: to answer when it is asked whether it serves, and to stop before it is killed. */
export function programOptions(process: Process): OsloConfig {
  if (!isProgram(process)) return {};
  const ping = process.run.topic === undefined ? {} : { rpc_ping_enabled: true };
  return { DEFAULT: { graceful_shutdown_timeout: stopInSecondsOf(process.run) - 10, ...ping } };
}

/**
 * A program that serves RPC is asked by RPC. It has started when it answers; afterwards it is started anew when the broker is there and it does not
 * answer, but not for a broker that is away. `config` is its configuration file. One that serves none lives as long as its process does, which is what the kubelet looks at.
 */
export function programProbes({ topic }: Program, config: string): Pick<IContainer, "startupProbe" | "livenessProbe"> {
  if (topic === undefined) return {};
  const asked = (brokerAway: "fails" | "passes"): Pick<IProbe, "exec" | "timeoutSeconds"> => {
    return { exec: { command: ["python3", rpcPingPath, config, topic, brokerAway] }, timeoutSeconds: 20 };
  };
  return {
    startupProbe: { ...asked("fails"), periodSeconds: 5, failureThreshold: 60 },
    livenessProbe: { ...asked("passes"), periodSeconds: 60, failureThreshold: 3 },
  };
}
