import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { isRecord } from "../../operator/object.ts";
import type { Access } from "../../operator/transport.ts";

/** A wire between a client and the API server that can be cut, stalled and taken away. */
export class Proxy {
  /** Connections that were ever made through it. */
  connections = 0;
  #port = 0;
  readonly #target: URL;
  #server: Server;
  #pairs: readonly (readonly [Socket, Socket])[] = [];

  private constructor(target: URL) {
    this.#target = target;
    this.#server = this.#serve();
  }

  /** A proxy in front of the API server, and the access that goes through it. */
  static async before(access: Access): Promise<{ readonly proxy: Proxy; readonly access: Access }> {
    const proxy = new Proxy(new URL(access.server));
    await proxy.start();
    return { proxy, access: { ...access, server: `https://127.0.0.1:${proxy.#port}` } };
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.filter(([near]) => !near.destroyed).length;
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    this.#server = this.#serve().listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (isRecord(address)) this.#port = Number(address["port"]);
  }

  /** Breaks every connection; new ones are welcome. */
  cut(): void {
    for (const socket of this.#pairs.flat()) socket.destroy();
    this.#pairs = [];
  }

  /** From now on nothing passes over the connections there are, and nobody is told; new ones are welcome. */
  stall(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  /** Breaks every connection and refuses new ones. */
  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #serve(): Server {
    return createServer((near) => {
      const far = connect(Number(this.#target.port), this.#target.hostname);
      this.connections++;
      this.#pairs = [...this.#pairs, [near, far]];
      near.on("error", () => far.destroy()).on("close", () => far.destroy());
      far.on("error", () => near.destroy()).on("close", () => near.destroy());
      near.pipe(far).pipe(near);
    });
  }
}
