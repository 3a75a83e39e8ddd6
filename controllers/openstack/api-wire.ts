import { Agent, request } from "undici";
import { messageOf } from "../../operator/outcome.ts";

const callTimeoutInSeconds = 20;

/** A call to an API, by its path below the API's URL. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

/** What an API said: its JSON, and the token where it is Keystone that issued one. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly token: string | undefined;
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
  async exchange({ method, path, body, token }: Call, { url: base, ca, signal }: Place): Promise<Reply> {
    const url = `${base}${path}`;
    try {
      const answer = await request(url, {
        method,
        headers: {
          accept: "application/json",
          "content-type": "application/json",
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
