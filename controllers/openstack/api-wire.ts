import { Agent, request } from "undici";
import { listAt, mapAt } from "../../operator/object.ts";
import { messageOf } from "../../operator/outcome.ts";

const callTimeoutInSeconds = 20;

/** A call to an API, by its path below the API's URL. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
  /** Besides those that every call has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an API said: its JSON, and the token where it is Keystone that issued one. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly token: string | undefined;
}

/** An API refused or did not answer; status 0 where there was no answer at all. */
export abstract class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Fields of an object of an API. */
export type Body = Readonly<Record<string, unknown>>;

/** What can be done with the objects of an API. */
export interface Collections {
  /** All members of a collection: `list("services", {type: "identity"})`. */
  list(collection: string, query?: Readonly<Record<string, string>>): Promise<readonly unknown[]>;
  /** Makes an object and gives it back: `create("projects", "project", {...})`. */
  create(collection: string, member: string, body: Body): Promise<unknown>;
  update(path: string, member: string, body: Body): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The objects of an API over its calls; APIs differ in the method by which they change one. */
export function collectionsOver(
  call: (method: string, path: string, body?: unknown) => Promise<unknown>,
  updating: "PATCH" | "PUT",
): Collections {
  return {
    list: async (collection, query = {}) => {
      const text = new URLSearchParams(query).toString();
      const answer = await call("GET", `/${collection}${text === "" ? "" : `?${text}`}`);
      return listAt(answer, collection.split("/").at(-1) ?? "");
    },
    create: async (collection, member, body) => mapAt(await call("POST", `/${collection}`, { [member]: body }), member),
    update: async (path, member, body) => void (await call(updating, `/${path}`, { [member]: body })),
    remove: async (path) => void (await call("DELETE", `/${path}`)),
  };
}

/** Where an API is, by what it is trusted, and how long there is time. */
export interface Place {
  readonly url: string;
  /** Certificates in PEM; left out, those that the process trusts anyway. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Connections to APIs, which trust what they are told to; other trust, other connections. */
export class ApiWire {
  readonly #agents = new Map<string, Agent>();

  /** Makes a call; rejects with `does not answer at …` where there is no answer, whatever the answer says. */
  async exchange({ method, path, body, token, headers }: Call, { url: base, ca, signal }: Place): Promise<Reply> {
    const url = `${base}${path}`;
    try {
      const answer = await request(url, {
        method,
        headers: {
          accept: "application/json",
          "content-type": "application/json",
          ...headers,
          ...(token === undefined ? {} : { "x-auth-token": token }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        ...(ca === undefined ? {} : { dispatcher: this.#trusting(ca) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutInSeconds * 1000)]),
      });
      const text = await answer.body.text();
      const issued = answer.headers["x-subject-token"];
      return { status: answer.statusCode, body: parsed(text), token: typeof issued === "string" ? issued : undefined };
    } catch (error) {
      // What is no URL at all has no host: nothing is thrown here but the one error that callers know.
      const place = URL.canParse(url) ? new URL(url).host : url;
      throw new Error(`does not answer at ${place}: ${messageOf(error)}`, { cause: error });
    }
  }

  #trusting(ca: string): Agent {
    const agent = this.#agents.get(ca) ?? new Agent({ connect: { ca }, keepAliveTimeout: 1_000 });
    this.#agents.set(ca, agent);
    return agent;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
