import { parentPort } from "node:worker_threads";
import { isRecord } from "../../operator/object.ts";
import { type Question, questions } from "./questions.ts";

function isQuestion(value: unknown): value is Question {
  return typeof value === "string" && Object.hasOwn(questions, value);
}

async function answerTo(message: unknown): Promise<unknown> {
  if (!isRecord(message) || !isQuestion(message["question"])) return { error: "no such question" };
  try {
    return await questions[message["question"]](String(message["name"]));
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Runs as a thread: answers one question after the other. */
parentPort?.on("message", (message: unknown) => {
  void answerTo(message).then((answer) => parentPort?.postMessage(answer, []));
});
