import type { Part } from "../../operator/recipe.ts";

/** A value that holds secrets: pieces of text and the Secret values between them. */
export interface Composed {
  readonly parts: readonly Part[];
}

/** One option's value; a list stands for an option that is given several times. */
export type OsloValue = string | number | boolean | readonly string[] | Composed;

/** A configuration in the terms of oslo.config: section, option, value; a list stands for an option given several times. */
export type OsloConfig = Readonly<Record<string, Readonly<Record<string, OsloValue>>>>;

/** Several configurations in one; of the same option the later wins. */
export function merged(...configs: readonly OsloConfig[]): OsloConfig {
  const sections = [...new Set(configs.flatMap((config) => Object.keys(config)))].sort();
  return Object.fromEntries(
    sections.map((section) => [section, Object.assign({}, ...configs.map((config) => config[section]))]),
  );
}

/** The text of a configuration file, sections and options sorted, as pieces between which the secrets go. */
export function iniParts(config: OsloConfig): Part[] {
  const parts = Object.keys(config)
    .sort()
    .flatMap((section) => [`[${section}]\n`, ...optionParts(config[section] ?? {}), "\n"]);
  return joined(parts);
}

function optionParts(options: Readonly<Record<string, OsloValue>>): Part[] {
  return Object.keys(options)
    .sort()
    .flatMap((option) => valuesOf(options[option]).flatMap((value) => [`${option} = `, ...value, "\n"]));
}

function valuesOf(value: OsloValue | undefined): Part[][] {
  if (value === undefined) return [];
  if (isComposed(value)) return [[...value.parts]];
  if (Array.isArray(value)) return value.map((each: string) => [each]);
  return [[String(value)]];
}

function isComposed(value: OsloValue): value is Composed {
  return typeof value === "object" && "parts" in value;
}

/** Neighbouring pieces of text as one, so that a golden file reads like the file itself. */
function joined(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (typeof part === "string" && typeof last === "string") whole.splice(-1, 1, last + part);
    else whole.push(part);
  }
  return whole;
}
