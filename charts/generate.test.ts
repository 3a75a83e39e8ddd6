import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { generatedFiles, staleTemplates } from "./generate.ts";
import { values } from "./values.ts";

const files = generatedFiles();

describe("what is generated for installing the operator", () => {
  it.each([...files])("%s is committed as generated", (path, text) => {
    expect(readFileSync(join(import.meta.dirname, path), "utf8")).toBe(text);
  });

  it("has no template beside it that nothing makes any more", () => {
    expect(staleTemplates()).toEqual([]);
  });

  it("leaves no slot unfilled", () => {
    expect([...files].filter(([, text]) => text.includes("slot-")).map(([path]) => path)).toEqual([]);
  });
});

describe("the chart's values", () => {
  it("are by default what their schema says", () => {
    const groups = {
      image: {},
      serviceAccount: {},
      podDisruptionBudget: {},
      networkPolicy: {},
      serviceMonitor: {},
      crds: {},
    };
    expect(parse(files.get("nephos/values.yaml") ?? "")).toEqual(values.parse(groups));
  });

  it("are each explained in the file and in the README", () => {
    const lines = (files.get("nephos/values.yaml") ?? "").split("\n");
    const bare = lines.filter((line, index) => /^ *[a-zA-Z]+: ./.test(line) && !/^ *#/.test(lines[index - 1] ?? ""));
    // Members of the default of `resources`.
    expect(bare.map((line) => line.trim())).toEqual(["cpu: 50m", "memory: 96Mi", "memory: 256Mi"]);
    expect(files.get("nephos/README.md")).toContain("| `podDisruptionBudget.maxUnavailable` | `1` ");
  });

  it("are refused where the chart does not know them, at every depth", () => {
    expect(values.safeParse({ replica: 2 }).success).toBe(false);
    expect(values.safeParse({ serviceMonitor: { enable: true } }).success).toBe(false);
    expect(values.safeParse({ serviceMonitor: { enabled: true } }).success).toBe(true);
  });
});
