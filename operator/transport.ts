import { readFileSync } from "node:fs";
import { Agent, type Dispatcher, request } from "undici";
import { Unreachable, messageOf } from "./outcome.ts";

/** One HTTP call to the API server. */
export interface Call {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Default 30. */
  readonly timeoutInSeconds?: number;
}

export interface Answer {
  readonly status: number;
  readonly retryAfterInSeconds: number | undefined;
  readonly body: unknown;
}

/** The HTTP verbs under the client; tests put a world in memory or faults here. */
export interface Transport {
  call(call: Call): Promise<Answer>;
  /** The lines of a watch as they come; ends when the server ends it, throws when the connection breaks. */
  lines(call: Call, signal: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
}

/** Where the API server is and how we prove who we are. */
export interface Access {
  readonly server: string;
  readonly ca: string;
  readonly token?: () => string;
  readonly certificate?: { readonly cert: string; readonly key: string };
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Access of a pod: the service account's token, read anew every minute since the kubelet replaces it. */
export function podAccess(env: NodeJS.ProcessEnv): Access {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "kubernetes.default.svc";
  let token = { value: "", until: 0 };
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${env["KUBERNETES_SERVICE_PORT"] ?? "443"}`,
    ca: readFileSync(`${serviceAccount}/ca.crt`, "utf8"),
    token: () => {
      if (performance.now() > token.until) {
        token = { value: readFileSync(`${serviceAccount}/token`, "utf8").trim(), until: performance.now() + 60_000 };
      }
      return token.value;
    },
  };
}

/** A way to an API server whose connections somebody else makes. */
export interface Route {
  readonly server: string;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** Wire JSON over undici: one pool for calls, one for watches, so that long streams never starve short calls. */
export function httpTransport(access: Access): Transport {
  const connect = { ca: access.ca, ...access.certificate };
  // HTTP/1.1: over HTTP/2 all share one connection, and once that is half-open nothing ever opens another.
  const common = { connect, allowH2: false };
  const calls = new Agent({ ...common, connections: poolSize, keepAliveTimeout: 30_000 });
  const watches = new Agent({ ...common, bodyTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 1_000 });
  return routedTransport({ server: access.server, headers: () => bearerOf(access), calls, watches });
}

/** Wire JSON over the connections of a route. */
export function routedTransport(route: Route): Transport {
  const { calls, watches } = route;
  return {
    call: (call) => answerTo(call, route),
    lines: (call, signal) => linesOf(call, route, signal),
    close: async () => void (await Promise.all([calls.destroy(), watches.destroy()])),
  };
}

function bearerOf({ token }: Access): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token()}` };
}

/** At most so many connections carry calls; each watch has one of its own. */
export const poolSize = 16;

async function answerTo(call: Call, route: Route): Promise<Answer> {
  try {
    const answer = await request(urlOf(call, route), {
      method: call.method,
      headers: headersOf(call, route),
      body: call.body === undefined ? null : textOf(call),
      dispatcher: route.calls,
      signal: AbortSignal.timeout((call.timeoutInSeconds ?? 30) * 1000),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      retryAfterInSeconds: secondsOf(answer.headers["retry-after"]),
      body: parsed(text),
    };
  } catch (error) {
    throw new Unreachable(`${call.method} ${call.path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The type of a server-side apply. */
export const applyPatch = "application/apply-patch+yaml";

/**
 * An apply is read by the server's YAML parser, which takes every string on a line for a possible key until the line ends: line
 * breaks halve its work, of an object on one long line it would be the largest part of a write.
 */
function textOf({ body, contentType }: Call): string {
  return JSON.stringify(body, null, contentType === applyPatch ? 1 : 0);
}

async function* linesOf(call: Call, route: Route, signal: AbortSignal): AsyncIterable<string> {
  const options = { method: call.method, headers: headersOf(call, route), dispatcher: route.watches, signal };
  const answer = await request(urlOf(call, route), options);
  if (answer.statusCode !== 200) {
    const status = parsed(await answer.body.text()) ?? { code: answer.statusCode };
    yield JSON.stringify({ type: "ERROR", object: status });
    return;
  }
  let rest = "";
  for await (const chunk of answer.body.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function headersOf(call: Call, route: Route): Record<string, string> {
  return {
    accept: "application/json",
    "user-agent": "nephos",
    ...route.headers(),
    ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
  };
}

function urlOf(call: Call, { server }: Route): string {
  return `${server}${call.path}${queryOf(call.query)}`;
}

function queryOf(query: Call["query"]): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}

function secondsOf(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || Number.isNaN(seconds) ? undefined : seconds;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
