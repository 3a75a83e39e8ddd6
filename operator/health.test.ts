import type { AddressInfo } from "node:net";
import { serveHealth } from "./health.ts";
import { processMetrics } from "./metrics.ts";

test("probes and metrics are served, each at its path", async () => {
  const metrics = processMetrics();
  let reason: string | undefined = "not listed yet: Cloud";
  const checks = { "/livez": () => undefined, "/readyz": () => reason };
  const server = serveHealth(0, checks, () => metrics.text());
  try {
    const { port }: AddressInfo = addressOf(server.address());
    const ask = async (path: string): Promise<[number, string]> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return [answer.status, await answer.text()];
    };
    expect(await ask("/livez")).toEqual([200, "ok\n"]);
    expect(await ask("/readyz")).toEqual([503, "not listed yet: Cloud\n"]);
    reason = undefined;
    expect(await ask("/readyz")).toEqual([200, "ok\n"]);
    expect(await ask("/etc/passwd")).toEqual([404, "not found\n"]);
    metrics.pass("website", "rest", 0.02);
    metrics.steps("website", "web/hello", new Map([["page", { is: "done" }]]));
    const [, text] = await ask("/metrics");
    expect(text).toContain('controller_runtime_reconcile_total{controller="website",result="rest"} 1');
    expect(text).toContain('nephos_steps{controller="website",state="done"} 1');
    expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
    const end = 'nephos_certificate_expiry_timestamp_seconds{namespace="web",name="hello-tls"}';
    metrics.certificates("website", "web/hello", [{ name: "hello-tls", minute: 10 }]);
    expect((await ask("/metrics"))[1]).toContain(`${end} 600`);
    metrics.certificates("website", "web/hello", undefined);
    expect((await ask("/metrics"))[1]).not.toContain(end);
    metrics.steps("website", "web/hello", undefined);
    expect((await ask("/metrics"))[1]).toContain('nephos_steps{controller="website",state="done"} 0');
  } finally {
    server.close();
  }
});

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address;
}
