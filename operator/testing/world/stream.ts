import type { Change } from "./history.ts";
import { type Scope, seenIn } from "./scope.ts";

/** A watch as the server holds it. */
export class Stream {
  readonly #scope: Scope;
  readonly #lines: string[] = [];
  #ended: "no" | "cleanly" | "aborted" = "no";
  #wake: () => void = () => undefined;

  constructor(scope: Scope, signal: AbortSignal) {
    this.#scope = scope;
    signal.addEventListener("abort", () => this.#finish("aborted"), { once: true });
    if (signal.aborted) this.#finish("aborted");
  }

  take(change: Change): void {
    const type = seenIn(change, this.#scope);
    if (type !== undefined) this.#send({ type, object: change.object });
  }

  bookmark(resourceVersion: string): void {
    const { kind, apiVersion } = this.#scope.place.info;
    this.#send({ type: "BOOKMARK", object: { kind, apiVersion, metadata: { resourceVersion } } });
  }

  /** The server ends the watch. */
  end(): void {
    this.#finish("cleanly");
  }

  async *lines(): AsyncIterable<string> {
    for (;;) {
      yield* this.#lines.splice(0);
      if (this.#ended === "cleanly") return;
      if (this.#ended === "aborted") throw new Error("aborted");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #send(event: unknown): void {
    this.#lines.push(JSON.stringify(event));
    this.#wake();
  }

  #finish(how: "cleanly" | "aborted"): void {
    if (this.#ended === "no") this.#ended = how;
    this.#wake();
  }
}
