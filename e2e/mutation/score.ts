/** What became of a mutant, as Stryker tells it. */
export interface Mutant {
  readonly fileName: string;
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

/** How many of the mutants that could be tried were noticed. */
export interface Score {
  readonly noticed: number;
  readonly tried: number;
}

const noticed: ReadonlySet<string> = new Set(["Killed", "Timeout"]);
const missed: ReadonlySet<string> = new Set(["Survived", "NoCoverage"]);

/** The score of mutants; those that are no program at all do not count. */
export function scoreOf(mutants: readonly Mutant[]): Score {
  const caught = mutants.filter(({ status }) => noticed.has(status)).length;
  return { noticed: caught, tried: caught + survivorsOf(mutants).length };
}

/** The mutants that no test noticed. */
export function survivorsOf<M extends Mutant>(mutants: readonly M[]): M[] {
  return mutants.filter(({ status }) => missed.has(status));
}

/** Noticed mutants in percent; 100 where there was none to try. */
export function percentOf({ noticed: caught, tried }: Score): number {
  return tried === 0 ? 100 : (100 * caught) / tried;
}

/** ` 97.5 %  118 of 121  operator/plan.ts` */
export function scoreLine(name: string, score: Score): string {
  return `${percentOf(score).toFixed(1).padStart(6)} %  ${score.noticed} of ${score.tried}  ${name}`;
}

/** `operator/plan.ts:7 EqualityOperator, became a <= b`, in one line. */
export function survivorLine({ fileName, location, mutatorName, replacement = "" }: Mutant): string {
  const became = replacement.replace(/\s+/g, " ").slice(0, 100);
  return `${fileName}:${location.start.line} ${mutatorName}, became ${became === "" ? "nothing" : became}`;
}
