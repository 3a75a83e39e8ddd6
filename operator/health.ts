import { createServer, type Server } from "node:http";

/** Answers to probes: each path has a check that gives the reason why not, or undefined. */
export type Checks = Readonly<Record<string, () => string | undefined>>;

/** Serves `/livez` and `/readyz` (and what else is given) until closed. */
export function serveHealth(port: number, checks: Checks): Server {
  const server = createServer((incoming, answer) => {
    const check = checks[incoming.url ?? ""];
    if (check === undefined) {
      answer.writeHead(404).end("not found\n");
      return;
    }
    const reason = check();
    answer.writeHead(reason === undefined ? 200 : 503, { "content-type": "text/plain" }).end(`${reason ?? "ok"}\n`);
  });
  return server.listen(port);
}
