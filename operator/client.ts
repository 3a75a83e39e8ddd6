import {
  type Kind,
  isLive,
  isRecord,
  kindKey,
  listAt,
  type Live,
  type Manifest,
  type Ref,
  refOf,
  textAt,
} from "./object.ts";
import { ApiError, UnknownKind } from "./outcome.ts";
import { type Answer, applyPatch, type Call, type Transport } from "./transport.ts";

export interface Scope {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly next: string;
}

/** Typed verbs over wire JSON. Every answer that is not a success becomes an ApiError. */
export interface Client {
  get(ref: Ref): Promise<Live>;
  /** Fails with AlreadyExists (409) where the name is taken. */
  create(manifest: Manifest, manager: string): Promise<Live>;
  /** Server-side apply by the given field manager; `force` takes fields over from others. */
  apply(
    manifest: Manifest,
    manager: string,
    options?: { readonly force?: boolean; readonly subresource?: "status" },
  ): Promise<Live>;
  /** Deletes in the background, and only the object with that uid. */
  remove(ref: Ref, uid: string): Promise<void>;
  /** Sets fields, by their JSON pointers, of exactly this version; refused with 409 or 422 where the object has changed meanwhile. */
  amend(live: Live, fields: Readonly<Record<string, unknown>>): Promise<Live>;
  /** One page of at most 500; `next` of the page before goes on, an empty one ends. */
  list(kind: Kind, scope: Scope, next?: string): Promise<Page>;
  watch(kind: Kind, scope: Scope, from: string, timeoutInSeconds: number, signal: AbortSignal): AsyncIterable<string>;
  /** Path and query of a call of our own, for what has no verb here (`/version`, logs, …). */
  raw(call: Call): Promise<unknown>;
}

interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** A client whose REST paths come from the server's own discovery. */
export function kubeClient(transport: Transport): Client {
  const paths = pathsBy(discovery(transport));
  const send = async (call: Call): Promise<unknown> => checked(await transport.call(call));
  return { ...readers(paths, send, transport), ...writers(paths, send), raw: send };
}

type Send = (call: Call) => Promise<unknown>;
type PathOf = (kind: Kind, namespace: string | undefined, name?: string) => Promise<string>;

function pathsBy(mapping: (kind: Kind) => Promise<Resource>): PathOf {
  return async (kind, namespace, name) => {
    const { plural, namespaced } = await mapping(kind);
    const scope = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
    return `${rootOf(kind.apiVersion)}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  };
}

function readers(pathOf: PathOf, send: Send, transport: Transport): Pick<Client, "get" | "list" | "watch"> {
  return {
    get: async (ref) => liveIn(send, { method: "GET", path: await pathOf(ref, ref.namespace, ref.name) }),
    list: async (kind, scope, next = "") => {
      const query = { limit: "500", ...selectorOf(scope), ...(next === "" ? {} : { continue: next }) };
      return pageOf(await send({ method: "GET", path: await pathOf(kind, scope.namespace), query }));
    },
    async *watch(kind, scope, from, timeoutInSeconds, signal) {
      const path = await pathOf(kind, scope.namespace);
      const query = {
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: from,
        timeoutSeconds: String(Math.round(timeoutInSeconds)),
        ...selectorOf(scope),
      };
      yield* transport.lines({ method: "GET", path, query }, signal);
    },
  };
}

function writers(pathOf: PathOf, send: Send): Pick<Client, "create" | "apply" | "remove" | "amend"> {
  return {
    create: async (manifest, fieldManager) => {
      const path = await pathOf(manifest, manifest.metadata.namespace);
      return liveIn(send, { method: "POST", path, query: { fieldManager, fieldValidation: "Strict" }, body: manifest });
    },
    apply: async (manifest, manager, options = {}) => {
      const { namespace, name } = refOf(manifest);
      const whole = await pathOf(manifest, namespace, name);
      const path = options.subresource === undefined ? whole : `${whole}/${options.subresource}`;
      // An apply refuses unknown fields by itself; to be strict would have the server parse the body twice, for keys that are there
      // twice, which JSON of ours never has.
      const query = { fieldManager: manager, force: String(options.force === true), fieldValidation: "Ignore" };
      return liveIn(send, {
        method: "PATCH",
        path,
        query,
        body: manifest,
        contentType: applyPatch,
      });
    },
    remove: async (ref, uid) => {
      const path = await pathOf(ref, ref.namespace, ref.name);
      await send({ method: "DELETE", path, body: { preconditions: { uid }, propagationPolicy: "Background" } });
    },
    amend: async (live, fields) => {
      const path = await pathOf(live, live.metadata.namespace, live.metadata.name);
      const body = [
        { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
        ...Object.entries(fields).map(([pointer, value]) => ({ op: "add", path: pointer, value })),
      ];
      return liveIn(send, { method: "PATCH", path, body, contentType: "application/json-patch+json" });
    },
  };
}

async function liveIn(send: Send, call: Call): Promise<Live> {
  const body = await send(call);
  if (!isLive(body))
    throw new ApiError(502, "NotAnObject", `${call.method} ${call.path} did not answer with an object`);
  return body;
}

function selectorOf(scope: Scope): Record<string, string> {
  return scope.labelSelector === undefined ? {} : { labelSelector: scope.labelSelector };
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function pageOf(body: unknown): Page {
  return {
    items: listAt(body, "items"),
    resourceVersion: textAt(body, "metadata", "resourceVersion") ?? "",
    next: textAt(body, "metadata", "continue") ?? "",
  };
}

function checked(answer: Answer): unknown {
  if (answer.status < 300) return answer.body;
  const message = textAt(answer.body, "message") ?? `HTTP ${answer.status}`;
  throw new ApiError(answer.status, textAt(answer.body, "reason") ?? "Unknown", message, answer.retryAfterInSeconds);
}

/** REST mapping by discovery, asked once per group and version; an unknown kind is asked for again at the next call. */
function discovery(transport: Transport): (kind: Kind) => Promise<Resource> {
  const groups = new Map<string, Promise<ReadonlyMap<string, Resource>>>();
  const load = async (apiVersion: string): Promise<ReadonlyMap<string, Resource>> => {
    const answer = await transport.call({ method: "GET", path: rootOf(apiVersion) });
    if (answer.status === 404) return new Map();
    return new Map(listAt(checked(answer), "resources").flatMap(resourceOf));
  };
  return async (kind) => {
    const known = groups.get(kind.apiVersion) ?? load(kind.apiVersion);
    groups.set(kind.apiVersion, known);
    try {
      const resource = (await known).get(kind.kind);
      if (resource !== undefined) return resource;
    } catch (error) {
      groups.delete(kind.apiVersion);
      throw error;
    }
    groups.delete(kind.apiVersion);
    throw new UnknownKind(`the API server does not know ${kindKey(kind)}`);
  };
}

function resourceOf(entry: unknown): [string, Resource][] {
  const [kind, plural] = [textAt(entry, "kind"), textAt(entry, "name")];
  if (kind === undefined || plural === undefined || plural.includes("/") || !isRecord(entry)) return [];
  return [[kind, { plural, namespaced: entry["namespaced"] === true }]];
}
