import type { Clock } from "../clock.ts";
import { type Certification, certification } from "../secrets.ts";
import type { Pair } from "../x509.ts";

/** So many of each are kept. */
const most = 2000;
const authorities = new Map<string, Promise<string>>();
const certificates = new Map<string, Promise<Pair>>();

/**
 * Makes certificates as they are, but what was made before comes from a stock: another run that asks for the same, at the same turn,
 * gets the same. Within one run nothing comes twice. To make one takes seven milliseconds, and a deployment has many.
 */
export class Stock {
  readonly #run: string;
  readonly #turns = new Map<string, number>();

  /** For one run; runs that begin elsewhere have other keys. */
  constructor(run: string) {
    this.#run = run;
  }

  /** What a process makes certificates with: it always takes a millisecond of its clock. */
  certification(clock: Clock): () => Promise<Certification> {
    const after = async <T>(made: Promise<T>): Promise<T> => {
      await clock.sleep(1);
      return made;
    };
    return async () => {
      const { makeAuthority, issueCertificate } = await certification();
      return {
        makeAuthority: (wish) => after(this.#taken(authorities, [wish], () => makeAuthority(wish))),
        issueCertificate: (authority, wish) =>
          after(this.#taken(certificates, [authority, wish], () => issueCertificate(authority, wish))),
      };
    };
  }

  #taken<T>(stock: Map<string, Promise<T>>, wish: readonly unknown[], make: () => Promise<T>): Promise<T> {
    const asked = JSON.stringify([this.#run, ...wish]);
    const turn = (this.#turns.get(asked) ?? 0) + 1;
    this.#turns.set(asked, turn);
    const key = `${turn} ${asked}`;
    const made = stock.get(key) ?? make();
    if (stock.size < most) stock.set(key, made);
    return made;
  }
}
