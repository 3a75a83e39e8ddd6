import { play } from "../../operator/testing/play.ts";
import { commandFor, examine, referenceOf, sampleOf, scenarioOf, type Trial, trialsOf } from "./examine.ts";
import { scenarios } from "./play/scenarios.ts";

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
      for (const trial of sampleOf(await trialsOf(name, 1, 40), share, 1)) {
        const trouble = await examine(trial);
        if (trouble.length > 0) failed.push({ trial, trouble });
      }
      expect(failed.map(({ trial, trouble }) => `${commandFor(trial)}\n${trouble.join("\n")}`)).toEqual([]);
    },
    patience,
  );
});
