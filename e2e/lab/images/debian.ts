/** One place that the machine's apt gets packages from. */
interface Source {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** The keyring named for it; empty where it is apt's default. */
  readonly signedBy: string;
}

/** What is read of a machine: /etc/os-release's ID and VERSION_CODENAME, and apt's source lists. */
export interface AptMachine {
  readonly distribution: string;
  readonly codename: string;
  readonly files: readonly string[];
}

const pockets = ["", "-updates", "-security"];

/**
 * This machine's Debian sources, carried over to another release: `deb` lines that use the mirrors the machine uses, and nothing
 * of other vendors. Empty where the machine is not Debian, or gets it in a way that only works on the machine itself.
 */
export function debianSourcesFor(release: string, machine: AptMachine): string[] {
  if (machine.distribution !== "debian") return [];
  const wanted = new Map(pockets.map((pocket) => [`${machine.codename}${pocket}`, `${release}${pocket}`]));
  const found = machine.files
    .flatMap(sourcesIn)
    .filter(({ uri, components }) => /^https?:/.test(uri) && components.includes("main"))
    .filter(({ signedBy }) => signedBy === "" || signedBy.includes("debian-archive"))
    .flatMap(({ uri, suites }) => suites.map((suite) => ({ uri, suite: wanted.get(suite) })));
  const complete = found.some(({ suite }) => suite === release);
  return complete
    ? [...new Set(found.flatMap(({ uri, suite }) => (suite === undefined ? [] : [`deb ${uri} ${suite} main`])))]
    : [];
}

/** Reads both formats of apt's source lists: one `deb` line per source, and paragraphs of fields. */
function sourcesIn(text: string): Source[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return [
    ...lines.flatMap(oneLine),
    ...lines
      .join("\n")
      .split(/\n\s*\n/)
      .flatMap(paragraph),
  ];
}

function oneLine(line: string): Source[] {
  const [, options = "", uri, suite, components] = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
  if (uri === undefined || suite === undefined || components === undefined) return [];
  const signedBy = /signed-by=(\S+)/.exec(options)?.[1] ?? "";
  return [{ uri, suites: [suite], components: words(components), signedBy }];
}

function paragraph(text: string): Source[] {
  const field = (name: string) => words(new RegExp(`^${name}:(.*)$`, "im").exec(text)?.[1] ?? "");
  if (!field("Types").includes("deb") || field("Enabled").includes("no")) return [];
  const rest = { suites: field("Suites"), components: field("Components"), signedBy: field("Signed-By").join(" ") };
  return field("URIs").map((uri) => ({ uri, ...rest }));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
