import { listAt, textAt } from "../../operator/object.ts";
import { applyCloud, cloud, inCloud, ready } from "../scene/cloud.ts";
import { leader, system } from "../scene/operator.ts";
import { eventually, type Scene } from "../scene/scene.ts";
import { trusting } from "../scene/trust.ts";
import { onFigures } from "./figures.ts";

/** How long from `kubectl apply` of a Cloud to a token, where the time goes, and what the operator's process takes. */

const rounds = Number(process.env["ROUNDS"] || "3");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(at: Scene): Promise<void> {
  const tokens: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tokens.push(await measure(at, round));
    await clear(at);
  }
  tokens.sort((a, b) => a - b);
  say(`apply to token, median of ${rounds}: ${tokens[Math.floor(rounds / 2)]?.toFixed(1)} s`);
}

/** One roll-out from nothing: seconds to the first token. */
async function measure(at: Scene, round: number): Promise<number> {
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  await applyCloud(at);
  const steps = new Map<string, number>();
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const live = await seen(at).catch(() => undefined);
      for (const step of listAt(live, "status", "steps")) {
        const title = textAt(step, "name") ?? "";
        if (textAt(step, "state") === "Done" && !steps.has(title)) steps.set(title, since());
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  })();
  await eventually(
    "a token",
    300,
    () => token(at),
    (answer) => answer === 201,
  );
  const seconds = since();
  await ready(at, 120);
  const whole = since();
  watching.abort();
  await watch;
  say(
    `round ${round}: token after ${seconds.toFixed(1)} s, Ready after ${whole.toFixed(1)} s, operator ${await memory(at)}`,
  );
  for (const [step, done] of [...steps].sort(([, a], [, b]) => a - b))
    say(`  ${done.toFixed(1).padStart(5)} s  ${step}`);
  return seconds;
}

/** The Cloud, over our own client: a kubectl every quarter of a second would be a good part of what is measured. */
function seen(at: Scene): Promise<unknown> {
  return at.client.get({ apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", ...cloud });
}

/** The status with which Keystone answers the administrator's password; throws while there is nobody to answer. */
async function token(at: Scene): Promise<number> {
  const url = textAt(await seen(at), "status", "endpoints", "keystone");
  const secret = await at.client.get({
    apiVersion: "v1",
    kind: "Secret",
    namespace: cloud.namespace,
    name: "keystone-admin",
  });
  const password = Buffer.from(textAt(secret, "data", "password") ?? "", "base64").toString("utf8");
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name: "admin", domain, password } } };
  const auth = { identity, scope: { project: { name: "admin", domain } } };
  const headers = { "content-type": "application/json" };
  const fetch = await trusting(at, cloud.namespace);
  const answer = await fetch(`${url}/auth/tokens`, { method: "POST", headers, body: JSON.stringify({ auth }) });
  return answer.status;
}

async function memory(at: Scene): Promise<string> {
  const pod = await leader(at);
  const text = await at.kubectl(["get", "--raw", `/api/v1/namespaces/${system}/pods/${pod}:8080/proxy/metrics`]);
  const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** Takes the Cloud and its data away, so that the next round starts from nothing. */
async function clear(at: Scene): Promise<void> {
  await at.kubectl(["delete", "cloud", cloud.name, ...inCloud, "--wait=true"]);
  await at.kubectl(["delete", "pvc,secrets,configmaps", "--all", ...inCloud, "--wait=true"]);
  const pods = async (): Promise<number> => listAt(await at.json(["get", "pods", ...inCloud]), "items").length;
  await eventually("the pods to go", 180, pods, (left) => left === 0);
}

await onFigures(main);
