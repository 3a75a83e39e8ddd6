import { play } from "../../operator/testing/play.ts";
import { calmOf, commandFor, differenceOf, examine, referenceOf, scenarioOf, type Trial } from "./examine.ts";
import { scenarios } from "./play/scenarios.ts";
import { sampleOf, trialsOf } from "./trials.ts";

const names = scenarios.map(({ name }) => name);
/** So many runs of each scenario; `make faults` makes all. */
const share = 1;
const patience = 60_000;

describe("a calm run", () => {
  it.each(names)(
    "of %s ends well, and ten passes later nothing was written",
    async (name) => {
      expect((await referenceOf(name)).trouble).toEqual([]);
    },
    patience,
  );

  it.each(sampleOf(names, 4, 1))(
    "of %s ends the same whether one process sees all of it, or each stage has its own",
    async (name) => {
      const [one, many] = [await calmOf(name), await referenceOf(name)];
      expect(one.trouble).toEqual([]);
      expect(differenceOf(many.state, one.state)).toBe("");
      expect(many.createsAndDeletes).toEqual(one.createsAndDeletes);
    },
    patience,
  );

  it(
    "is the same run every time",
    async () => {
      const [one, two] = [
        await play(scenarioOf("deploy"), { fault: { order: 7 } }),
        await play(scenarioOf("deploy"), { fault: { order: 7 } }),
      ];
      expect(one.tally).toEqual(two.tally);
    },
    patience,
  );
});

describe("whatever fails, the cloud ends where the calm run ended", () => {
  it.each(names)(
    "in a sample of the faults of %s",
    async (name) => {
      const failed: { readonly trial: Trial; readonly trouble: readonly string[] }[] = [];
      for (const trial of sampleOf(await trialsOf(name), share, 1)) {
        const trouble = await examine(trial);
        if (trouble.length > 0) failed.push({ trial, trouble });
      }
      expect(failed.map(({ trial, trouble }) => `${commandFor(trial)}\n${trouble.join("\n")}`)).toEqual([]);
    },
    patience,
  );
});
