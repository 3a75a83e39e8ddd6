import { join } from "node:path";
import { parse, stringify } from "yaml";
import { mapAt } from "../../operator/object.ts";
import { goldenMode, goldenText } from "../../operator/testing/golden.ts";
import { restarts } from "../restarts.ts";
import { runningUnderThisBuild, unannounced } from "./baseline.ts";

/** What runs under the last published build; rewritten only with a publication: `BASELINE=1 npm run unit -- baseline`. */
const path = join(import.meta.dirname, "published.yaml");
const now = runningUnderThisBuild();
const mode = process.env["BASELINE"] === "1" ? "rewrite" : goldenMode({ ...process.env, UPDATE_GOLDEN: "" });
const published: unknown = parse(
  goldenText(stringify(now, { lineWidth: 140, aliasDuplicateObjects: false }), path, mode),
);

describe("the same spec under the next build of the operator", () => {
  it.each(Object.keys(now).filter((cloud) => cloud in mapAt({ published }, "published")))(
    "replaces no pod and runs no Job again of %s, unless restarts.ts says so",
    (cloud) => {
      expect(unannounced(mapAt(published, cloud), now[cloud] ?? {}, restarts)).toEqual([]);
    },
  );

  it("has something to be compared with", () => {
    expect(Object.keys(mapAt({ published }, "published")).length).toBeGreaterThan(0);
  });

  it("is announced for what does restart, and for nothing else", () => {
    const changed = Object.keys(now).flatMap((cloud) => unannounced(mapAt(published, cloud), now[cloud] ?? {}, []));
    expect(restarts.map(({ workload }) => workload).filter((workload) => !changed.includes(workload))).toEqual([]);
  });
});

describe("a workload", () => {
  const before = { "Deployment api": { image: "a" }, "Job migrate-1": "runs once" };

  it.each([
    ["that stays as it is needs no word", before, []],
    ["with other pods is named", { ...before, "Deployment api": { image: "b" } }, ["Deployment api"]],
    [
      "whose Job has another name is named, under both",
      { "Deployment api": { image: "a" }, "Job migrate-2": "runs once" },
      ["Job migrate-1", "Job migrate-2"],
    ],
    ["that is gone is named", { "Job migrate-1": "runs once" }, ["Deployment api"]],
    ["that is new replaces nothing", { ...before, "Deployment web": {}, "Job fill-1": "runs once" }, []],
  ])("%s", (_, after, named) => {
    expect(unannounced(before, after, [])).toEqual(named);
    expect(
      unannounced(
        before,
        after,
        named.map((workload) => ({ workload, why: "" })),
      ),
    ).toEqual([]);
  });
});
