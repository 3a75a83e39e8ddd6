import { isRecord, type Live, mapAt } from "../object.ts";
import type { Answer, Call, Transport } from "../transport.ts";

/** Kinds that the server knows: plural by group-version and kind. */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/api/v1": { ConfigMap: "configmaps", Secret: "secrets", Node: "nodes" },
  "/apis/apps/v1": { Deployment: "deployments" },
  "/apis/batch/v1": { Job: "jobs" },
  "/apis/events.k8s.io/v1": { Event: "events" },
  "/apis/example.dev/v1": { Teapot: "teapots" },
};
const clusterScoped: ReadonlySet<string> = new Set(["Node"]);

/** A watch as the server holds it. */
export class Stream {
  readonly call: Call;
  open = true;
  #lines: string[] = [];
  #ended: "no" | "cleanly" | Error = "no";
  #wake: () => void = () => undefined;

  constructor(call: Call) {
    this.call = call;
  }

  /** Sends lines as they are. */
  send(...lines: readonly string[]): void {
    this.#lines.push(...lines);
    this.#wake();
  }

  event(type: string, object: unknown): void {
    this.send(JSON.stringify({ type, object }));
  }

  bookmark(resourceVersion: string): void {
    this.event("BOOKMARK", { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion } });
  }

  /** The server ends the watch, as it does every few minutes. */
  end(): void {
    this.#finish("cleanly");
  }

  /** The connection is cut. */
  cut(): void {
    this.#finish(new Error("socket hang up"));
  }

  async *lines(signal: AbortSignal): AsyncIterable<string> {
    signal.addEventListener("abort", () => this.#finish(new Error("aborted")));
    for (;;) {
      yield* this.#lines.splice(0);
      if (this.#ended === "cleanly") return;
      if (this.#ended !== "no") throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #finish(how: "cleanly" | Error): void {
    this.open = false;
    if (this.#ended === "no") this.#ended = how;
    this.#wake();
  }
}

/** An API server in memory as far as clients see it: versions, pages, applies, watches; each call may be answered otherwise. */
export class FakeServer implements Transport {
  readonly calls: Call[] = [];
  readonly streams: Stream[] = [];
  /** Answers in the server's place where it gives something. */
  instead: (call: Call) => Answer | Error | undefined = () => undefined;
  /** Where true, watches hear of nothing until they are opened again. */
  deaf = false;
  pageSize = 500;
  version = 100;
  readonly #objects = new Map<string, Live>();
  #events: { readonly version: number; readonly collection: string; readonly type: string; readonly object: Live }[] =
    [];
  /** Versions before this one can no longer be watched from. */
  #compacted = 0;

  async call(call: Call): Promise<Answer> {
    this.calls.push(call);
    const scripted = this.instead(call);
    if (scripted instanceof Error) throw scripted;
    return scripted ?? this.#answer(call);
  }

  async *lines(call: Call, signal: AbortSignal): AsyncIterable<string> {
    this.calls.push(call);
    const scripted = this.instead(call);
    if (scripted instanceof Error) throw scripted;
    const from = Number(call.query?.["resourceVersion"]);
    const refused = scripted ?? this.#refusal(from);
    if (refused !== undefined) {
      yield JSON.stringify({ type: "ERROR", object: refused.body });
      return;
    }
    const stream = new Stream(call);
    this.streams.push(stream);
    for (const { version, collection, type, object } of this.#events) {
      if (version > from && collection === call.path) stream.event(type, object);
    }
    yield* stream.lines(signal);
  }

  async close(): Promise<void> {
    for (const stream of this.streams) stream.end();
  }

  /** The watch that is open on a collection, or that was last. */
  stream(plural = "configmaps"): Stream {
    const stream = this.streams.findLast(({ call }) => call.path.endsWith(`/${plural}`));
    if (stream === undefined) throw new Error(`nobody watches ${plural}`);
    return stream;
  }

  callsOf(method: Call["method"], part = ""): Call[] {
    return this.calls.filter((call) => call.method === method && call.path.includes(part));
  }

  /** Somebody else makes or changes an object. */
  put(object: Live): Live {
    return this.#store(pathOf(object), object);
  }

  /** Somebody else deletes an object. */
  drop(object: Live): void {
    this.#delete(pathOf(object));
  }

  /** Forgets the past: watches from earlier versions get 410. */
  compact(): void {
    this.#compacted = this.version;
    this.#events = [];
  }

  /** Starts over from a backup: fewer versions, other objects. */
  restore(version: number, ...objects: readonly Live[]): void {
    this.#events = [];
    this.#compacted = 0;
    this.#objects.clear();
    this.version = version;
    for (const object of objects) this.put(object);
  }

  /** A version that is still to come is no reason to refuse: like the real server, this one just says nothing. */
  #refusal(from: number): Answer | undefined {
    return from < this.#compacted ? refusal(410, "Expired") : undefined;
  }

  #answer(call: Call): Answer {
    const kinds = known[call.path];
    if (kinds !== undefined) return ok({ resources: discovered(kinds) });
    if (!isCollection(call.path)) return this.#one(call);
    return call.method === "POST" ? this.#create(call) : this.#list(call);
  }

  #one(call: Call): Answer {
    const path = call.path.replace(/\/status$/, "");
    const live = this.#objects.get(path);
    if (call.method === "PATCH") return ok(this.#store(path, merged(live ?? {}, call.body)));
    if (live === undefined) return refusal(404, "NotFound");
    if (call.method === "DELETE") this.#delete(path);
    return ok(live);
  }

  #create(call: Call): Answer {
    const path = `${call.path}/${String(mapAt(call.body, "metadata")["name"])}`;
    return this.#objects.has(path) ? refusal(409, "AlreadyExists") : ok(this.#store(path, call.body));
  }

  #list(call: Call): Answer {
    const all = [...this.#objects].filter(([path]) => path.startsWith(`${call.path}/`)).map(([, object]) => object);
    const from = Number(call.query?.["continue"] ?? 0);
    const end = from + this.pageSize;
    const metadata = {
      resourceVersion: String(this.version),
      ...(end < all.length ? { continue: String(end) } : {}),
    };
    // Members of a list carry no kind of their own.
    const items = all.slice(from, end).map(({ apiVersion: _a, kind: _k, ...item }) => item);
    return ok({ metadata, items });
  }

  #store(path: string, object: unknown): Live {
    this.version++;
    const before = this.#objects.get(path);
    const uid = before?.metadata.uid ?? `uid-${this.version}`;
    const stored = versioned(object, uid, String(this.version));
    this.#objects.set(path, stored);
    this.#tell(path, before === undefined ? "ADDED" : "MODIFIED", stored);
    return stored;
  }

  #delete(path: string): void {
    const object = this.#objects.get(path);
    if (object === undefined) return;
    this.#objects.delete(path);
    this.version++;
    this.#tell(path, "DELETED", versioned(object, object.metadata.uid, String(this.version)));
  }

  #tell(path: string, type: string, object: Live): void {
    const collection = path.replace(/\/[^/]*$/, "");
    this.#events.push({ version: this.version, collection, type, object });
    if (this.deaf) return;
    for (const { open, call, event } of this.streams.map((each) => bound(each))) {
      if (open && call.path === collection) event(type, object);
    }
  }
}

