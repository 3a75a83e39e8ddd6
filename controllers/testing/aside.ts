import { Worker } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import type { Question } from "./questions.ts";

type Answer = (said: readonly string[] | Error) => void;

/**
 * A thread that plays scenarios outside of the test runner's sandbox, in which every global name is looked up slowly and a play takes
 * twice as long.
 */
export class Aside {
  readonly #worker = new Worker(new URL("aside-worker.ts", import.meta.url));
  #answer: Answer | undefined;

  constructor() {
    this.#worker.on("message", (message: unknown) => this.#tell(answerIn(message)));
    this.#worker.on("error", (error) => this.#tell(error instanceof Error ? error : new Error(String(error))));
  }

  /** What is wrong with a scenario or kind, by the question; one question at a time. */
  ask(question: Question, name: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.#answer = (said) => (said instanceof Error ? reject(said) : resolve(said));
      this.#worker.postMessage({ question, name }, []);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(said: readonly string[] | Error): void {
    this.#answer?.(said);
    this.#answer = undefined;
  }
}

function answerIn(message: unknown): readonly string[] | Error {
  if (Array.isArray(message)) return message.map(String);
  return new Error(isRecord(message) ? String(message["error"]) : "no answer");
}
