import { stringify } from "yaml";
import { z } from "zod";
import { isRecord, mapAt, textAt } from "../operator/object.ts";
import { values } from "./values.ts";

/** One setting of the chart. */
interface Setting {
  /** Names from the outermost value inwards. */
  readonly path: readonly string[];
  readonly description: string;
  readonly default: unknown;
}

const schema = z.toJSONSchema(values, { target: "draft-7", io: "input", reused: "inline" });

/** `values.schema.json`: what Helm checks values against. */
export function valuesSchema(): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** `values.yaml`: every setting with its default, and what it is for. */
export function valuesYaml(): string {
  const lines = settings().flatMap((setting, index, all) => [...headings(setting, all[index - 1]), ...entry(setting)]);
  return ["# Generated from charts/values.ts by npm run generate.", ...lines, ""].join("\n");
}

/** A Markdown table of every setting, its columns aligned as the formatter wants them. */
export function valuesTable(): string {
  const rows = settings().map(({ path, description, default: preset }) => [
    `\`${path.join(".")}\``,
    `\`${JSON.stringify(preset)}\``,
    description,
  ]);
  const header = ["Value", "Default", "What it is for"];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? "").length)));
  const aligned = (row: readonly string[]): string =>
    rowOf(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [aligned(header), rowOf(widths.map((width) => "-".repeat(width))), ...rows.map(aligned)].join("");
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function settings(): Setting[] {
  return settingsOf(schema, []);
}

function settingsOf(node: unknown, path: readonly string[]): Setting[] {
  const description = textAt(node, "description");
  if (isRecord(node) && "default" in node) {
    if (description === undefined) throw new Error(`${path.join(".")} has no description`);
    return [{ path, description, default: node["default"] }];
  }
  return Object.entries(mapAt(node, "properties")).flatMap(([name, inner]) => settingsOf(inner, [...path, name]));
}

/** The maps that open with this setting: those of its path that the setting before it is not in. */
function headings({ path }: Setting, before: Setting | undefined): string[] {
  return path
    .slice(0, -1)
    .flatMap((name, depth) =>
      before !== undefined && path.slice(0, depth + 1).every((part, index) => before.path[index] === part)
        ? []
        : [`${"  ".repeat(depth)}${name}:`],
    );
}

function entry({ path, description, default: preset }: Setting): string[] {
  const indent = "  ".repeat(path.length - 1);
  const comment = `${indent}# ${description}`;
  const yaml = stringify({ [path.at(-1) ?? ""]: preset }, { lineWidth: 0 }).trimEnd();
  return [comment, ...yaml.split("\n").map((line) => `${indent}${line}`)];
}
