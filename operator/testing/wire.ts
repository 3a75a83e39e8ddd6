import { textAt } from "../object.ts";
import { Unreachable } from "../outcome.ts";
import { backoffInSeconds } from "../queue.ts";
import type { Answer, Call, Transport } from "../transport.ts";
import type { Fault, Loss, Mishap } from "./faults.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { World } from "./world/world.ts";

/** What the processes of one run share: how many writes, lines and calls there were, over all restarts. */
export interface Tally {
  writes: number;
  lines: number;
  outside: number;
  /** Whether the end is reached: from then on nothing goes wrong outside. */
  resting: boolean;
  /** Calls that were asked for, whatever became of them. */
  calls: number;
  /** Every write as `verb kind name`, for messages. */
  readonly log: string[];
}

export interface WireOptions {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly fault: Fault;
  readonly tally: Tally;
  /** Milliseconds that something takes at most. */
  readonly delay: (most: number) => number;
  /** The version that lists and watches begin at, for a while. */
  readonly past: number | undefined;
  /** Runs what lands a write, so that its changes are known as ours. */
  readonly landing: <T>(land: () => T) => T;
  /** Ends the process; another one starts later. */
  readonly crash: () => void;
}

const never = new Promise<never>(() => undefined);
/** So long a server is behind for a process that begins. */
export const thawInMilliseconds = 15_000;
const refusals: Readonly<Partial<Record<Mishap, readonly [number, string]>>> = {
  unavailable: [503, "ServiceUnavailable"],
  conflict: [409, "Conflict"],
  invalid: [422, "Invalid"],
  forbidden: [403, "Forbidden"],
  throttled: [429, "TooManyRequests"],
};

/** Ends a watch as a server does that has forgotten. */
const expired = JSON.stringify({
  type: "ERROR",
  object: { kind: "Status", code: 410, reason: "Expired", message: "expired" },
});

/** The way from one process to the world: it takes time, loses things, and is gone when the process is. */
export class Wire implements Transport {
  readonly #options: WireOptions;
  readonly #born: number;
  #dead = false;
  #darkUntil = 0;
  #wholeAt = 0;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#born = options.clock.now();
  }

  /** When whoever backed off because of an outage has come back, and has written what it could not. */
  get backAt(): number {
    return this.#darkUntil === 0 ? 0 : this.#darkUntil + 1000 * backoffInSeconds.last;
  }

  /** When the last line that was left out has come to light. */
  get wholeAt(): number {
    return this.#wholeAt;
  }

  /** The process is dead: nothing that it still had under way reaches anybody. */
  die(): void {
    this.#dead = true;
  }

  async call(call: Call): Promise<Answer> {
    const { clock, delay, tally } = this.#options;
    tally.calls += 1;
    await this.#alive(clock.sleep(delay(2)));
    if (clock.now() < this.#darkUntil) throw new Unreachable(`${call.method} ${call.path}: no connection`);
    const isWrite = call.method !== "GET" && !call.path.includes("/events.k8s.io/");
    const answer = isWrite ? await this.write(nameOf(call), () => this.#land(call), refusalOf) : await this.#read(call);
    await this.#alive(clock.sleep(delay(2)));
    return answer;
  }

  /** A write, here or outside, with the mishap that the fault has for it. */
  async write<T>(what: string, land: () => Promise<T>, refuse: (how: Mishap) => T): Promise<T> {
    const { fault, tally, crash } = this.#options;
    if (this.#dead) return never;
    tally.writes += 1;
    const number = tally.writes;
    const mishap = fault.writes?.[number];
    tally.log.push(`${number} ${what}${mishap === undefined ? "" : ` (${mishap})`}`);
    this.#darken(number);
    if (mishap !== undefined && refusals[mishap] !== undefined) return refuse(mishap);
    const answer = await landed(what, mishap, land);
    if (mishap === "crash" || fault.past?.at === number) crash();
    return this.#alive(Promise.resolve(answer));
  }

  #darken(number: number): void {
    const { clock, fault } = this.#options;
    if (fault.outage?.at === number) this.#darkUntil = clock.now() + 1000 * fault.outage.seconds;
  }

  async *lines(call: Call, signal: AbortSignal): AsyncIterable<string> {
    const { world, clock } = this.#options;
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const cancel = clock.after(1000 * Number(call.query?.["timeoutSeconds"] ?? "300"), () => ended.abort());
    const missed = (foundAt: number): void => void (this.#wholeAt = Math.max(this.#wholeAt, foundAt));
    const queue = new Delayed(this.#options, this.#isBehind(call) ? this.#born + thawInMilliseconds : 0, missed);
    void queue.fill(world.lines(call, both), both);
    try {
      yield* queue.lines(signal);
    } finally {
      cancel();
      ended.abort();
    }
  }

  async close(): Promise<void> {
    this.die();
  }

  async #alive<T>(what: Promise<T>): Promise<T> {
    const value = await what;
    return this.#dead ? never : value;
  }

  async #read(call: Call): Promise<Answer> {
    const { world, past, clock } = this.#options;
    const frozen = this.#isBehind(call) && clock.now() < this.#born + thawInMilliseconds;
    world.frozenAt = frozen ? past : undefined;
    const answer = world.call(call);
    world.frozenAt = undefined;
    return this.#alive(answer);
  }

  /** Whether the server's view of what a call asks for is of the past. */
  #isBehind({ path }: Call): boolean {
    const { past, fault } = this.#options;
    return past !== undefined && path.endsWith(`/${fault.past?.only ?? ""}`.replace(/\/$/, ""));
  }

  #land(call: Call): Promise<Answer> {
    return this.#options.landing(() => this.#options.world.call(call));
  }
}

