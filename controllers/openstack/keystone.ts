import { numberAt, textAt } from "../../operator/object.ts";
import { messageOf } from "../../operator/outcome.ts";
import { ApiRefusal, ApiWire, type Call, type Collections, collectionsOver, type Reply } from "./api-wire.ts";

/** Who asks, and where. */
export interface Credentials {
  /** Keystone's URL with /v3. */
  readonly url: string;
  readonly userName: string;
  readonly password: string;
  /** Project of the Default domain to which the token is scoped. */
  readonly projectName: string;
  /** Certificates by which Keystone is trusted, in PEM; left out, those that the process trusts anyway. */
  readonly ca?: string;
}

/** Keystone refused or did not answer; status 0 where there was no answer at all. */
export class KeystoneError extends ApiRefusal {
  override readonly name = "KeystoneError";
}

/** What we use of Keystone's v3 API; every answer but a success is a KeystoneError. */
export interface Keystone extends Collections {
  put(path: string): Promise<void>;
}

/** A token is used for half of its default life of an hour. */
const tokenLifeInMilliseconds = 30 * 60_000;

/** Tokens by credentials, kept while they are good, so that a pass costs no log-in. */
export class KeystoneSessions {
  readonly #wire = new ApiWire();
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();

  /** Keystone as seen by the given user; logs in when the first call needs it. */
  open(credentials: Credentials, signal: AbortSignal): Keystone {
    const ask = async (method: string, path: string, body: unknown): Promise<Reply> =>
      this.#send({ method, path, body, token: await this.token(credentials, signal) }, credentials, signal);
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const first = await ask(method, path, body);
      if (!doubtful(method, first)) return checked(first, `${method} ${path}`);
      this.forget(credentials);
      return checked(await ask(method, path, body), `${method} ${path}`);
    };
    return { ...collectionsOver(call, "PATCH"), put: async (path) => void (await call("PUT", `/${path}`)) };
  }

  /** A token that is good as far as anybody knows; logs in where there is none. */
  async token(credentials: Credentials, signal: AbortSignal): Promise<string> {
    const known = this.#tokens.get(keyOf(credentials));
    if (known !== undefined && known.until > performance.now()) return known.token;
    const token = await this.logIn(credentials, signal);
    this.#tokens.set(keyOf(credentials), { token, until: performance.now() + tokenLifeInMilliseconds });
    return token;
  }

  /** Drops a token that was refused. */
  forget(credentials: Credentials): void {
    this.#tokens.delete(keyOf(credentials));
  }

  /** Gets a token; a KeystoneError with status 401 says that the password is wrong. An empty project asks for an unscoped one. */
  async logIn(credentials: Credentials, signal: AbortSignal): Promise<string> {
    const { userName, password, projectName } = credentials;
    const domain = { id: "default" };
    const identity = { methods: ["password"], password: { user: { name: userName, domain, password } } };
    const scope = projectName === "" ? "unscoped" : { project: { name: projectName, domain } };
    const body = { auth: { identity, scope } };
    const reply = await this.#send({ method: "POST", path: "/auth/tokens", body }, credentials, signal);
    checked(reply, "log-in");
    if (reply.token === undefined) throw new KeystoneError(502, "Keystone gave no token");
    return reply.token;
  }

  #send(call: Call, { url, ca }: Credentials, signal: AbortSignal): Promise<Reply> {
    return this.#wire.exchange(call, { url, ca, signal }).catch((error: unknown) => {
      throw new KeystoneError(0, `Keystone ${messageOf(error)}`);
    });
  }
}

/** Whether the token may be to blame: refused, or of a project that is not in the database which Keystone has now. */
function doubtful(method: string, { status }: Reply): boolean {
  return status === 401 || (method === "GET" && status === 404);
}

function checked(reply: Reply, what: string): unknown {
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  const message = textAt(reply.body, "error", "message") ?? "no message";
  throw new KeystoneError(
    reply.status,
    `Keystone refused ${what} with ${numberAt(reply.body, "error", "code") ?? reply.status}: ${message}`,
  );
}

function keyOf({ url, userName, password }: Credentials): string {
  return `${url} ${userName} ${password}`;
}