function bound(stream: Stream): Pick<Stream, "open" | "call" | "event"> {
  return { open: stream.open, call: stream.call, event: (type, object) => stream.event(type, object) };
}

/** A refusal as the API server words it. */
export function refusal(status: number, reason: string, retryAfterInSeconds?: number): Answer {
  return {
    status,
    retryAfterInSeconds,
    body: { kind: "Status", code: status, reason, message: `${reason} (${status})` },
  };
}

function ok(body: unknown): Answer {
  return { status: 200, retryAfterInSeconds: undefined, body };
}

function discovered(kinds: Readonly<Record<string, string>>): unknown[] {
  return Object.entries(kinds).flatMap(([kind, name]) => [
    { kind, name, namespaced: !clusterScoped.has(kind) },
    { kind, name: `${name}/status`, namespaced: !clusterScoped.has(kind) },
  ]);
}

function isCollection(path: string): boolean {
  return Object.values(known).some((kinds) => Object.values(kinds).some((plural) => path.endsWith(`/${plural}`)));
}

function pathOf({ apiVersion, kind, metadata: { namespace, name } }: Live): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = clusterScoped.has(kind) || namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${root}${scope}/${known[root]?.[kind] ?? kind}/${name}`;
}

function versioned(object: unknown, uid: string, resourceVersion: string): Live {
  const { apiVersion, kind, ...rest } = mapAt({ object }, "object");
  const metadata = mapAt(object, "metadata");
  return {
    ...rest,
    apiVersion: String(apiVersion),
    kind: String(kind),
    metadata: { ...metadata, name: String(metadata["name"]), uid, resourceVersion },
  };
}

function merged(live: unknown, wanted: unknown): unknown {
  if (!isRecord(live) || !isRecord(wanted)) return wanted;
  return {
    ...live,
    ...Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, merged(live[key], value)])),
  };
}
