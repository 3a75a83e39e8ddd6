import { at, listAt, type Live, numberAt, textAt } from "../../operator/object.ts";
import type { Wanted } from "../../operator/plan.ts";
import { type Agent, hypervisor, type Program } from "./agents.ts";
import type { HostContext } from "./host-context.ts";
import { preflightProgram, restStart } from "./preflight-program.ts";
import { renderAgent } from "./render.ts";

/** Name of the agent that looks at a host before it joins. */
export const preflightName = "preflight";

/** What the preflight of a host has come to. */
export type Preflight =
  /** It has not ended yet. */
  | { readonly is: "unknown"; readonly on: string }
  | { readonly is: "unfit"; readonly why: string }
  /** `hostname`: what the system calls itself. `kvm`: empty where a guest was seen to boot with KVM, else why none did. */
  | { readonly is: "fit"; readonly hostname: string; readonly kvm: string };

const base: Pick<Program, "image" | "requests"> = { image: hypervisor, requests: { cpu: "5m", memory: "16Mi" } };

/** What a network asks of a host besides. */
export interface Demands {
  /** Interfaces that are to be put into bridges. */
  readonly links: readonly string[];
  /** Bridges that are to be made. */
  readonly bridges: readonly string[];
}

const preflightAgent = ({ links, bridges }: Demands): Agent => ({
  name: preflightName,
  lock: 65500,
  first: { ...base, name: "check", start: "check.sh", privileged: true },
  programs: [{ ...base, name: "rest", start: "rest.sh", privileged: false }],
  hostPaths: [{ path: "/run/nephos", type: "DirectoryOrCreate" }],
  hostPid: true,
  files: ({ datapath }) => ({
    "check.sh": "exec python3 /etc/nephos/check.py\n",
    "check.py": preflightProgram,
    "rest.sh": restStart,
    "settings.json": JSON.stringify({ datapath, links, bridges }),
  }),
  graceInSeconds: 5,
});

/** What looks at each node that may become a host: of these labels, given to the namespace. It stays, so that its word does. */
export function renderPreflight(
  context: HostContext,
  demands: Demands,
  hosts: Readonly<Record<string, string>>,
): Wanted[] {
  return renderAgent(preflightAgent(demands), context, hosts);
}

/** What the pod on a host says; undefined stands for no pod. */
export function preflightOf(pod: Live | undefined): Preflight {
  const [status] = listAt(pod, "status", "initContainerStatuses");
  const ended = at(status, "state", "terminated") ?? at(status, "lastState", "terminated");
  const message = (textAt(ended, "message") ?? "").trim();
  if (ended === undefined) return { is: "unknown", on: "the preflight of the host to end" };
  if (numberAt(ended, "exitCode") !== 0) return { is: "unfit", why: message === "" ? "the preflight failed" : message };
  const [hostname = "", kvm = ""] = message.split("\n");
  return { is: "fit", hostname, kvm };
}
