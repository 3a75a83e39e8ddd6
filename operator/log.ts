import { pino } from "pino";

/** What the runtime logs to: one JSON object a line. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Structured log on standard output; values of Secrets never reach it, and what looks like one is cut out all the same. */
export function processLog(level: string): Log {
  return pino({
    level,
    base: null,
    redact: { paths: ["*.data", "*.stringData", "*.password", "password", "token"], remove: true },
  });
}
