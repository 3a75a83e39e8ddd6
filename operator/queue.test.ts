import fc from "fast-check";
import { Queue } from "./queue.ts";
import { HandClock, settle } from "./testing/hand-clock.ts";

let clock: HandClock;
let queue: Queue;
let stop: AbortController;

beforeEach(() => {
  clock = new HandClock();
  queue = new Queue(clock);
  stop = new AbortController();
});
afterEach(() => stop.abort());

const take = (): Promise<string | undefined> => queue.take(stop.signal);

/** What take() gives without time passing; "nothing" where it waits. */
async function takeNow(): Promise<string | undefined> {
  const here = new AbortController();
  const taken = queue.take(here.signal);
  await settle();
  here.abort();
  return (await taken) ?? "nothing";
}

async function allNow(): Promise<string[]> {
  const taken: string[] = [];
  for (let key = await takeNow(); key !== "nothing"; key = await takeNow()) taken.push(key ?? "");
  return taken;
}

describe("a queue", () => {
  it("gives a key once however often it was added", async () => {
    for (let i = 0; i < 3; i++) queue.add("a");
    expect(queue.depth).toBe(1);
    expect(await allNow()).toEqual(["a"]);
    expect(queue.depth).toBe(0);
  });

  it("gives keys in the order in which they came", async () => {
    for (const key of ["b", "a", "c"]) queue.add(key);
    expect(await allNow()).toEqual(["b", "a", "c"]);
  });

  it("never gives a key while its pass is under way, and gives it again afterwards", async () => {
    queue.add("a");
    expect(await takeNow()).toBe("a");
    queue.add("a");
    queue.add("b");
    expect(await allNow()).toEqual(["b"]);
    queue.release("a");
    expect(await allNow()).toEqual(["a"]);
  });

  it("does not give a key again that nobody added during its pass", async () => {
    queue.add("a");
    expect(await takeNow()).toBe("a");
    queue.release("a");
    expect(await takeNow()).toBe("nothing");
  });

  it("lets changes overtake what comes round again", async () => {
    queue.add("old-1", "resync");
    queue.add("old-2", "resync");
    queue.add("new", "change");
    expect(await allNow()).toEqual(["new", "old-1", "old-2"]);
  });

  it("lifts a key into the better lane, and leaves it there", async () => {
    for (const key of ["x", "a"]) queue.add(key, "resync");
    queue.add("a", "change");
    queue.add("a", "resync");
    expect(await allNow()).toEqual(["a", "x"]);
  });

  it.each([
    ["sooner, then later", 1, 5],
    ["later, then sooner", 5, 1],
  ])("keeps the earliest wish: %s", async (_, first, second) => {
    queue.add("a", "resync", first);
    queue.add("a", "resync", second);
    await clock.advance(0.9);
    expect(await takeNow()).toBe("nothing");
    await clock.advance(0.2);
    expect(await takeNow()).toBe("a");
    expect(queue.depth).toBe(0);
  });

  it("wakes a waiting worker when a key falls due", async () => {
    queue.add("later", "resync", 30);
    const taken = take();
    await clock.advance(31);
    expect(await taken).toBe("later");
  });

  it("wakes a waiting worker for a key that is due before the one it waits for", async () => {
    queue.add("later", "resync", 30);
    const taken = take();
    await settle();
    queue.add("sooner", "resync", 1);
    await clock.advance(2);
    expect(await taken).toBe("sooner");
  });

  it("loses no wake-up with several idle workers", async () => {
    const workers = [take(), take(), take()];
    await settle();
    for (const key of ["a", "b", "c"]) queue.add(key);
    expect(new Set(await Promise.all(workers))).toEqual(new Set(["a", "b", "c"]));
  });

  it("wakes an idle worker for a key that was added during its pass", async () => {
    queue.add("a");
    expect(await take()).toBe("a");
    queue.add("a");
    const idle = take();
    await settle();
    queue.release("a");
    expect(await idle).toBe("a");
  });

  it("does not spin while the only key that is due is worked on", async () => {
    queue.add("a");
    await take();
    queue.add("a");
    void take();
    await settle();
    expect(clock.slept.length).toBeLessThanOrEqual(2);
  });

  it("ends every take when the signal fires", async () => {
    const workers = [take(), take()];
    await settle();
    stop.abort();
    expect(await Promise.all(workers)).toEqual([undefined, undefined]);
    queue.add("a");
    expect(await take()).toBeUndefined();
  });
});

