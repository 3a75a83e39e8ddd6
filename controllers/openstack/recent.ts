/** Answers that serve for a while: many who ask for the same get one, also where it is a refusal. */
export class Recent<T> {
  readonly #answers = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  readonly #lifeInMilliseconds: number;

  constructor(lifeInSeconds: number) {
    this.#lifeInMilliseconds = lifeInSeconds * 1000;
  }

  /** The last answer while it is young, else a new one. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > performance.now()) return known.answer;
    const answer = ask();
    this.#answers.set(key, { answer, until: performance.now() + this.#lifeInMilliseconds });
    return answer;
  }

  /** Something has changed: the next one asks. */
  forget(key: string): void {
    this.#answers.delete(key);
  }
}
