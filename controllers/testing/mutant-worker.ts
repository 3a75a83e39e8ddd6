import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import { mutants } from "./mutants.ts";

/** Runs as a thread: loads everything with one seeded bug in it, and tells how the sample noticed. */
const name = isRecord(workerData) ? workerData["mutant"] : undefined;
const mutant = mutants.find((each) => each.name === name);
let applied = 0;

registerHooks({
  load: (url, context, next) => {
    if (mutant === undefined || !url.endsWith(`/${mutant.file}`)) return next(url, context);
    const text = readFileSync(fileURLToPath(url), "utf8");
    const source = text.replace(mutant.from, mutant.to);
    if (source !== text) applied += 1;
    return { format: "module", shortCircuit: true, source: stripTypeScriptTypes(source) };
  },
});

/** Without a dot before it is loaded: the bug has to be in before anything that it is in. */
const { examine, referenceOf, commandFor } = await import("./examine.ts");
const { spreadOf, trialsOf } = await import("./trials.ts");
const { scenarios } = await import("./play/scenarios.ts");

/** The families that find the bugs of this kind. */
const telling: ReadonlySet<string> = new Set([
  "past",
  "past of one kind",
  "past of a deletion",
  "lag",
  "outage",
  "order",
  "write: crash",
  "write: unanswered",
]);

/** Samples until a bug counts as not noticed: one that is noticed ends the search, so that more of them cost only what gets away. */
const samples = 6;

async function notice(): Promise<string | undefined> {
  for (const scenario of scenarios) {
    const { trouble } = await referenceOf(scenario.name);
    if (trouble.length > 0) return `calm run of ${scenario.name}: ${trouble[0]}`;
  }
  for (let seed = 1; seed <= samples; seed++) {
    for (const scenario of scenarios) {
      const all = (await trialsOf(scenario.name, seed)).filter(({ family }) => telling.has(family));
      for (const trial of spreadOf(all, 3, seed)) {
        const [trouble] = await examine(trial);
        if (trouble !== undefined) return `${commandFor(trial)}: ${trouble}`;
      }
    }
  }
  return undefined;
}

const how = await notice();
if (applied === 0) throw new Error(`mutant ${String(name)} no longer applies to ${mutant?.file ?? "?"}`);
parentPort?.postMessage(how ?? null, []);
