import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareVersions, goVersionOf } from "./toolchain.ts";

it.each([
  ["1.26.0", "1.25.9", 1],
  ["1.19.8", "1.25", -1],
  ["1.26", "1.26.0", 0],
  ["1.9", "1.10", -1],
  ["1.26rc1", "1.26.1", -1],
])("orders %s against %s", (one, other, sign) => {
  expect(Math.sign(compareVersions(one, other))).toBe(sign);
});

it("asks for the newest Go of all modules", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nephos-go-"));
  const files = ["1.25", "1.26.0", "1.9"].map((version) => {
    const file = join(folder, version);
    writeFileSync(file, `module example.org/x\n\ngo ${version}\n\nrequire example.org/go 9.9\n`);
    return file;
  });
  expect(await goVersionOf(files)).toBe("1.26.0");
  rmSync(folder, { recursive: true });
});
