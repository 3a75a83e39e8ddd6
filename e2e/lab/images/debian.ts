/** One place that the machine's apt gets Debian packages from. */
interface Source {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * This machine's Debian sources, carried over to another release: `deb` lines that use the mirrors the machine uses. Sources that
 * are not Debian's own (their suites are not named after the machine's release) are left out; so is everything when the machine
 * runs something else.
 */
export function debianSourcesFor(
  release: string,
  machine: { readonly codename: string; readonly files: readonly string[] },
) {
  const carried = (suite: string): string[] => {
    const [name, ...pocket] = suite.split(/(?=[-/])/);
    return name === machine.codename && pocket.join("") !== "-backports" ? [[release, ...pocket].join("")] : [];
  };
  const lines = machine.files
    .flatMap(sourcesIn)
    .filter(({ components }) => components.includes("main"))
    .flatMap(({ uri, suites }) => suites.flatMap(carried).map((suite) => `deb ${uri} ${suite} main`));
  return [...new Set(lines)];
}

/** Reads both formats of apt's source lists: one `deb` line per source, and paragraphs of fields. */
function sourcesIn(text: string): Source[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const oneLine = lines.flatMap((line) => {
    const [, uri, suite, components] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || components === undefined) return [];
    return [{ uri, suites: [suite], components: words(components) }];
  });
  return [
    ...oneLine,
    ...lines
      .join("\n")
      .split(/\n\s*\n/)
      .flatMap(paragraph),
  ];
}

function paragraph(text: string): Source[] {
  const field = (name: string) => words(new RegExp(`^${name}:(.*)$`, "im").exec(text)?.[1] ?? "");
  if (!field("Types").includes("deb") || field("Enabled").includes("no")) return [];
  return field("URIs").map((uri) => ({ uri, suites: field("Suites"), components: field("Components") }));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
