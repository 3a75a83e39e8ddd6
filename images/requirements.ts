import { common, distributions, extras, releases } from "./releases.ts";

/** A name as package indexes compare it: `openstack_placement` and `Openstack.Placement` are the same package. */
export function normalised(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/** The projects that a release has, in the order of the table. */
export function projectsOf(release: string): string[] {
  return Object.keys(seriesTable(release));
}

/** What goes into a project's image, as requirements: the project's series and what it needs beside it. */
export function requirementsOf(release: string, project: string): string[] {
  const series = seriesTable(release)[project];
  if (series === undefined) throw new Error(`${release} has no ${project}; it has ${projectsOf(release).join(", ")}`);
  return [`${distributionOf(project)}==${series}.*`, ...common, ...(extras[project] ?? [])];
}

/** What a project's package is called. */
export function distributionOf(project: string): string {
  return distributions[project] ?? project;
}

/**
 * Upstream's constraints without the pins of the projects themselves: those lag behind the series, and the newest version of a
 * series is the one with its security fixes.
 */
export function withoutPinsOf(projects: readonly string[], constraints: string): string {
  const own = new Set(projects.map((project) => normalised(distributionOf(project))));
  return constraints
    .split("\n")
    .filter((line) => !own.has(normalised(/^[\w.-]+/.exec(line)?.[0] ?? "")))
    .join("\n");
}

/** Package names and versions that a lock pins. */
export function pinsOf(lock: string): Map<string, string> {
  const pins = lock.matchAll(/^(?<name>[\w.-]+)(?:\[[^\]]*\])?==(?<version>[^\s;\\]+)/gm);
  return new Map(
    Array.from(pins, ({ groups }): [string, string] => [normalised(groups?.["name"] ?? ""), groups?.["version"] ?? ""]),
  );
}

/** What two or more locks pin to different versions, a sentence each; empty when they can be installed together. */
export function conflictsOf(locks: Readonly<Record<string, string>>): string[] {
  const seen = new Map<string, { readonly project: string; readonly version: string }>();
  const conflicts: string[] = [];
  for (const [project, lock] of Object.entries(locks)) {
    for (const [name, version] of pinsOf(lock)) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, { project, version });
      else if (first.version !== version)
        conflicts.push(`${name} is ${first.version} for ${first.project} and ${version} for ${project}`);
    }
  }
  return conflicts;
}

function seriesTable(release: string): Readonly<Record<string, string>> {
  const table: Readonly<Record<string, Readonly<Record<string, string>>>> = releases;
  const found = table[release];
  if (found === undefined) throw new Error(`no release ${release}; known are ${Object.keys(releases).join(", ")}`);
  return found;
}
