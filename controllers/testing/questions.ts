import { play } from "../../operator/testing/play.ts";
import { calmOf, commandFor, differenceOf, examine, referenceOf, scenarioOf } from "./examine.ts";
import { commandFor as commandForMutation, explored, sampleOfAdmitted, territories } from "./explore.ts";
import { sampleOf, trialsOf } from "./trials.ts";

/** So many runs of each scenario, and so many changes of each kind (seconds each); `make faults` makes all. */
const share = 1;

/** What can be asked about a scenario or a kind; an answer holds what is wrong, and nothing where all is well. */
export const questions = {
  /** Does the calm run of a scenario end well, and is nothing written in ten passes after it? */
  calm: async (name: string): Promise<readonly string[]> => (await referenceOf(name)).trouble,
  /** Does it end the same whether one process sees all of it, or each stage has its own? */
  processes: async (name: string): Promise<readonly string[]> => {
    const [one, many] = [await calmOf(name), await referenceOf(name)];
    const whole = ({ state, createsAndDeletes }: typeof one): unknown => ({ state, createsAndDeletes });
    return [...one.trouble, differenceOf(whole(many), whole(one))].filter((each) => each !== "");
  },
  /** Is a run the same every time, whatever the order of what happens? */
  repeated: async (name: string): Promise<readonly string[]> => {
    const once = async (): Promise<unknown> => (await play(scenarioOf(name), { fault: { order: 7 } })).tally;
    return [differenceOf(await once(), await once())].filter((each) => each !== "");
  },
  /** Does the cloud end where the calm run ended, in a sample of the faults of a scenario? */
  faults: async (name: string): Promise<readonly string[]> => {
    const failed: string[] = [];
    for (const trial of sampleOf(await trialsOf(name), share, 1)) {
      const trouble = await examine(trial);
      if (trouble.length > 0) failed.push([commandFor(trial), ...trouble].join("\n"));
    }
    return failed;
  },
  /** Is a deployed cloud ready after a change of an object of a kind, or says why not, and is as before with the good spec? */
  changes: async (kind: string): Promise<readonly string[]> => {
    const territory = territories.find((each) => each.kind === kind);
    if (territory === undefined) throw new Error(`no kind ${kind}`);
    const findings = await explored(territory, sampleOfAdmitted(territory, share, 1));
    return [...findings]
      .filter(([, { trouble }]) => trouble.length > 0)
      .map(([mutation, { trouble }]) => [commandForMutation(territory, mutation), ...trouble].join("\n"));
  },
} as const;

/** The name of a question. */
export type Question = keyof typeof questions;
