import { SourceUnfit } from "./recipe.ts";
import type { Verdict } from "./verdict.ts";

/** The API server's refusal: HTTP status, Kubernetes' reason and, for 429 and 503, how long it asks us to stay away. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  readonly retryAfterInSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterInSeconds?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterInSeconds = retryAfterInSeconds;
  }
}

/** The snapshot is older than the cluster: look again before acting. */
export class Stale extends Error {
  override readonly name = "Stale";
}

/** The connection failed, or no answer came in time. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** A kind that the API server does not know (yet). */
export class UnknownKind extends Error {
  override readonly name = "UnknownKind";
}

/** An object of the wanted name that belongs to someone else. */
export class Foreign extends Error {
  override readonly name = "Foreign";
}

/** What the queue does with an object after a pass. */
export type Outcome =
  | { readonly next: "rest" }
  | { readonly next: "again"; readonly inSeconds: number }
  /** Later and later, until a pass ends otherwise. */
  | { readonly next: "backoff" }
  /** The object is gone: nothing about it is worth keeping. */
  | { readonly next: "forget" };

/** The verdict of a step whose write failed. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof SourceUnfit) return { is: "blocked", reason: "SecretUnfit", message: error.message };
  if (error instanceof Foreign) return { is: "blocked", reason: "ForeignObject", message: error.message };
  if (!(error instanceof ApiError)) return { is: "waiting", on: messageOf(error) };
  switch (error.status) {
    case 403:
      return { is: "blocked", reason: error.reason, message: error.message };
    case 422:
    case 400:
      return rejected(error);
    default:
      return unknownField(error) ? rejected(error) : { is: "waiting", on: error.message };
  }
}

function rejected({ message }: ApiError): Verdict {
  return { is: "blocked", reason: "RejectedByApiServer", message };
}

/** The API server has no status of its own for an apply with a field that it does not know (structured-merge-diff:typed/validate.go). */
function unknownField({ status, message }: ApiError): boolean {
  return status === 500 && message.includes("field not declared in schema");
}

/** What comes after a pass that ended with an error as a whole, or whose steps met some. */
export function outcomeOf(errors: readonly unknown[]): Outcome {
  if (errors.length === 0) return { next: "rest" };
  // The watch will wake us when it has caught up; asking again and again meanwhile helps nobody.
  if (errors.some((each) => each instanceof Stale)) return { next: "backoff" };
  const asked = errors.flatMap((each) => (each instanceof ApiError ? (each.retryAfterInSeconds ?? []) : []));
  if (asked.length > 0) return { next: "again", inSeconds: Math.max(1, ...asked) };
  if (errors.every((each) => verdictOf(each).is === "blocked")) return { next: "again", inSeconds: 60 };
  return { next: "backoff" };
}

/** One line that says what went wrong. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error is the API server's "there is no such object". */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
