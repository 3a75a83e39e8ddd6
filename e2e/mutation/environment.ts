import { env } from "node:process";
import { TestEnvironment } from "jest-environment-node";

/** By which Stryker says which mutant is active (`stryker:packages/api/src/core/instrument.ts`); unset while it only looks what covers what. */
const activeMutant = "__STRYKER_ACTIVE_MUTANT__";
let noticed: string | undefined;

interface TestEvent {
  readonly name: string;
  readonly test?: { readonly errors: readonly unknown[]; mode?: "skip" | "only" | "todo" | "failing" | null };
}

/**
 * Ends with the first test that fails: a mutant that was noticed needs no second test. Jest's own `bail` ends whole files, and Stryker turns
 * it off.
 */
export default class FirstFailure extends TestEnvironment {
  readonly handleTestEvent = ({ name, test }: TestEvent): void => {
    const mutant = env[activeMutant];
    if (mutant === undefined || test === undefined) return;
    if (name === "test_done" && test.errors.length > 0) noticed = mutant;
    if (name === "test_start" && noticed === mutant) test.mode = "skip";
  };
}
