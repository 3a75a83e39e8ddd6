import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { connect as connectByTls } from "node:tls";
import { Agent, WebSocket } from "undici";

/** What somebody has who looks at a screen of a host: the authorities that he trusts, the name that he asks for, his own certificate. */
export interface Viewer {
  readonly ca: string;
  readonly servername: string;
  readonly cert?: string;
  readonly key?: string;
}

const patienceInMilliseconds = 20_000;
/** Of RFB's kinds of security the one that is TLS (VeNCrypt), and of its kinds that with certificates and no password. */
const [veNCrypt, x509None] = [19, 260];

/** The first words on a WebSocket, by somebody who trusts these authorities; rejects where it does not open, or nothing comes. */
export async function screenGreeting(url: string, ca: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca } });
  const socket = new WebSocket(url, { dispatcher, protocols: ["binary"] });
  socket.binaryType = "arraybuffer";
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (): void => reject(new Error("the console says nothing"));
      socket.addEventListener("message", ({ data }) => {
        resolve(data instanceof ArrayBuffer ? Buffer.from(data).toString("latin1") : String(data));
      });
      for (const event of ["error", "close"] as const) socket.addEventListener(event, fail);
      setTimeout(fail, patienceInMilliseconds).unref();
    });
  } finally {
    socket.close();
    await dispatcher.close();
  }
}

/** The numbers of the kinds of security by which a host shows a screen at a port. */
export function securityOf(host: string, port: number): Promise<readonly number[]> {
  return withScreen(host, port, (_, kinds) => Promise.resolve(kinds));
}

/** Whether a host shows a screen to a viewer, by TLS; rejects where it breaks off. */
export function shows(host: string, port: number, viewer: Viewer): Promise<boolean> {
  return withScreen(host, port, async (socket) => {
    socket.write(Buffer.of(veNCrypt));
    await bytes(socket, 2);
    socket.write(Buffer.of(0, 2));
    await bytes(socket, 1);
    await bytes(socket, ((await bytes(socket, 1))[0] ?? 0) * 4);
    const wish = Buffer.alloc(4);
    wish.writeUInt32BE(x509None);
    socket.write(wish);
    await bytes(socket, 1);
    const secure = connectByTls({ socket, ...viewer });
    secure.on("error", () => undefined);
    await once(secure, "secureConnect");
    return (await bytes(secure, 4)).readUInt32BE() === 0;
  });
}

async function withScreen<T>(
  host: string,
  port: number,
  ask: (socket: Socket, kinds: readonly number[]) => Promise<T>,
): Promise<T> {
  const socket = connectPlainly({ host, port });
  // Who waits hears of it; between two waits nobody does.
  socket.on("error", () => undefined);
  socket.setTimeout(patienceInMilliseconds, () => socket.destroy(new Error("the screen says nothing")));
  try {
    socket.write(await bytes(socket, 12));
    return await ask(socket, [...(await bytes(socket, (await bytes(socket, 1))[0] ?? 0))]);
  } finally {
    socket.destroy();
  }
}

/** The next bytes of a socket; rejects where it ends before them. */
async function bytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const found: unknown = socket.read(count);
    if (Buffer.isBuffer(found) && found.length === count) return found;
    if (socket.readableEnded || socket.destroyed) throw new Error("the screen breaks off");
    await Promise.race([once(socket, "readable"), once(socket, "end"), once(socket, "close")]);
  }
}
