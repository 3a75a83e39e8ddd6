import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { isRecord } from "../../operator/object.ts";
import { certificatesIn } from "../../operator/pem.ts";
import { issueCertificate, makeAuthority } from "../../operator/x509.ts";
import { KeystoneSessions } from "./keystone.ts";

const who = { userName: "nephos", password: "secret", projectName: "" };
const logIn = (place: { readonly url: string; readonly ca?: string }): Promise<string> =>
  new KeystoneSessions().logIn({ ...who, ...place }, new AbortController().signal);

describe("a log-in", () => {
  it.each(["no URL at all", "http://keystone:99999/v3"])(
    "at %s fails as any other that nobody answers",
    async (url) => {
      await expect(logIn({ url })).rejects.toMatchObject({
        name: "KeystoneError",
        status: 0,
        message: expect.stringContaining(`Keystone does not answer at ${url}`),
      });
    },
  );
});

describe("a log-in by TLS", () => {
  const minute = Math.floor(Date.now() / 60_000);
  const life = { from: minute - 60, until: minute + 60 };
  let server: Server;
  let authority: string;
  let port: number;

  beforeAll(async () => {
    authority = await makeAuthority({ generate: "authority", commonName: "Test", ...life });
    const { certificate: cert, key } = await issueCertificate(authority, { names: ["localhost"], ...life });
    server = createServer({ cert, key }, (_, answer) => {
      answer.writeHead(201, { "x-subject-token": "token" }).end("{}");
    }).listen(0);
    await once(server, "listening");
    const address = server.address();
    port = isRecord(address) ? Number(address["port"]) : 0;
  });

  afterAll(() => {
    server.close();
  });

  it("gives the password to whom the authority vouches for", async () => {
    const ca = certificatesIn(authority).join("\n");
    expect(await logIn({ url: `https://localhost:${port}/v3`, ca })).toBe("token");
  });

  it("gives it to nobody else", async () => {
    const other = await makeAuthority({ generate: "authority", commonName: "Other", ...life });
    const refused = { name: "KeystoneError", status: 0 };
    await expect(logIn({ url: `https://localhost:${port}/v3`, ca: other })).rejects.toMatchObject(refused);
    await expect(logIn({ url: `https://localhost:${port}/v3` })).rejects.toMatchObject(refused);
    await expect(logIn({ url: `https://127.0.0.1:${port}/v3`, ca: authority })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("127.0.0.1"),
    });
  });
});
