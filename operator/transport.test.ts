import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { isRecord } from "./object.ts";
import { Unreachable } from "./outcome.ts";
import { type Call, httpTransport, type Transport } from "./transport.ts";

let server: Server;
let transport: Transport;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let requests: string[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    respond(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = isRecord(address) ? String(address["port"]) : "";
  transport = httpTransport({ server: `http://127.0.0.1:${port}`, ca: "", token: () => "t0ken" });
});
afterEach(async () => {
  await transport.close();
  server.closeAllConnections();
  server.close();
});

const get: Call = { method: "GET", path: "/api/v1" };
const never = new AbortController().signal;

/** The lines of a watch, and how it ended. */
async function linesOf(
  signal: AbortSignal = never,
): Promise<{ readonly lines: string[]; readonly ended: "cleanly" | "broken" }> {
  const lines: string[] = [];
  try {
    for await (const line of transport.lines(get, signal)) lines.push(line);
    return { lines, ended: "cleanly" };
  } catch {
    return { lines, ended: "broken" };
  }
}

describe("a call", () => {
  it("carries its query, body, type and token, and gives status and body", async () => {
    let seen: unknown;
    respond = (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        seen = { type: request.headers["content-type"], token: request.headers.authorization, body };
        response.writeHead(201).end('{"made":true}');
      });
    };
    const call: Call = {
      method: "PATCH",
      path: "/x",
      query: { labelSelector: "a=b,c in (d)" },
      body: { a: 1 },
      contentType: "application/apply-patch+yaml",
    };
    expect(await transport.call(call)).toEqual({ status: 201, retryAfterInSeconds: undefined, body: { made: true } });
    expect(requests).toEqual(["PATCH /x?labelSelector=a%3Db%2Cc+in+%28d%29"]);
    expect(seen).toEqual({ type: "application/apply-patch+yaml", token: "Bearer t0ken", body: '{\n "a": 1\n}' });
  });

  it("has its body on one line where no YAML parser reads it", async () => {
    let body = "";
    respond = (request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => response.writeHead(200).end("{}"));
    };
    await transport.call({ method: "POST", path: "/x", body: { a: { b: 1 } } });
    expect(body).toBe('{"a":{"b":1}}');
  });

  it.each([
    ["7", 7],
    ["0", 0],
    ["Fri, 31 Dec 1999 23:59:59 GMT", undefined],
  ])("tells how long to stay away: Retry-After %s", async (header, seconds) => {
    respond = (_, response) => response.writeHead(429, { "retry-after": header }).end("{}");
    expect(await transport.call(get)).toMatchObject({ status: 429, retryAfterInSeconds: seconds });
  });

  it("whose answer is no JSON has no body", async () => {
    respond = (_, response) => response.writeHead(502).end("<html>Bad gateway</html>");
    expect(await transport.call(get)).toEqual({ status: 502, retryAfterInSeconds: undefined, body: undefined });
  });

  it("that is cut off in the middle is Unreachable, and names itself", async () => {
    respond = (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write('{"a":');
      setImmediate(() => response.destroy());
    };
    await expect(transport.call(get)).rejects.toThrow(Unreachable);
    await expect(transport.call(get)).rejects.toThrow(/^GET \/api\/v1: /);
  });

  it("without an answer in time is Unreachable", async () => {
    respond = () => undefined;
    await expect(transport.call({ ...get, timeoutInSeconds: 0.05 })).rejects.toThrow(Unreachable);
  });
});

describe("the lines of a watch", () => {
  it("come whole, however the bytes are cut", async () => {
    respond = (_, response) => {
      const bytes = Buffer.from('{"name":"ä"}\n{"name":"b"}\n');
      response.writeHead(200).write(bytes.subarray(0, 10));
      setImmediate(() => response.end(bytes.subarray(10)));
    };
    expect(await linesOf()).toEqual({ lines: ['{"name":"ä"}', '{"name":"b"}'], ended: "cleanly" });
  });

  it("do not hold half a line at the end", async () => {
    respond = (_, response) => response.writeHead(200).end('{"a":1}\n{"b":');
    expect((await linesOf()).lines).toEqual(['{"a":1}']);
  });

  it("end with an error where the connection breaks", async () => {
    respond = (_, response) => {
      response.writeHead(200).write('{"a":1}\n');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await linesOf()).toEqual({ lines: ['{"a":1}'], ended: "broken" });
  });

  it.each([
    [
      "with the words of the API server",
      '{"kind":"Status","code":410,"reason":"Expired"}',
      { kind: "Status", code: 410, reason: "Expired" },
    ],
    ["without words", "<html>", { code: 410 }],
  ])("are one ERROR where the watch is refused %s", async (_, body, object) => {
    respond = (_request, response) => response.writeHead(410).end(body);
    const { lines, ended } = await linesOf();
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([{ type: "ERROR", object }]);
    expect(ended).toBe("cleanly");
  });

  it("end when the signal fires, and the connection with them", async () => {
    const stop = new AbortController();
    const closed = new Promise((resolve) => {
      respond = (request, response) => {
        request.on("close", resolve);
        response.writeHead(200).write('{"a":1}\n');
        setTimeout(() => stop.abort(), 20);
      };
    });
    expect(await linesOf(stop.signal)).toEqual({ lines: ['{"a":1}'], ended: "broken" });
    await closed;
  });
});
