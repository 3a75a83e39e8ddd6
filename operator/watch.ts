import type { Client, Scope } from "./client.ts";
import { type Clock, jittered } from "./clock.ts";
import { at, isLive, type Kind, type Live, numberAt, textAt } from "./object.ts";
import { ApiError, Unreachable, UnknownKind } from "./outcome.ts";

/** Where a reflector puts what it sees. */
export interface Sink {
  /** What the sink keeps of an object; asked page by page, so that a long list is never held whole. */
  kept(object: Live): Live;
  /** Takes what was kept of everything there is. */
  replace(items: readonly Live[], resourceVersion: string): void;
  changed(object: Live): void;
  deleted(object: Live): void;
  bookmark(resourceVersion: string): void;
}

export interface Reflection {
  readonly client: Client;
  readonly kind: Kind;
  readonly scope: Scope;
  readonly sink: Sink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears why a watch was started again. */
  readonly restarted: (reason: string) => void;
}

/** A stream without a line for this long counts as dead, which is seen within 90 s: bookmarks come about once a minute. */
const silenceInSeconds = 80;
const backoffInSeconds = { first: 0.8, last: 30 } as const;

/** The stream's place is lost (410, a garbled line): list again. */
class Lost extends Error {
  override readonly name = "Lost";
}

/**
 * Keeps a sink equal to what the API server has, until the signal fires: lists in pages, watches from there, resumes where a
 * stream ended, lists again when the place was lost. It never gives up.
 */
export async function reflect(reflection: Reflection): Promise<void> {
  const { clock, signal, restarted } = reflection;
  let wait: number = backoffInSeconds.first;
  while (!signal.aborted) {
    try {
      let version = await listAll(reflection);
      while (!signal.aborted) {
        version = await watchOnce(reflection, version);
        wait = backoffInSeconds.first;
      }
    } catch (error) {
      if (signal.aborted) return;
      restarted(reasonOf(error));
      await clock.sleep(1000 * (error instanceof Lost ? jittered(backoffInSeconds.first) : jittered(wait)), signal);
      wait = Math.min(wait * 2, backoffInSeconds.last);
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnknownKind) return "unknown kind";
  if (error instanceof Lost) return error.message;
  if (error instanceof ApiError) return `HTTP ${error.status}`;
  return error instanceof Unreachable ? "unreachable" : "error";
}

async function listAll({ client, kind, scope, sink }: Reflection): Promise<string> {
  const { items, version } = await listed(client, kind, scope, (object) => sink.kept(object));
  sink.replace(items, version);
  return version;
}

/** Everything of a kind, page by page: of each object only what is kept, so that a long list is never held whole. */
export async function listed<T>(
  client: Pick<Client, "list">,
  kind: Kind,
  scope: Scope,
  kept: (object: Live) => T,
): Promise<{ readonly items: T[]; readonly version: string }> {
  const items: T[] = [];
  let next = "";
  let version = "";
  do {
    const page = await client.list(kind, scope, next);
    // Members of a list carry no kind of their own.
    for (const item of page.items) {
      const whole = Object.assign({}, item, { apiVersion: kind.apiVersion, kind: kind.kind });
      if (isLive(whole)) items.push(kept(whole));
    }
    version = page.resourceVersion;
    next = page.next;
  } while (next !== "");
  return { items, version };
}

/** Listens for silence: a stream that says nothing for too long is cut. */
class Ear {
  readonly #began = performance.now();
  #heard = this.#began;
  readonly #silence = new AbortController();
  readonly #alarm = setInterval(() => {
    if (performance.now() - this.#heard > silenceInSeconds * 1000) this.#silence.abort();
  }, 5000);

  /** Fires when it was silent for too long. */
  get silence(): AbortSignal {
    return this.#silence.signal;
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  get heardNothing(): boolean {
    return this.#heard === this.#began;
  }

  hear(): void {
    this.#heard = performance.now();
  }

  close(): void {
    clearInterval(this.#alarm);
  }
}

/** One watch request to its end; gives the version to go on from. */
async function watchOnce(reflection: Reflection, from: string): Promise<string> {
  const { signal, restarted, clock } = reflection;
  const ear = new Ear();
  const place = { version: from };
  try {
    await listen(reflection, place, ear);
  } catch (error) {
    // A broken stream resumes where it was; only a lost place or a refusal needs more.
    if (error instanceof Lost || error instanceof ApiError || error instanceof UnknownKind) throw error;
    if (ear.silence.aborted) throw new Lost("silent");
    if (signal.aborted) return place.version;
    restarted("broken");
    await clock.sleep(1000 * jittered(backoffInSeconds.first), signal);
  } finally {
    ear.close();
  }
  return place.version;
}

async function listen(
  { client, kind, scope, sink, signal, clock }: Reflection,
  place: { version: string },
  ear: Ear,
): Promise<void> {
  const began = clock.now();
  const stop = AbortSignal.any([signal, ear.silence]);
  for await (const line of client.watch(kind, scope, place.version, 300 + Math.random() * 300, stop)) {
    ear.hear();
    if (line.trim() !== "") place.version = takeIn(line, sink);
  }
  // Not even a bookmark in all that time: the server may wait for a version that it never had (a restored backup).
  if (ear.heardNothing && ear.seconds > silenceInSeconds) throw new Lost("silent");
  // A stream that ends at once would be opened again and again.
  if (clock.now() - began < 1000) await clock.sleep(1000 * jittered(backoffInSeconds.first), signal);
}

function takeIn(line: string, sink: Sink): string {
  const event = parsed(line);
  const [type, object] = [textAt(event, "type"), at(event, "object")];
  const version = textAt(object, "metadata", "resourceVersion");
  if (type === "ERROR") throw failureOf(object);
  if (version === undefined) throw new Lost("garbled");
  if (type === "BOOKMARK") sink.bookmark(version);
  else if (!isLive(object)) throw new Lost("garbled");
  else if (type === "DELETED") sink.deleted(object);
  else sink.changed(object);
  return version;
}

function failureOf(status: unknown): Error {
  const code = numberAt(status, "code") ?? 0;
  if (code === 410 || code === 504) return new Lost(`HTTP ${code}`);
  return new ApiError(code, textAt(status, "reason") ?? "Unknown", textAt(status, "message") ?? `HTTP ${code}`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Lost("garbled");
  }
}
