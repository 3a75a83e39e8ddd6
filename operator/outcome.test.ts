import {
  ApiError,
  Foreign,
  isNotFound,
  messageOf,
  outcomeOf,
  Stale,
  UnknownKind,
  Unreachable,
  verdictOf,
} from "./outcome.ts";
import { SourceMissing } from "./recipe.ts";

const api = (status: number, reason: string, retryAfter?: number) => new ApiError(status, reason, "no", retryAfter);
const forbidden = api(403, "Forbidden");
const conflict = api(409, "Conflict");

describe("the verdict of a step whose write failed", () => {
  it.each([
    [forbidden, { is: "blocked", reason: "Forbidden", message: "no" }],
    [api(403, "Expired"), { is: "blocked", reason: "Expired", message: "no" }],
    [api(422, "Invalid"), { is: "blocked", reason: "RejectedByApiServer", message: "no" }],
    [api(400, "BadRequest"), { is: "blocked", reason: "RejectedByApiServer", message: "no" }],
    [api(404, "NotFound"), { is: "waiting", on: "no" }],
    [conflict, { is: "waiting", on: "no" }],
    [api(429, "TooManyRequests"), { is: "waiting", on: "no" }],
    [api(500, "InternalError"), { is: "waiting", on: "no" }],
    [
      new ApiError(500, "", "failed to create typed patch object: .dat: field not declared in schema"),
      {
        is: "blocked",
        reason: "RejectedByApiServer",
        message: "failed to create typed patch object: .dat: field not declared in schema",
      },
    ],
    [api(503, "ServiceUnavailable"), { is: "waiting", on: "no" }],
    [new Foreign("of another"), { is: "blocked", reason: "ForeignObject", message: "of another" }],
    [
      new SourceMissing({ secret: "db", key: "password" }),
      { is: "waiting", on: "Secret db with key password is missing" },
    ],
    [new UnknownKind("no such kind"), { is: "waiting", on: "no such kind" }],
    [new Unreachable("no route"), { is: "waiting", on: "no route" }],
    ["just text", { is: "waiting", on: "just text" }],
  ])("%s", (error, verdict) => {
    expect(verdictOf(error)).toEqual(verdict);
  });
});

describe("after a pass the queue", () => {
  it("rests where nothing failed", () => {
    expect(outcomeOf([])).toEqual({ next: "rest" });
  });

  it.each([
    ["only Stale", [new Stale("old")]],
    ["Stale among others", [forbidden, conflict, new Stale("old")]],
    ["Stale beside a server that asks for patience", [api(429, "TooManyRequests", 3), new Stale("old")]],
  ])("looks again, later and later, for as long as it is behind: %s", (_, errors) => {
    expect(outcomeOf(errors)).toEqual({ next: "backoff" });
  });

  it.each([
    ["403", [forbidden]],
    ["422 and 403", [api(422, "Invalid"), forbidden]],
    ["a foreign object", [new Foreign("of another")]],
  ])("looks again after a minute where trying again soon will not help: %s", (_, errors) => {
    expect(outcomeOf(errors)).toEqual({ next: "again", inSeconds: 60 });
  });

  it.each([
    ["409", conflict],
    ["500", api(500, "InternalError")],
    ["503", api(503, "ServiceUnavailable")],
    ["404", api(404, "NotFound")],
    ["no connection", new Unreachable("no route")],
    ["a kind that comes later", new UnknownKind("no such kind")],
    ["a source that comes later", new SourceMissing({ secret: "db", key: "password" })],
    ["a programming error", new TypeError("undefined is not a function")],
  ])("backs off: %s", (_, error) => {
    expect(outcomeOf([error])).toEqual({ next: "backoff" });
  });

  it("backs off where one of several may pass", () => {
    expect(outcomeOf([forbidden, conflict]).next).toBe("backoff");
  });

  it("backs off from what was thrown and is no error", () => {
    expect(outcomeOf([undefined])).toEqual({ next: "backoff" });
  });

  it("stays away as long as the server asks, the longest of all", () => {
    expect(outcomeOf([api(429, "TooManyRequests", 3), conflict, api(503, "ServiceUnavailable", 7)])).toEqual({
      next: "again",
      inSeconds: 7,
    });
  });

  it("does not come back without any delay, even where the server would have it", () => {
    const outcome = outcomeOf([api(429, "TooManyRequests", 0)]);
    expect(outcome).toEqual({ next: "again", inSeconds: expect.any(Number) });
    expect(outcome.next === "again" && outcome.inSeconds > 0).toBe(true);
  });
});

it("only the API server's 404 means that there is no such object", () => {
  expect(isNotFound(api(404, "NotFound"))).toBe(true);
  expect(isNotFound(forbidden)).toBe(false);
  expect(isNotFound(new UnknownKind("no such kind"))).toBe(false);
  expect(isNotFound({ status: 404 })).toBe(false);
});

it("an error is told by its message, anything else by its text", () => {
  expect(messageOf(new Error("why"))).toBe("why");
  expect(messageOf(7)).toBe("7");
});

it("an error says its name in the log", () => {
  const errors = [forbidden, new Stale("a"), new Unreachable("b"), new UnknownKind("c"), new Foreign("d")];
  expect(errors.map(String)).toEqual(["ApiError: no", "Stale: a", "Unreachable: b", "UnknownKind: c", "Foreign: d"]);
});
