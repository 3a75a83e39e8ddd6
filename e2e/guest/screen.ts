import { once } from "node:events";
import { connect as connectPlainly, type Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";
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
/** The kind of security that the proxy asks browsers for, which have shown a token before; and that others may look too. */
const [noneAsked, shared] = [1, 1];

/**
 * What a screen calls itself to a browser: by way of the console proxy at a URL, as far as the picture would come, by somebody who trusts these
 * authorities. Rejects where it breaks off before.
 */
export async function screenBehind(url: string, ca: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca } });
  const socket = new WebSocket(url, { dispatcher, protocols: ["binary"] });
  socket.binaryType = "arraybuffer";
  const words = new PassThrough();
  socket.addEventListener(
    "message",
    ({ data }) => void (data instanceof ArrayBuffer && words.write(Buffer.from(data))),
  );
  for (const event of ["error", "close"] as const) socket.addEventListener(event, () => void words.end());
  const tooLate = setTimeout(() => void words.end(), patienceInMilliseconds);
  try {
    socket.send(await bytes(words, 12));
    await bytes(words, (await bytes(words, 1))[0] ?? 0);
    socket.send(Buffer.of(noneAsked));
    await bytes(words, 4);
    socket.send(Buffer.of(shared));
    const screen = await bytes(words, 24);
    return (await bytes(words, screen.readUInt32BE(20))).toString("utf8");
  } finally {
    clearTimeout(tooLate);
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

/** The next bytes of a stream; rejects where it ends before them. */
async function bytes(stream: Readable, count: number): Promise<Buffer> {
  for (;;) {
    const found: unknown = stream.read(count);
    if (Buffer.isBuffer(found) && found.length === count) return found;
    if (stream.readableEnded || stream.destroyed) throw new Error("the screen breaks off");
    const waiting = new AbortController();
    const heard = ["readable", "end", "close"].map((event) => once(stream, event, { signal: waiting.signal }));
    await Promise.race(heard).finally(() => waiting.abort());
  }
}
