import { Aside } from "./aside.ts";
import { scenarios } from "./play/scenarios.ts";
import { sampled } from "./sampled.ts";
import { sampleOf } from "./trials.ts";

const names = sampled(
  scenarios.map(({ name }) => name),
  5,
);
const patience = 60_000;
const aside = new Aside();

afterAll(() => aside.end());

describe("a calm run", () => {
  it.each(names)(
    "of %s ends well, and ten passes later nothing was written",
    async (name) => expect(await aside.ask("calm", name)).toEqual([]),
    patience,
  );

  it.each(sampleOf(names, 4, 1))(
    "of %s ends the same whether one process sees all of it, or each stage has its own",
    async (name) => expect(await aside.ask("processes", name)).toEqual([]),
    patience,
  );

  it("is the same run every time", async () => expect(await aside.ask("repeated", "deploy")).toEqual([]), patience);

  it("of a scenario that there is not is told", async () =>
    expect(aside.ask("calm", "nothing")).rejects.toThrow("no scenario nothing"));
});

describe("whatever fails, the cloud ends where the calm run ended", () => {
  it.each(names)(
    "in a sample of the faults of %s",
    async (name) => expect(await aside.ask("faults", name)).toEqual([]),
    patience,
  );
});
