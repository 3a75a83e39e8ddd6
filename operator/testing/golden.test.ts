import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenMode, goldenOrphans, goldenText } from "./golden.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a golden file", () => {
  it("that differs is left as it is, so that the comparison fails", () => {
    writeFileSync(join(folder, "a.yaml"), "old\n");
    expect(goldenText("new\n", join(folder, "a.yaml"), "compare")).toBe("old\n");
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toBe("old\n");
  });

  it("is rewritten on demand", () => {
    writeFileSync(join(folder, "a.yaml"), "old\n");
    expect(goldenText("new\n", join(folder, "a.yaml"), "rewrite")).toBe("new\n");
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toBe("new\n");
  });

  it("that is missing is made on a developer's machine, folder included", () => {
    expect(goldenText("new\n", join(folder, "inner", "a.yaml"), "compare")).toBe("new\n");
    expect(readFileSync(join(folder, "inner", "a.yaml"), "utf8")).toBe("new\n");
  });

  it("that is missing fails in CI and is not made there", () => {
    expect(() => goldenText("new\n", join(folder, "a.yaml"), "compareOnly")).toThrow(
      'a.yaml is missing: run "npm run golden"',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("whose subject is gone is named", () => {
    for (const name of ["b.yaml", "a.yaml", "kept.yaml"]) writeFileSync(join(folder, name), "");
    expect(goldenOrphans(folder, ["kept.yaml", "not-there.yaml"])).toEqual(["a.yaml", "b.yaml"]);
  });
});

describe("the mode of golden files", () => {
  it.each([
    [{}, "compare"],
    [{ CI: "true" }, "compareOnly"],
    [{ UPDATE_GOLDEN: "1" }, "rewrite"],
    [{ UPDATE_GOLDEN: "0" }, "compare"],
  ])("of the environment %j is %s", (env, mode) => {
    expect(goldenMode(env)).toBe(mode);
  });
});
