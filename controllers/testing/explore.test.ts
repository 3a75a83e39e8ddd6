import { commandFor, explored, judged, sampleOfAdmitted, territories } from "./explore.ts";

/** So many of each kind are played (seconds each); `make faults` plays all. */
const share = 1;
const patience = 60_000;

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

  it(
    "leaves a deployed cloud ready, or says why not, and is undone by the good spec, in a sample",
    async () => {
      const findings = await explored(territory, sampleOfAdmitted(territory, share, 1));
      const failed = [...findings].filter(([, { trouble }]) => trouble.length > 0);
      expect(
        failed.map(([mutation, { trouble }]) => `${commandFor(territory, mutation)}\n${trouble.join("\n")}`),
      ).toEqual([]);
    },
    patience,
  );
});
