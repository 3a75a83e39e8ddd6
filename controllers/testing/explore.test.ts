import { Aside } from "./aside.ts";
import { judged, territories } from "./explore.ts";
import { sampled } from "./sampled.ts";

const patience = 60_000;
const aside = new Aside();

afterAll(() => aside.end());

describe.each([...territories])("every change of every field of a $kind", (territory) => {
  const { fields, mutations } = territory;

  it("leaves hardly a field untouched", () => {
    const touched = new Set(mutations.map(({ field }) => field));
    expect(fields.filter((field) => !touched.has(field)).length).toBeLessThanOrEqual(0.05 * fields.length);
  });

  it("is refused by name, or is one that our code can read", () => {
    const bad = mutations.map((mutation) => ({ mutation, trouble: judged(territory, mutation).trouble }));
    expect(
      bad
        .filter(({ trouble }) => trouble.length > 0)
        .map(({ mutation, trouble }) => `${mutation.path} ${mutation.operation}: ${trouble.join("; ")}`),
    ).toEqual([]);
  });
});

it.each(
  sampled(
    territories.map(({ kind }) => kind),
    2,
  ),
)(
  "a change of a %s leaves a deployed cloud ready, or says why not, and is undone by the good spec",
  async (kind) => expect(await aside.ask("changes", kind)).toEqual([]),
  patience,
);
