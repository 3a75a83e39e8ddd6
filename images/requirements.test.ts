import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { floors, releases, tools } from "./releases.ts";
import {
  conflictsOf,
  distributionOf,
  normalised,
  pinsOf,
  projectsOf,
  requirementsOf,
  withoutPinsOf,
} from "./requirements.ts";

const locks = join(import.meta.dirname, "locks");
const locked = Object.keys(releases).filter((release) => existsSync(join(locks, release)));

describe("requirements", () => {
  it("name the project's package and its series, and what every image has", () => {
    const wanted = requirementsOf("2026.1", "placement");
    expect(wanted).toContain("openstack-placement==15.*");
    expect(wanted).toContain("PyMySQL");
  });

  it("say which projects a release has when one is not among them", () => {
    expect(() => requirementsOf("2026.1", "teapot")).toThrow("2026.1 has no teapot; it has keystone, glance");
    expect(() => requirementsOf("1999.1", "keystone")).toThrow("no release 1999.1; known are 2025.1");
  });

  it("leave upstream's pins of the projects out of the constraints, however they are spelled", () => {
    const upstream = "keystone===29.0.0\nkeystoneauth1===5.13.1\nOpenStack_Placement===15.0.0\nPyMySQL===1.1.2";
    expect(withoutPinsOf(["keystone", "placement"], upstream)).toBe("keystoneauth1===5.13.1\nPyMySQL===1.1.2");
  });
});

describe("locks", () => {
  it("pin each package once", () => {
    const lock =
      "# header\noslo-cache[dogpile]==4.1.1 \\\n    --hash=sha256:00\ntzdata==2026.1 ; sys_platform == 'win32' \\\n";
    expect([...pinsOf(lock)]).toEqual([
      ["oslo-cache", "4.1.1"],
      ["tzdata", "2026.1"],
    ]);
  });

  it("are in conflict where they pin the same package differently", () => {
    expect(conflictsOf({ nova: "six==1.0 \\", glance: "Six==1.1 \\" })).toEqual([
      "six is 1.0 for nova and 1.1 for glance",
    ]);
    expect(conflictsOf({ nova: "six==1.0 \\", glance: "six==1.0 \\" })).toEqual([]);
  });
});

describe.each(locked)("the locks of %s", (release) => {
  const files = readdirSync(join(locks, release)).map((file) => basename(file, ".txt"));
  const texts = Object.fromEntries(
    files.map((name) => [name, readFileSync(join(locks, release, `${name}.txt`), "utf8")]),
  );

  it("are of projects that the release has", () => {
    expect(projectsOf(release)).toEqual(expect.arrayContaining(files));
  });

  it("agree, so that all projects can be installed into one image", () => {
    expect(conflictsOf(texts)).toEqual([]);
  });

  it.each(files)("pin a version of %s that belongs to its series", (project) => {
    const [wanted = ""] = requirementsOf(release, project);
    const version = pinsOf(texts[project] ?? "").get(normalised(distributionOf(project)));
    expect(`${distributionOf(project)}==${version}`.startsWith(wanted.replace("*", ""))).toBe(true);
  });
});

/** Below zero where the first version is the older one. */
const compared = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

describe.each(Object.entries(floors))("the floors of %s", (release, versions) => {
  it.each(Object.entries(versions))("for %s are reached by the lock", (project, floor) => {
    const lock = readFileSync(join(locks, release, `${project}.txt`), "utf8");
    const version = pinsOf(lock).get(normalised(distributionOf(project))) ?? "";
    expect(compared("27.0.10", "27.0.9")).toBeGreaterThan(0);
    expect({ version, old: compared(version, floor) < 0 }).toEqual({ version, old: false });
  });
});

describe("every lock", () => {
  const paths = [
    ...Object.keys(tools).map((name) => `${name}.txt`),
    ...locked.flatMap((release) => readdirSync(join(locks, release)).map((file) => join(release, file))),
  ];

  it.each(paths)("%s has a hash for each package and names no place to get it from", (path) => {
    const text = readFileSync(join(locks, path), "utf8");
    expect(text).not.toMatch(/:\/\/|^--/m);
    const entries = text.split(/^(?=\S)/m).filter((entry) => !entry.startsWith("#"));
    expect(entries.filter((entry) => !entry.includes("--hash=sha256:"))).toEqual([]);
  });
});
