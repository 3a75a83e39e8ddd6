import { readFileSync } from "node:fs";
import { join } from "node:path";

const page = readFileSync(join(import.meta.dirname, "..", "..", "crds", "MISTAKES.md"), "utf8");

/** A row of a table about what Nephos finds: the mistake, the condition that is True and the reason, what is said. */
export interface Mistake {
  readonly mistake: string;
  readonly type: string;
  readonly reason: string;
  readonly sentence: string;
}

/** The rows of the table below a heading of the page of mistakes. */
export function mistakesBelow(heading: string): Mistake[] {
  const rows = (page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2);
  return rows.map((line) => {
    const [mistake = "", condition = "", sentence = ""] = line
      .split("|")
      .slice(1)
      .map((column) => column.trim().replaceAll("`", ""));
    const [type = "", reason = ""] = condition.split(", ");
    return { mistake, type, reason, sentence };
  });
}
