import { createServer, type Server } from "node:http";

/** Answers to probes: each path has a check that gives the reason why not, or undefined. */
export type Checks = Readonly<Record<string, () => string | undefined>>;

/** Serves the checks by their paths, and `/metrics`, until closed. */
export function serveHealth(port: number, checks: Checks, metrics: () => Promise<string>): Server {
  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? "";
    const check = checks[path];
    if (path === "/metrics") {
      metrics().then(
        (text) => answer.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text),
        (error: unknown) => answer.writeHead(500).end(String(error)),
      );
      return;
    }
    const reason = check === undefined ? "not found" : check();
    const status = check === undefined ? 404 : reason === undefined ? 200 : 503;
    answer.writeHead(status, { "content-type": "text/plain" }).end(`${reason ?? "ok"}\n`);
  });
  return server.listen(port);
}
