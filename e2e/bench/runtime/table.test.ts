import { resultOf, type Size } from "./measure.ts";
import { imageFlags } from "./programs.ts";
import { compare, markdown, median } from "./table.ts";

const size: Size = { parents: 10, children: 5 };
const stalls = { longest: 900, longestOwn: 20 };

/** What the driver prints for a run that takes so long and writes each child by this verb. */
function line(seconds: number, verb: string, restWrites = 0): unknown {
  const phase = (calls: Readonly<Record<string, number>>) => ({ seconds, cpuSeconds: 1, calls });
  return {
    phases: {
      start: phase({ [`configmaps ${verb}`]: 50, "parents APPLY": 10, "parents GET": 10, "configmaps LIST": 40 }),
      update: phase({ [`configmaps ${verb}`]: 50, "parents PATCH": 10 }),
      repair: phase({ "configmaps DELETE": 1, [`configmaps ${verb}`]: 1 }),
      rest: phase(restWrites === 0 ? {} : { "parents APPLY": restWrites }),
    },
    peakMiB: 100,
    restMiB: 90,
  };
}

const missed = (rows: ReturnType<typeof compare>): string[] =>
  rows.filter(({ target }) => target?.met === false).map(({ name }) => name);

describe("the comparison", () => {
  const baseline = [resultOf(line(1, "POST"), size, undefined)];

  it("takes the driver's own calls off", () => {
    const { phases } = resultOf(line(1, "POST"), size, undefined);
    expect(phases.update.calls).toEqual({ "configmaps POST": 50 });
    expect(phases.repair.calls).toEqual({ "configmaps POST": 1 });
  });

  it("is content with a contender that is as good", () => {
    expect(missed(compare(size, baseline, [resultOf(line(1.2, "APPLY"), size, stalls)]))).toEqual([]);
  });

  it("names what was missed: throughput, writes at rest, a stall of its own", () => {
    const slow = resultOf(line(2, "APPLY", 1), size, { longest: 900, longestOwn: 201 });
    expect(missed(compare(size, baseline, [slow]))).toEqual([
      "start: operations a second",
      "update: operations a second",
      "start to repair: operations a second",
      "rest: writes",
      "event loop: longest stall by its own work, ms",
    ]);
  });

  it("counts a slow repair in the whole", () => {
    const repairs = resultOf(line(1, "APPLY"), size, stalls);
    const phases = { ...repairs.phases, repair: { ...repairs.phases.repair, seconds: 5 } };
    expect(missed(compare(size, baseline, [{ ...repairs, phases }]))).toEqual(["start to repair: operations a second"]);
  });

  it("takes a contender that says nothing about stalls for one that stalled", () => {
    const silent = resultOf(line(1, "APPLY"), size, undefined);
    expect(missed(compare(size, baseline, [silent]))).toEqual(["event loop: longest stall by its own work, ms"]);
  });

  it("reads as a table", () => {
    const rows = compare(size, baseline, [resultOf(line(1, "APPLY"), size, stalls)]);
    expect(markdown(rows)).toContain("| start: configmaps APPLY per object | 0 | 0.83 |  |  |");
    expect(markdown(rows)).toContain("| start: writes per object | 1.00 | 1.00 | 1.00 | ≤ 1 × met |");
  });
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
])("has %j's median", (values, middle) => {
  expect(median(values)).toBe(middle);
});

it.each([
  ['ENTRYPOINT ["/node", "/nephos.mjs"]', []],
  ['ENTRYPOINT ["/node", "--a=1", "--b", "/nephos.mjs"]', ["--a=1", "--b"]],
])("runs the contender with the flags of %s", (entry, flags) => {
  expect(imageFlags(`ENV NODE_OPTIONS="--c=2 --d" \\\n    MALLOC_ARENA_MAX=1\nUSER 1:1\n${entry}\n`)).toEqual({
    env: { NODE_OPTIONS: "--c=2 --d", MALLOC_ARENA_MAX: "1" },
    flags,
  });
});
