import { messageOf } from "../../operator/outcome.ts";
import type { ApiRefusal, ApiWire, Call, Reply } from "./api-wire.ts";
import { type Credentials, KeystoneError, type KeystoneSessions } from "./keystone.ts";

/** Where a service's API is, and as whom it is asked. */
export interface Entrance {
  readonly sessions: KeystoneSessions;
  readonly wire: ApiWire;
  readonly credentials: Credentials;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** What an API is called in messages, and how it says no. */
export interface Manners {
  readonly name: string;
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly refusal: (status: number, message: string) => ApiRefusal;
  /** The sentence in the answer to a call that was refused. */
  readonly sentence: (body: unknown) => string | undefined;
}

/**
 * Calls to a service's API, by their method, their path below its URL and their body, with a token of Keystone's: the body of the answer. Logs
 * in anew, once, where the token is refused; every answer but a success is a refusal.
 */
export function serviceCalls(
  { sessions, wire, credentials, url, signal }: Entrance,
  { name, headers = {}, refusal, sentence }: Manners,
): (method: string, path: string, body?: unknown) => Promise<unknown> {
  const ask = async (call: Call): Promise<Reply> => {
    const token = await sessions.token(credentials, signal).catch((error: unknown) => {
      throw refusal(error instanceof KeystoneError ? error.status : 0, messageOf(error));
    });
    return wire.exchange({ ...call, token, headers }, { url, ca: credentials.ca, signal }).catch((error) => {
      throw refusal(0, `${name} ${messageOf(error)}`);
    });
  };
  return async (method, path, body) => {
    const whole = { method, path, ...(body === undefined ? {} : { body }) };
    const first = await ask(whole);
    if (first.status === 401) sessions.forget(credentials);
    const { status, body: answer } = first.status === 401 ? await ask(whole) : first;
    if (status >= 200 && status < 300) return answer;
    throw refusal(status, `${name} refused ${method} ${path} with ${status}: ${sentence(answer) ?? "no message"}`);
  };
}
