import { isRecord } from "../../operator/object.ts";

/** How much of a scenario a turn holds. */
export interface Share {
  readonly scenario: string;
  /** Runs that the turn has of it. */
  readonly planned: number;
  /** Runs that it could have. */
  readonly possible: number;
}

/** How one run went. */
export interface Result {
  readonly scenario: string;
  readonly family: string;
  /** What has to be done to see it again. */
  readonly command: string;
  readonly trouble: readonly string[];
}

/** What one thread says of its turn: first how much there is, then how each run went. */
export type News = readonly Share[] | Result;

/** Whether a message is about one run. */
export function isResult(message: unknown): message is Result {
  return isRecord(message) && typeof message["command"] === "string" && Array.isArray(message["trouble"]);
}

/** Whether a message says how much there is. */
export function areShares(message: unknown): message is readonly Share[] {
  return Array.isArray(message) && message.every((each) => isRecord(each) && typeof each["planned"] === "number");
}

interface Count {
  readonly tried: number;
  readonly bad: number;
}

const none: Count = { tried: 0, bad: 0 };

/** What was tried of what a turn holds. */
export class Coverage {
  #shares: readonly Share[] = [];
  readonly #scenarios = new Map<string, Count>();
  readonly #families = new Map<string, Count>();

  /** Every thread says the same. */
  plan(shares: readonly Share[]): void {
    this.#shares = shares;
  }

  add({ scenario, family, trouble }: Result): void {
    const bad = trouble.length === 0 ? 0 : 1;
    for (const [counts, key] of [[this.#scenarios, scenario] as const, [this.#families, family] as const]) {
      const { tried, bad: before } = counts.get(key) ?? none;
      counts.set(key, { tried: tried + 1, bad: before + bad });
    }
  }

  get planned(): number {
    return this.#shares.reduce((sum, { planned }) => sum + planned, 0);
  }

  get tried(): number {
    return [...this.#scenarios.values()].reduce((sum, { tried }) => sum + tried, 0);
  }

  get bad(): number {
    return [...this.#scenarios.values()].reduce((sum, { bad }) => sum + bad, 0);
  }

  /** A line for each scenario, and one for each family of faults. */
  lines(): string[] {
    const scenarios = this.#shares.map(({ scenario, planned, possible }) => {
      const { tried, bad } = this.#scenarios.get(scenario) ?? none;
      const chosen = planned === possible ? "all" : `a sample of ${possible}`;
      return `${scenario}: ${tried} of ${planned} tried (${chosen}), ${bad} bad`;
    });
    const families = [...this.#families]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([family, { tried, bad }]) => `${family}: ${tried} tried, ${bad} bad`);
    return [...scenarios, ...families];
  }
}
