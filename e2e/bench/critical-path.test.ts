import { criticalPath } from "./critical-path.ts";

const after = new Map([
  ["api", ["database", "cache"]],
  ["registration", ["api", "public"]],
]);

describe("the critical path", () => {
  it("goes from the last step back by what each had to wait for longest", () => {
    const done = new Map([
      ["database", 8],
      ["cache", 3],
      ["api", 20],
      ["public", 1],
      ["registration", 25],
    ]);
    expect(criticalPath(done, after)).toEqual([
      { step: "database", done: 8, took: 8 },
      { step: "api", done: 20, took: 12 },
      { step: "registration", done: 25, took: 5 },
    ]);
  });

  it("leaves out what has no time, and is empty where nothing was done", () => {
    expect(criticalPath(new Map([["api", 20]]), after)).toEqual([{ step: "api", done: 20, took: 20 }]);
    expect(criticalPath(new Map(), after)).toEqual([]);
  });

  it("ends where steps wait for each other", () => {
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["a"]],
    ]);
    const done = new Map([
      ["a", 2],
      ["b", 1],
    ]);
    expect(criticalPath(done, circle).map(({ step }) => step)).toEqual(["b", "a"]);
  });
});