describe("a key whose passes fail", () => {
  /** Seconds until the key comes back after each of so many failures in a row. */
  async function delays(failures: number): Promise<number[]> {
    const seen: number[] = [];
    for (let i = 0; i < failures; i++) {
      const before = clock.now();
      queue.addAfterFailure("a");
      const taken = take();
      while (queue.depth > 0) await clock.advance(0.05);
      await taken;
      queue.release("a");
      seen.push((clock.now() - before) / 1000);
    }
    return seen;
  }

  it("comes back twice as late each time, after a minute at most", async () => {
    const seen = await delays(13);
    expect(seen[0]).toBeCloseTo(0.05, 1);
    for (const [index, delay] of seen.slice(2, 10).entries()) {
      expect(delay / (seen[index + 1] ?? 0)).toBeCloseTo(2, 0);
    }
    expect(seen.slice(11)).toEqual([expect.closeTo(60, 0), expect.closeTo(60, 0)]);
  });

  it("starts from the first delay again once a pass went well", async () => {
    await delays(6);
    queue.settled("a");
    expect(await delays(1)).toEqual([expect.closeTo(0.05, 1)]);
  });

  it("comes at once when its user changes it meanwhile", async () => {
    await delays(8);
    queue.addAfterFailure("a");
    expect(await takeNow()).toBe("nothing");
    queue.add("a", "change");
    expect(await takeNow()).toBe("a");
  });

  it("counts its failures apart from those of other keys", async () => {
    await delays(8);
    queue.addAfterFailure("b");
    await clock.advance(0.06);
    expect(await takeNow()).toBe("b");
  });
});

/** What may happen to a queue: a key added now or for later, a worker that takes, the oldest pass ending, time passing. */
const happening = fc.oneof(
  fc.record({
    what: fc.constant("add" as const),
    key: fc.constantFrom("a", "b", "c", "d"),
    lane: fc.constantFrom("change" as const, "resync" as const),
    inSeconds: fc.constantFrom(0, 0, 1, 7),
  }),
  fc.constant({ what: "take" as const }),
  fc.constant({ what: "release" as const }),
  fc.constant({ what: "wait" as const }),
);

it("loses no key and never works on one twice at a time, whatever happens in which order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const run = new Run();
      for (const each of happenings) await run.play(each);
      await run.drain();
      expect(run.unserved).toEqual(new Set());
      expect(run.overlaps).toBe(0);
    }),
    { numRuns: 60 },
  );
});

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** A queue with workers that hold each key until told to let go; the model is the set of keys that were added since last taken. */
class Run {
  readonly unserved = new Set<string>();
  overlaps = 0;
  readonly #clock = new HandClock();
  readonly #queue = new Queue(this.#clock);
  readonly #stop = new AbortController();
  readonly #held: string[] = [];

  async play(next: Happening): Promise<void> {
    if (next.what === "add") {
      this.#queue.add(next.key, next.lane, next.inSeconds);
      this.unserved.add(next.key);
    } else if (next.what === "take") {
      void this.#queue.take(this.#stop.signal).then((key) => key !== undefined && this.#hold(key));
    } else if (next.what === "release") {
      this.#letGo();
    } else await this.#clock.advance(2);
    await settle();
  }

  async drain(): Promise<void> {
    for (let round = 0; round < 12; round++) {
      await this.play({ what: "take" });
      this.#letGo();
      await this.play({ what: "wait" });
      this.#letGo();
    }
    this.#stop.abort();
    await settle();
  }

  #hold(key: string): void {
    if (this.#held.includes(key)) this.overlaps++;
    this.#held.push(key);
    this.unserved.delete(key);
  }

  #letGo(): void {
    const key = this.#held.shift();
    if (key !== undefined) this.#queue.release(key);
  }
}
