/** How much a line matters. */
export type Weight = "good" | "under way" | "bad" | "quiet";

/** Gives a text its weight; without a terminal the text stays as it is. */
export type Paint = (weight: Weight, text: string) => string;

const codes: Readonly<Record<Weight, string>> = { good: "32", "under way": "33", bad: "31", quiet: "2" };

/** No colours: for files, pipes and `NO_COLOR`. */
export const plain: Paint = (_weight, text) => text;

/** The colours of a terminal, unless its user wants none. */
export function paintOf(terminal: boolean, env: NodeJS.ProcessEnv): Paint {
  if (!terminal || (env["NO_COLOR"] ?? "") !== "") return plain;
  return (weight, text) => `\u001B[${codes[weight]}m${text}\u001B[0m`;
}

/** A time that has passed, as kubectl gives ages: `45s`, `12m`, `5h`, `3d`. */
export function ageOf(since: string | undefined, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since ?? "")) / 1000));
  if (Number.isNaN(seconds)) return "?";
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
