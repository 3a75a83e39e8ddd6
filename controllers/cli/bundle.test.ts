import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProgram } from "./bundle.ts";

const sample = join(import.meta.dirname, "..", "..", "crds", "samples", "single-node.yaml");
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nephos-bundle-"));
  file = join(folder, "kubectl-nephos");
  await bundleProgram(file);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe("the program as one file", () => {
  it("can be executed, begins with its interpreter, and has at most 2 MB", () => {
    expect(readFileSync(file, "utf8").split("\n")[0]).toBe("#!/usr/bin/env node");
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(statSync(file).size).toBeLessThan(2 * 1024 * 1024);
  });

  it("runs without anything beside it", () => {
    const out = execFileSync(process.execPath, [file, "plan", "-f", sample], { cwd: folder, encoding: "utf8" });
    expect(out).toMatch(/^# Cloud demo in namespace openstack: \d+ steps, \d+ objects\.\n/);
  }, 30_000);
});
