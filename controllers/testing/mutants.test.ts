import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mutants } from "./mutants.ts";

const root = join(import.meta.dirname, "..", "..");
const paths = ["operator", "controllers"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
);

test.each(mutants)("the seeded bug '$name' has its place in the code", ({ file, from }) => {
  const found = paths.filter((path) => path.endsWith(file));
  expect(found).toHaveLength(1);
  expect(readFileSync(join(root, found[0] ?? ""), "utf8").split(from)).toHaveLength(2);
});