/** What a write came to: the connection may be lost before it or after it. */
async function landed<T>(what: string, mishap: Mishap | undefined, land: () => Promise<T>): Promise<T> {
  if (mishap === "unreachable") throw new Unreachable(`${what}: no connection`);
  const answer = await land();
  if (mishap === "unanswered") throw new Unreachable(`${what}: no answer`);
  return answer;
}

function refusalOf(how: Mishap): Answer {
  const [status, reason] = refusals[how] ?? [500, "InternalError"];
  const retryAfterInSeconds = status === 429 ? 1 : undefined;
  return {
    status,
    retryAfterInSeconds,
    body: { kind: "Status", code: status, reason, message: `${reason} (made up)` },
  };
}

function nameOf({ method, path, body }: Call): string {
  const place = path.split("/").slice(-3).join("/");
  return `${method} ${method === "POST" ? `${path.split("/").at(-1) ?? ""}/${textAt(body, "metadata", "name") ?? ""}` : place}`;
}

interface Waiting {
  readonly line: string;
  readonly due: number;
}

/** Lines of one watch on their way: late, in order, and some of them lost. */
class Delayed {
  readonly #options: WireOptions;
  readonly #notBefore: number;
  readonly #missed: (foundAt: number) => void;
  #waiting: Waiting[] = [];
  #ended: "no" | "cleanly" | "cut" = "no";
  #wake: () => void = () => undefined;

  constructor(options: WireOptions, notBefore: number, missed: (foundAt: number) => void) {
    this.#options = options;
    this.#notBefore = notBefore;
    this.#missed = missed;
  }

  async fill(lines: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    try {
      for await (const line of lines) this.#take(line);
    } catch {
      // A stream that the server or the reader ended.
    }
    this.#finish(signal.aborted ? "cleanly" : "cut");
  }

  async *lines(signal: AbortSignal): AsyncIterable<string> {
    const { clock } = this.#options;
    signal.addEventListener("abort", () => this.#finish("cut"), { once: true });
    for (;;) {
      if (signal.aborted) throw new Error("aborted");
      const [next] = this.#waiting;
      if (next === undefined) {
        if (this.#ended === "cleanly") return;
        if (this.#ended === "cut") throw new Error("connection lost");
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if (next.due > clock.now()) await clock.sleep(next.due - clock.now(), signal);
      else {
        this.#waiting.shift();
        yield next.line;
      }
    }
  }

  #take(line: string): void {
    const { tally, fault } = this.#options;
    // What was sent after a connection broke reaches nobody.
    if (this.#ended === "cut") return;
    tally.lines += 1;
    const loss = fault.lines?.[tally.lines];
    if (loss === undefined) this.#queue(line);
    else this.#lose(line, loss);
  }

  #lose(line: string, loss: Loss): void {
    const { clock } = this.#options;
    if (loss === "gone") this.#queue(expired);
    else if (loss === "garbled") this.#queue(line.slice(0, line.length / 2));
    else if (loss === "cut") this.#finish("cut");
    else {
      // What a watch left out comes to light when it is opened anew, some time later.
      const inMilliseconds = loss === "dropped" ? 40_000 : 4000;
      clock.after(inMilliseconds, () => this.#queue(expired));
      this.#missed(clock.now() + inMilliseconds);
    }
  }

  #queue(line: string): void {
    const { clock, delay, fault } = this.#options;
    const last = this.#waiting.at(-1)?.due ?? 0;
    this.#waiting.push({ line, due: Math.max(last, clock.now() + delay(5) + (fault.lag ?? 0), this.#notBefore) });
    this.#wake();
  }

  #finish(how: "cleanly" | "cut"): void {
    if (this.#ended === "no") this.#ended = how;
    this.#wake();
  }
}
