import { areShares, Coverage, isResult, type Result } from "./coverage.ts";

const result = (scenario: string, family: string, ...trouble: readonly string[]): Result => ({
  scenario,
  family,
  command: "node …",
  trouble,
});
const shares = [
  { scenario: "deploy", planned: 3, possible: 3 },
  { scenario: "cell", planned: 2, possible: 900 },
];

describe("what is told of a turn", () => {
  it("says of each scenario what was tried of what there is, and of each family how often it was", () => {
    const coverage = new Coverage();
    coverage.plan(shares);
    coverage.add(result("deploy", "write: crash"));
    coverage.add(result("deploy", "order", "the end differs"));
    coverage.add(result("cell", "write: crash"));
    expect(coverage.lines()).toEqual([
      "deploy: 2 of 3 tried (all), 1 bad",
      "cell: 1 of 2 tried (a sample of 900), 0 bad",
      "order: 1 tried, 1 bad",
      "write: crash: 2 tried, 0 bad",
    ]);
    expect([coverage.planned, coverage.tried, coverage.bad]).toEqual([5, 3, 1]);
  });

  it("names scenarios of which nothing was tried", () => {
    const coverage = new Coverage();
    coverage.plan(shares);
    expect(coverage.lines()).toEqual([
      "deploy: 0 of 3 tried (all), 0 bad",
      "cell: 0 of 2 tried (a sample of 900), 0 bad",
    ]);
  });
});

it("messages of threads are told apart", () => {
  expect([shares, result("a", "b")].map((each) => [areShares(each), isResult(each)])).toEqual([
    [true, false],
    [false, true],
  ]);
});
