import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import { textAt } from "../../operator/object.ts";

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a server says, within two seconds, to somebody who sends some bytes without TLS; `refused` where nobody listens. */
export async function plainAnswer({ host, port }: Place, bytes: Uint8Array | string): Promise<string> {
  const socket = connect(port, host);
  const heard: Buffer[] = [];
  socket.on("data", (data: Buffer) => heard.push(data));
  const timer = setTimeout(() => socket.destroy(), 2000);
  try {
    await once(socket, "connect");
    socket.write(bytes);
    await once(socket, "close");
  } catch (error) {
    if (textAt(error, "code") === "ECONNREFUSED") return "refused";
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  return Buffer.concat(heard).toString("latin1");
}

/** The fingerprint of the certificate that a server shows; rejects where it is not for the name or nobody in `ca` signed it. */
export async function certificateShown(place: Place, ca: string, name: string): Promise<string> {
  return shownOver(connect(place.port, place.host), ca, name);
}

/** The same for MariaDB, which speaks first and switches to TLS when it is asked to. */
export async function databaseCertificate({ host, port }: Place, ca: string, name: string): Promise<string> {
  const socket = connect(port, host);
  await once(socket, "data");
  // Length 32, second packet of the exchange; protocol 4.1 and SSL among the capabilities; utf8mb4.
  const request = Buffer.alloc(36);
  request.writeUInt32LE(32 | (1 << 24), 0);
  request.writeUInt32LE(0x0000_8a00, 4);
  request.writeUInt32LE(0x0100_0000, 8);
  request.writeUInt8(45, 12);
  socket.write(request);
  return shownOver(socket, ca, name);
}

async function shownOver(socket: Socket, ca: string, name: string): Promise<string> {
  // An address is checked, but never asked for.
  const tls = secure({ socket, ca, host: name, ...(isIP(name) === 0 ? { servername: name } : {}) });
  try {
    await once(tls, "secureConnect");
    return tls.getPeerCertificate().fingerprint256;
  } finally {
    tls.destroy();
    socket.destroy();
  }
}

/** A log-in to MariaDB as protocol 4.1 has it, of a client that does not ask for TLS. */
export function plainLogin(user: string): Buffer {
  const body = Buffer.alloc(32);
  body.writeUInt32LE(0x0000_8200, 0);
  body.writeUInt32LE(0x0100_0000, 4);
  body.writeUInt8(45, 8);
  const whole = Buffer.concat([body, Buffer.from(`${user}\0\0`)]);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(whole.length | (1 << 24), 0);
  return Buffer.concat([head, whole]);
}
