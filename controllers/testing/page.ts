import { listAt, textAt } from "../../operator/object.ts";
import { mistakesBelow } from "./mistakes.ts";

/** Tests that a table of the page of mistakes has those that are made here, each by what gives a status, and the sentence of each. */
export function pageHas(heading: string, made: Readonly<Record<string, () => unknown>>): void {
  const rows = mistakesBelow(heading);

  it("has every mistake that is made here", () => {
    expect(rows.map(({ mistake }) => mistake)).toEqual(Object.keys(made));
  });

  it.each(rows)("has the sentence of $mistake", ({ mistake, type, reason, sentence }) => {
    const conditions = listAt(made[mistake]?.(), "conditions");
    expect(conditions.find((each) => textAt(each, "type") === type)).toMatchObject({ status: "True" });
    const ready = conditions.find((each) => textAt(each, "type") === "Ready");
    expect(ready).toMatchObject({ status: "False", reason, message: expect.stringContaining(sentence) });
  });
}
