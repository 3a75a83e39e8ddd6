import { textAt } from "../../operator/object.ts";
import { messageOf } from "../../operator/outcome.ts";
import { ApiRefusal, type ApiWire, type Call, type Collections, collectionsOver, type Reply } from "./api-wire.ts";
import { type Credentials, KeystoneError, type KeystoneSessions } from "./keystone.ts";

/** Neutron refused or did not answer; status 0 where there was no answer at all, or Keystone gave no token. */
export class NeutronError extends ApiRefusal {
  override readonly name = "NeutronError";
}

/** What we use of Neutron's v2.0 API; every answer but a success is a NeutronError. */
export type Neutron = Collections;

/** Neutron as the user of these credentials sees it, at its URL without version. */
export function openNeutron(
  sessions: KeystoneSessions,
  wire: ApiWire,
  credentials: Credentials,
  url: string,
  signal: AbortSignal,
): Neutron {
  const ask = async (call: Call): Promise<Reply> => {
    const token = await sessions.token(credentials, signal).catch((error: unknown) => {
      throw new NeutronError(error instanceof KeystoneError ? error.status : 0, messageOf(error));
    });
    return wire.exchange({ ...call, token }, { url: `${url}/v2.0`, ca: credentials.ca, signal }).catch((error) => {
      throw new NeutronError(0, `Neutron ${messageOf(error)}`);
    });
  };
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const whole = { method, path, ...(body === undefined ? {} : { body }) };
    const first = await ask(whole);
    if (first.status !== 401) return checked(first, `${method} ${path}`);
    sessions.forget(credentials);
    return checked(await ask(whole), `${method} ${path}`);
  };
  return collectionsOver(call, "PUT");
}

function checked(reply: Reply, what: string): unknown {
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  const message = textAt(reply.body, "NeutronError", "message") ?? "no message";
  throw new NeutronError(reply.status, `Neutron refused ${what} with ${reply.status}: ${message}`);
}
