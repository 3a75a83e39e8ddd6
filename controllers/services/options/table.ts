/** An option as a release knows it. */
export interface KnownOption {
  readonly section: string;
  readonly name: string;
  /** May be given several times. */
  readonly multiple: boolean;
  /** Still read, but has a newer name. */
  readonly old: boolean;
}

/** What one release of a service knows. */
export interface KnownOptions {
  /** Version of the project that was asked. */
  readonly version: string;
  readonly options: readonly KnownOption[];
}

/** The options of a service by release. */
export type OptionTable = ReadonlyMap<string, KnownOptions>;

/**
 * Reads the compact text of a table: a line `release version …`, then for each section a line `[section] option …`. An option with `*`
 * may be given several times, one with `~` is an old name; `@` and releases follow where not all of the releases know it.
 */
export function parsedTable(text: string): OptionTable {
  const [first = "", ...lines] = text.trim().split("\n");
  if (first === "") return new Map();
  const versions = first.split(" ").map((entry) => entry.split("="));
  const entries = lines.flatMap((line) => {
    const [section = "", ...words] = line.split(" ");
    return words.map((word) => entryOf(section.slice(1, -1), word));
  });
  return new Map(
    versions.map(([release = "", version = ""]) => [
      release,
      { version, options: entries.filter(({ only }) => only?.includes(release) ?? true).map(({ option }) => option) },
    ]),
  );
}

function entryOf(
  section: string,
  word: string,
): { readonly option: KnownOption; readonly only: readonly string[] | undefined } {
  const [marked = "", releases] = word.split("@");
  const name = marked.replace(/^~/, "").replace(/[*]$/, "");
  return {
    option: { section, name, multiple: marked.endsWith("*"), old: marked.startsWith("~") },
    only: releases?.split(","),
  };
}

/** The compact text of a table, the same for the same content. */
export function tableText(table: OptionTable): string {
  const releases = [...table.keys()].sort();
  const known = new Map<string, Map<string, string[]>>();
  for (const release of releases) {
    for (const option of table.get(release)?.options ?? []) {
      const words = known.get(option.section) ?? new Map<string, string[]>();
      const word = wordOf(option);
      known.set(option.section, words.set(word, [...new Set([...(words.get(word) ?? []), release])]));
    }
  }
  const lines = [...known].sort(byName).map(([section, words]) => {
    const all = [...words]
      .sort(byName)
      .map(([word, by]) => `${word}${by.length === releases.length ? "" : `@${by.join(",")}`}`);
    return [`[${section}]`, ...all].join(" ");
  });
  const versions = releases.map((release) => `${release}=${table.get(release)?.version ?? ""}`);
  return `${[versions.join(" "), ...lines].join("\n")}\n`;
}

function wordOf({ name, multiple, old }: KnownOption): string {
  return `${old ? "~" : ""}${name}${multiple ? "*" : ""}`;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
