import { readdir } from "node:fs/promises";
import { check, conclude, type Count, say, suite } from "./count.ts";
import { stopCluster } from "./lab/cluster.ts";
import { continueAsRoot } from "./lab/host/root.ts";

/** `node e2e/full.ts`: what takes too long for `make test`, all of it or the parts that PARTS names. */
const wantedParts = (process.env["PARTS"] ?? "").split(/[\s,]+/).filter((name) => name !== "");

interface Part {
  readonly name: string;
  readonly run: () => Promise<Count>;
}

/** Parts that are programs of their own. They need no cluster. */
const programs: readonly Part[] = [
  { name: "faults", run: () => check("faults", "node", ["controllers/testing/faults-main.ts"]) },
  { name: "explore", run: () => check("spec exploration", "node", ["controllers/testing/explore-main.ts"]) },
  { name: "seeded-bugs", run: () => check("seeded bugs", "node", ["controllers/testing/faults-main.ts", "mutants"]) },
];

/** The cluster that is up at the moment, if any. */
let running: string | undefined;

/** A `<subject>.full.ts`: brings up what it needs, on a cluster named after it, which is gone afterwards in any case. */
function withCluster(subject: string): Part {
  const run = async (): Promise<Count> => {
    running = subject;
    const config = ["--config", "jest.full.config.js", "--forceExit"];
    const count = await suite(subject, [...config, `e2e/${subject}[.]full[.]ts$`]);
    return stopCluster(subject).then(
      () => count,
      (error: unknown) => {
        say(`the cluster ${subject} did not go: ${String(error)}`);
        return { ...count, failed: count.failed + 1 };
      },
    );
  };
  return { name: subject, run };
}

async function main(wanted: readonly string[]): Promise<readonly Count[]> {
  const suffix = ".full.ts";
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(suffix)).sort();
  const parts = [...programs, ...files.map((file) => withCluster(file.slice(0, -suffix.length)))];
  const names = parts.map(({ name }) => name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    say(`no part ${unknown.join(", ")}; there are ${names.join(", ")}`);
    return [{ passed: 0, failed: unknown.length }];
  }
  continueAsRoot("Test clusters (namespaces, a bridge, cgroups) and image builds");
  const counts: Count[] = [];
  for (const { name, run } of parts) if (wanted.length === 0 || wanted.includes(name)) counts.push(await run());
  return counts;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.resolve(running === undefined ? undefined : stopCluster(running)).finally(() => process.exit(1));
  });
}
conclude(await main(wantedParts));
