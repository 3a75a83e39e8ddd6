import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { isRecord } from "../../operator/object.ts";
import { ApiWire } from "./api-wire.ts";
import { KeystoneSessions } from "./keystone.ts";
import { type Neutron, openNeutron } from "./neutron.ts";

let server: Server;
let base: string;
let heard: string[];
let issued: number;
/** What Neutron answers next; without any, an empty list. */
let answers: { readonly status: number; readonly body: unknown }[];

beforeEach(async () => {
  [heard, answers, issued] = [[], [], 0];
  server = createServer((question, answer) => {
    const chunks: Buffer[] = [];
    question.on("data", (chunk: Buffer) => chunks.push(chunk));
    question.on("end", () => {
      if (question.url === "/v3/auth/tokens") {
        answer.writeHead(201, { "x-subject-token": `token-${++issued}` }).end("{}");
        return;
      }
      const token = String(question.headers["x-auth-token"]);
      heard.push([question.method, question.url, token, Buffer.concat(chunks).toString()].join(" ").trim());
      const { status, body } = answers.shift() ?? { status: 200, body: { networks: [] } };
      answer.writeHead(status).end(JSON.stringify(body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  base = `http://127.0.0.1:${isRecord(address) ? Number(address["port"]) : 0}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function neutron(url = base): Neutron {
  const who = { url: `${base}/v3`, userName: "nephos", password: "secret", projectName: "admin" };
  const signal = new AbortController().signal;
  return openNeutron({ sessions: new KeystoneSessions(), wire: new ApiWire(), credentials: who, url, signal });
}

describe("calls to Neutron", () => {
  it("carry a token of Keystone, which serves for several", async () => {
    const api = neutron();
    answers = [
      { status: 200, body: { networks: [{ id: "a" }] } },
      { status: 201, body: { network: { id: "b" } } },
      { status: 200, body: {} },
      { status: 204, body: undefined },
    ];
    expect(await api.list("networks", { name: "public" })).toEqual([{ id: "a" }]);
    expect(await api.create("networks", "network", { name: "public" })).toEqual({ id: "b" });
    await api.update("networks/b", "network", { shared: true });
    await api.remove("networks/b");
    expect(heard).toEqual([
      "GET /v2.0/networks?name=public token-1",
      'POST /v2.0/networks token-1 {"network":{"name":"public"}}',
      'PUT /v2.0/networks/b token-1 {"network":{"shared":true}}',
      "DELETE /v2.0/networks/b token-1",
    ]);
  });

  it("log in anew where the token is refused, once", async () => {
    answers = [{ status: 401, body: {} }];
    const api = neutron();
    expect(await api.list("networks")).toEqual([]);
    expect(heard).toEqual(["GET /v2.0/networks token-1", "GET /v2.0/networks token-2"]);
    answers = [
      { status: 401, body: {} },
      { status: 401, body: {} },
    ];
    await expect(api.list("networks")).rejects.toMatchObject({ name: "NeutronError", status: 401 });
  });

  it("that are refused say in Neutron's words why", async () => {
    answers = [{ status: 409, body: { NeutronError: { type: "NetworkInUse", message: "There are ports" } } }];
    await expect(neutron().remove("networks/b")).rejects.toMatchObject({
      status: 409,
      message: "Neutron refused DELETE /networks/b with 409: There are ports",
    });
  });

  it("that nobody answers say where nobody did", async () => {
    await expect(neutron("http://127.0.0.1:9").list("networks")).rejects.toMatchObject({
      name: "NeutronError",
      status: 0,
      message: expect.stringContaining("Neutron does not answer at 127.0.0.1:9"),
    });
  });
});
