import { at, isRecord, type Live, mapAt, textAt } from "../../object.ts";
import type { Answer, Call, Transport } from "../../transport.ts";
import type { KindInfo, Place } from "./kinds.ts";
import { answerOf, invalid, notFound, Refusal, statusOf } from "./rules.ts";
import { inScope } from "./scope.ts";
import { Store } from "./store.ts";
import { Stream } from "./stream.ts";

/** A versioned API server in memory: no more of it than the runtime uses. Answers and watches are immediate; what is slow or lost is a decorator's. */
export class World implements Transport {
  readonly store: Store;
  /** Lists and watches begin at this version where it is set: a server that has fallen behind. Reads and writes of one object never do. */
  frozenAt: number | undefined;
  #compacted: number;
  readonly #streams = new Set<Stream>();

  /** Empty, or a copy that goes its own way from here on; nobody watches it yet. */
  constructor(custom: readonly KindInfo[], from?: World) {
    this.store = new Store(custom, from?.store);
    this.#compacted = from === undefined ? 0 : from.#compacted;
    this.store.listen((change) => {
      for (const stream of this.#streams) stream.take(change);
    });
  }

  async call(call: Call): Promise<Answer> {
    try {
      return { status: 200, retryAfterInSeconds: undefined, body: this.#answer(call) };
    } catch (error) {
      if (error instanceof Refusal) return answerOf(error);
      throw error;
    }
  }

  async *lines(call: Call, signal: AbortSignal): AsyncIterable<string> {
    const place = this.#place(call.path);
    const from = Number(call.query?.["resourceVersion"] ?? "0");
    if (from < this.#compacted) {
      yield JSON.stringify({ type: "ERROR", object: statusOf(410, "Expired", `too old resource version: ${from}`) });
      return;
    }
    const stream = new Stream({ place, selector: call.query?.["labelSelector"] }, signal);
    for (const change of this.store.history.changes) if (change.version > from) stream.take(change);
    this.#streams.add(stream);
    try {
      yield* stream.lines();
    } finally {
      this.#streams.delete(stream);
    }
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
  }

  /** Every stream is told how far it has come. */
  bookmark(): void {
    for (const stream of this.#streams) stream.bookmark(String(this.store.history.version));
  }

  /** Forgets the past: watches and pages of earlier versions get 410. */
  compact(): void {
    this.#compacted = this.store.history.version;
  }

  /** The server ends all watches, as it does every few minutes. */
  hangUp(): void {
    for (const stream of this.#streams) stream.end();
  }

  #answer(call: Call): unknown {
    const kinds = this.store.kinds.under(call.path);
    if (kinds.length > 0) return { kind: "APIResourceList", resources: kinds.flatMap(resources) };
    const place = this.#place(call.path);
    const collection = place.name === undefined;
    if (collection && call.method === "GET") return this.#list(place, call);
    if (collection && call.method === "POST") return this.store.create(sent(call, place), managerOf(call));
    if (collection) throw new Refusal(405, "MethodNotAllowed", `${call.method} ${call.path}`);
    if (call.method === "GET") return this.#get(place);
    if (call.method === "DELETE") return this.#remove(place, call);
    return call.contentType === "application/json-patch+json" ? this.#patch(place, call) : this.#apply(place, call);
  }

  #place(path: string): Place {
    const place = this.store.kinds.at(path);
    if (place === undefined) throw notFound("the server could not find the requested resource");
    return place;
  }

  #get(place: Place): Live {
    const live = this.store.get(refAt(place));
    if (live === undefined) throw notFound(`${place.info.plural} "${place.name ?? ""}"`);
    return live;
  }

  #list(place: Place, call: Call): unknown {
    const limit = Number(call.query?.["limit"] ?? "500");
    const { version, start } = this.#continued(call.query?.["continue"]);
    const all = this.store.history
      .at(version)
      .filter((object) => inScope(object, { place, selector: call.query?.["labelSelector"] }));
    const rest = all.slice(start, start + limit);
    const more = start + limit < all.length ? { continue: `${version}/${start + limit}` } : {};
    // Members of a list carry no kind of their own.
    const items = rest.map(({ apiVersion: _a, kind: _k, ...item }) => item);
    return { kind: `${place.info.kind}List`, metadata: { resourceVersion: String(version), ...more }, items };
  }

  #continued(token: string | undefined): { readonly version: number; readonly start: number } {
    if (token === undefined) return { version: this.frozenAt ?? this.store.history.version, start: 0 };
    const [version = 0, start = 0] = token.split("/").map(Number);
    if (version < this.#compacted) throw new Refusal(410, "Expired", "The provided continue parameter is too old");
    return { version, start };
  }

  #apply(place: Place, call: Call): Live {
    const subresource = place.subresource === "status" ? "status" : undefined;
    const force = call.query?.["force"] === "true";
    return this.store.apply(sent(call, place), { manager: managerOf(call), force, subresource });
  }

  #remove(place: Place, call: Call): unknown {
    return this.store.remove(refAt(place), textAt(call.body, "preconditions", "uid"));
  }

  /** A JSON patch of tests and additions. */
  #patch(place: Place, call: Call): Live {
    return this.store.edit(
      refAt(place),
      (live) => {
        let object: Readonly<Record<string, unknown>> = live;
        for (const step of Array.isArray(call.body) ? call.body : []) {
          const path = (textAt(step, "path") ?? "").split("/").slice(1);
          const value = at(step, "value");
          if (textAt(step, "op") === "add") object = mapAt({ object: added(object, path, value) }, "object");
          else if (JSON.stringify(at(object, ...path)) !== JSON.stringify(value))
            throw invalid(
              `the server rejected our request due to an error in our request: test of ${path.join("/")} failed`,
            );
        }
        return object;
      },
      managerOf(call),
    );
  }
}

function added(object: unknown, [field, ...rest]: readonly string[], value: unknown): unknown {
  if (field === undefined) return value;
  return { ...mapAt({ object }, "object"), [field]: added(at(object, field), rest, value) };
}

function resources({ kind, plural, namespaced, status }: KindInfo): unknown[] {
  return [{ kind, name: plural, namespaced }, ...(status ? [{ kind, name: `${plural}/status`, namespaced }] : [])];
}

function refAt({ info, namespace, name = "" }: Place): {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
} {
  return { apiVersion: info.apiVersion, kind: info.kind, namespace, name };
}

function managerOf(call: Call): string {
  return call.query?.["fieldManager"] ?? "nephos";
}

/** The object that a call carries, as its path places it; uid and version are empty where it names none. */
function sent(call: Call, { info, namespace, name }: Place): Live {
  const { body } = call;
  const metadata = mapAt(body, "metadata");
  return {
    ...(isRecord(body) ? body : {}),
    apiVersion: info.apiVersion,
    kind: info.kind,
    metadata: {
      ...metadata,
      name: name ?? textAt(metadata, "name") ?? "",
      ...(namespace === undefined ? {} : { namespace }),
      uid: textAt(metadata, "uid") ?? "",
      resourceVersion: textAt(metadata, "resourceVersion") ?? "",
    },
  };
}
