import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isRecord } from "../object.ts";

const root = join(import.meta.dirname, "..", "..");

/** What each folder may import from, besides itself: the arrow of the design. */
const arrow: Readonly<Record<string, readonly string[]>> = {
  operator: [],
  crds: ["operator"],
  controllers: ["crds", "operator"],
  images: [],
  charts: ["controllers", "crds", "operator"],
  e2e: ["charts", "controllers", "crds", "images", "operator"],
};

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, folder, path), "utf8") }));
}

const sources = Object.keys(arrow).flatMap(sourcesIn);
const isTest = ({ path }: Source): boolean => path.endsWith(".test.ts") || path.includes("/testing/");

/** Folders of the project that a source imports from. */
function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)].map(([, specifier = ""]) => {
    const target = relative(root, join(root, path, "..", specifier));
    return target.split("/")[0] ?? "";
  });
}

test("imports follow the arrow operator <- crds <- controllers <- charts, e2e", () => {
  const against = sources.flatMap((source) => {
    const folder = source.path.split("/")[0] ?? "";
    const allowed = [folder, ...(arrow[folder] ?? [])];
    return importsOf(source)
      .filter((target) => !allowed.includes(target))
      .map((target) => `${source.path} imports from ${target}`);
  });
  // The image builder belongs to the lab in all but its place: it needs the lab's way of running programs.
  expect(against.filter((line) => !line.startsWith("images/") || !line.endsWith("from e2e"))).toEqual([]);
});

test("the runtime has never heard of OpenStack", () => {
  const words = /openstack|keystone|mariadb|rabbitmq|\bnova\b|neutron/i;
  const told = sources
    .filter((source) => source.path.startsWith("operator/") && !isTest(source))
    .filter(({ text }) => words.test(text));
  expect(told.map(({ path }) => path)).toEqual([]);
});

test("at most 3 % of the lines stand in windows of eight lines that are elsewhere too", () => {
  const windows = new Map<string, string[]>();
  let total = 0;
  for (const source of sources.filter((each) => !isTest(each))) {
    const lines = source.text.split("\n").map((line) => line.trim());
    const telling = lines
      .map((line, index) => ({ line, index }))
      .filter(({ line }) => line.length > 3 && !line.startsWith("import"));
    total += telling.length;
    for (let at = 0; at + 8 <= telling.length; at += 1) {
      const text = telling
        .slice(at, at + 8)
        .map(({ line }) => line)
        .join("\n");
      windows.set(text, [...(windows.get(text) ?? []), `${source.path}:${(telling[at]?.index ?? 0) + 1}`]);
    }
  }
  const repeated = [...windows.values()].filter((places) => places.length > 1);
  expect({ share: repeated.flat().length / total < 0.03, repeated: repeated.slice(0, 5) }).toEqual({
    share: true,
    repeated: expect.anything(),
  });
});

test("the operator image has at most eight runtime dependencies", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dependencies =
    isRecord(manifest) && isRecord(manifest["dependencies"]) ? Object.keys(manifest["dependencies"]) : [];
  expect(dependencies.length).toBeGreaterThan(0);
  expect(dependencies.length).toBeLessThanOrEqual(8);
});

test("a service definition has at most 200 lines", () => {
  const definitions = sources.filter(({ text }) => text.includes("= defineService("));
  expect(definitions.length).toBeGreaterThan(0);
  expect(definitions.filter(({ text }) => text.split("\n").length > 200).map(({ path }) => path)).toEqual([]);
});

test("nothing switches a check off", () => {
  const switches =
    /(?:ox|es)lint-disable|@ts-(?:ignore|expect-error|nocheck)|\.(?:skip|todo|only)\(|\bx(?:it|describe|test)\(/;
  const off = sources.filter(({ text }) => switches.test(text)).map(({ path }) => path);
  expect(off.filter((path) => !path.endsWith("budgets.test.ts"))).toEqual([]);
});
