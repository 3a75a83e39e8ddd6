import { check, conclude, type Count, say, suite, timed } from "./count.ts";
import { startCluster, stopCluster } from "./lab/cluster.ts";
import { continueAsRoot } from "./lab/host/root.ts";
import { prepare } from "./scene/prepare.ts";

/** The cluster of the tests; the one of `make up` is never touched. */
const cluster = "test";

async function endToEnd(): Promise<Count> {
  await stopCluster(cluster, say);
  const began = performance.now();
  const environment = await prepare(await startCluster({ name: cluster, nodes: 1, log: say }), say);
  say(`=== cluster and images: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  Object.assign(process.env, environment);
  return suite("end to end", ["--config", "jest.e2e.config.js", "--forceExit", ...process.argv.slice(2)]);
}

async function main(): Promise<readonly Count[]> {
  continueAsRoot("A test cluster (namespaces, a bridge, cgroups) and image builds");
  const counts = [
    await check("types", "tsc", ["--noEmit"]),
    await check("lint", "oxlint", ["--type-aware", "--deny-warnings"]),
    await check("format", "prettier", ["--check", "--log-level", "warn", "."]),
    // All scenarios and kinds have their turn here; `npm test` plays some.
    await suite("unit", [], { SAMPLE: "all" }),
  ];
  try {
    counts.push(await timed("end to end, with its cluster", endToEnd));
  } finally {
    await stopCluster(cluster, say).catch((error: unknown) => {
      say(`the test cluster did not go: ${String(error)}`);
      counts.push({ passed: 0, failed: 1 });
    });
  }
  return counts;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopCluster(cluster, say).finally(() => process.exit(1)));
}
conclude(await main());
