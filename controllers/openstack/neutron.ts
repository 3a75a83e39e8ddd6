import { listAt, mapAt, textAt } from "../../operator/object.ts";
import { messageOf } from "../../operator/outcome.ts";
import type { ApiWire, Call, Reply } from "./api-wire.ts";
import { type Credentials, KeystoneError, type KeystoneSessions } from "./keystone.ts";

/** Neutron refused or did not answer; status 0 where there was no answer at all, or Keystone gave no token. */
export class NeutronError extends Error {
  override readonly name = "NeutronError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Fields of an object of Neutron. */
export type Body = Readonly<Record<string, unknown>>;

/** The verbs of Neutron's v2.0 API that we use; every answer but a success is a NeutronError. */
export interface Neutron {
  /** All members of a collection: `list("networks", {name: "public"})`. */
  list(collection: string, query?: Readonly<Record<string, string>>): Promise<readonly unknown[]>;
  create(collection: string, member: string, body: Body): Promise<unknown>;
  update(path: string, member: string, body: Body): Promise<void>;
  remove(path: string): Promise<void>;
}

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
  return {
    list: async (collection, query = {}) => {
      const text = new URLSearchParams(query).toString();
      return listAt(await call("GET", `/${collection}${text === "" ? "" : `?${text}`}`), collection);
    },
    create: async (collection, member, body) => mapAt(await call("POST", `/${collection}`, { [member]: body }), member),
    update: async (path, member, body) => void (await call("PUT", `/${path}`, { [member]: body })),
    remove: async (path) => void (await call("DELETE", `/${path}`)),
  };
}

function checked(reply: Reply, what: string): unknown {
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  const message = textAt(reply.body, "NeutronError", "message") ?? "no message";
  throw new NeutronError(reply.status, `Neutron refused ${what} with ${reply.status}: ${message}`);
}
