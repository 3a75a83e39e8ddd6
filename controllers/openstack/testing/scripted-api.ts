import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isRecord } from "../../../operator/object.ts";
import { ApiWire } from "../api-wire.ts";
import { KeystoneSessions } from "../keystone.ts";
import type { Entrance } from "../service-calls.ts";

/** An answer to a call. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A Keystone and an API at one address, over HTTP: it says what it is told to say, and remembers what it was asked. */
export class ScriptedApi {
  /** Calls as `METHOD /path token body`, but for log-ins. */
  readonly heard: string[] = [];
  /** Headers of the last call. */
  headers: IncomingMessage["headers"] = {};
  /** What it says next; without any, an empty object. */
  answers: Answer[] = [];
  #issued = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((question, answer) => void this.#hear(question, answer));
  }

  /** One that listens. */
  static async start(): Promise<ScriptedApi> {
    const api = new ScriptedApi();
    api.#server.listen(0, "127.0.0.1");
    await once(api.#server, "listening");
    return api;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The way in, as somebody whom its Keystone knows; to another address for an API that nobody runs. */
  entrance(url = this.#url): Entrance {
    const credentials = { url: `${this.#url}/v3`, userName: "nephos", password: "secret", projectName: "admin" };
    const signal = new AbortController().signal;
    return { sessions: new KeystoneSessions(), wire: new ApiWire(), credentials, url, signal };
  }

  get #url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${isRecord(address) ? Number(address["port"]) : 0}`;
  }

  async #hear(question: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await question.toArray()).toString();
    if (question.url === "/v3/auth/tokens") {
      answer.writeHead(201, { "x-subject-token": `token-${++this.#issued}` }).end("{}");
      return;
    }
    this.headers = question.headers;
    const token = String(question.headers["x-auth-token"]);
    this.heard.push([question.method, question.url, token, body].join(" ").trim());
    const next = this.answers.shift() ?? { status: 200, body: {} };
    answer.writeHead(next.status).end(JSON.stringify(next.body));
  }
}
