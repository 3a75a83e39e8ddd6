import { stringify } from "yaml";

/**
 * Where a chart decides instead of us: a word that survives being written as YAML, and that `templateOf` turns into a Helm
 * expression. The expression is inside the word, so that nothing has to be remembered beside the objects.
 */
function slot(kind: "inline" | "block" | "optional" | "maybe", expression: string): string {
  return `slot-${kind}-${Buffer.from(expression).toString("hex")}-end`;
}

/** A scalar: `{{ expression }}`. */
export const inline = (expression: string): string => slot("inline", expression);

/** A map or list below its key, always there; the expression gives YAML text. */
export const block = (expression: string): string => slot("block", expression);

/** A key with the map or list of a value below it, left out with the key where the value is empty. */
export const optional = (value: string): string => slot("optional", value);

/** A key with the scalar of a value, left out with the key where the value is empty. */
export const maybe = (value: string): string => slot("maybe", value);

/** One file below a chart's `templates/`. */
export interface Template {
  readonly file: string;
  /** The module that the file is made from. */
  readonly from: string;
  readonly objects: readonly object[];
  /** Only where this is true. */
  readonly when?: string;
  /** Once for each member of this list, which the objects know as `.`. */
  readonly each?: string;
}

/** The text of a template: YAML with Helm's expressions in it. */
export function templateOf({ from, objects, when, each }: Template): string {
  const documents = objects.map((object) => written(object));
  const body = each === undefined ? documents.join("---\n") : documents.map((text) => `---\n${text}`).join("");
  const head = `{{- /* Generated from charts/${from} by npm run generate. */ -}}\n`;
  return head + within("range", each, within("if", when, body));
}

function within(action: "if" | "range", subject: string | undefined, body: string): string {
  return subject === undefined ? body : `{{- ${action} ${subject} }}\n${body}{{- end }}\n`;
}

function written(object: object): string {
  const yaml = stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
  return yaml
    .split("\n")
    .map((line) => filled(guarded(line)))
    .join("\n");
}

/** What is ours but looks like Helm's (a rule in a CRD, say) stays as it is. */
function guarded(line: string): string {
  return line.replaceAll(/\{\{|\}\}/g, (braces) => `{{ ${JSON.stringify(braces)} }}`);
}

function filled(line: string): string {
  const found =
    /^(?<indent> *)(?<dash>- )?(?<key>[^ ]+:) slot-(?<kind>block|optional|maybe)-(?<hex>[0-9a-f]+)-end$/.exec(line);
  if (found?.groups === undefined)
    return line.replaceAll(/slot-inline-([0-9a-f]+)-end/g, (_, hex: string) => `{{ ${decoded(hex)} }}`);
  return entry({ indent: "", dash: "", key: "", kind: "", hex: "", ...found.groups });
}

/** What is found in a line whose value is a slot. */
type Entry = Readonly<Record<"indent" | "dash" | "key" | "kind" | "hex", string | undefined>>;

function entry({ indent = "", dash = "", key = "", kind, hex = "" }: Entry): string {
  // A key that may be missing cannot be the one that opens a member of a list.
  if (dash !== "" && kind !== "block") throw new Error(`${key} opens a member of a list: put another key before it`);
  const expression = decoded(hex);
  if (kind === "maybe") return provided(indent, expression, [`${key} {{ . | quote }}`]);
  const deep = indent.length + dash.length + 2;
  const below = (what: string): string => `${" ".repeat(deep)}{{- ${what} | nindent ${deep} }}`;
  return kind === "block"
    ? `${indent}${dash}${key}\n${below(expression)}`
    : provided(indent, expression, [key, below("toYaml .").trimStart()]);
}

/** Lines that are only there where a value is not empty; within them it is `.`. */
function provided(indent: string, value: string, [first, second]: readonly [string, string?]): string {
  const lines = [`{{- with ${value} }}`, first, ...(second === undefined ? [] : [`  ${second}`]), "{{- end }}"];
  return lines.map((line) => `${indent}${line}`).join("\n");
}

function decoded(hex: string): string {
  return Buffer.from(hex, "hex").toString();
}
