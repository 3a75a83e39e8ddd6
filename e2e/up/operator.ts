import { stringify } from "yaml";
import { PartFailed } from "../lab/failure.ts";
import { kubectl, type Target } from "../lab/kubectl.ts";
import { linesOf } from "./look.ts";

type Log = (line: string) => void;

/** Applies the operator's manifests and waits until it runs. Rejects with PartFailed, and what its pods and events say, where it does not. */
export async function installOperator(target: Target, manifests: readonly object[], log: Log): Promise<void> {
  const input = manifests.map((each) => stringify(each, { aliasDuplicateObjects: false })).join("---\n");
  const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=nephos-up", "-f", "-"];
  await kubectl(target, apply, { input, log });
  const kinds = ["crd/clouds.nephos.dev", "crd/registrations.nephos.dev"];
  await kubectl(target, ["wait", "--for=condition=Established", ...kinds, "--timeout=60s"], { log });
  const rollout = ["rollout", "status", "deployment/nephos", "-n", "nephos-system", "--timeout=180s"];
  await kubectl(target, rollout, { log }).catch(async (error: unknown) => {
    throw await failure(target, error instanceof Error ? error.message : String(error));
  });
}

async function failure(target: Target, problem: string): Promise<PartFailed> {
  const here = ["-n", "nephos-system"];
  const pods = await linesOf(target, ["get", "pods", ...here]);
  const warnings = ["--field-selector=type=Warning", "--sort-by=.lastTimestamp"];
  const events = await linesOf(target, ["get", "events", ...here, ...warnings]);
  const logs = await linesOf(target, ["logs", "deployment/nephos", ...here, "--tail=10"]);
  const hint = `see the lines above; an image that cannot be pulled: check that the nodes reach the registry and trust it`;
  return new PartFailed("operator", problem, [...pods, ...events.slice(-10), ...logs], hint);
}
