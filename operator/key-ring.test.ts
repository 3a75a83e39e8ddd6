import fc from "fast-check";
import { kubeClient } from "./client.ts";
import { type Live, mapAt, refOf } from "./object.ts";
import { keysOf, ringAt, type SecretRecipe, turned, turnOf } from "./recipe.ts";
import { SecretFiller } from "./secrets.ts";
import { World } from "./testing/world/world.ts";

const ring: SecretRecipe = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "keys", namespace: "here", annotations: { "nephos.dev/digest": "d" } },
  recipe: { 0: { generate: "fernetKey" }, 1: { generate: "fernetKey" } },
  keyRing: { keep: 4 },
};
const keysIn = (live: Live | undefined): Readonly<Record<string, unknown>> => mapAt(live, "data");

describe("a ring of keys that moves on", () => {
  it("uses what was next, has a fresh one next, and keeps the youngest of those before", () => {
    expect(turned({ 0: "c", 1: "a", 2: "b" }, "d", { keep: 4 })).toEqual({ 0: "d", 1: "a", 2: "b", 3: "c" });
    expect(turned({ 0: "d", 1: "a", 2: "b", 3: "c" }, "e", { keep: 4 })).toEqual({ 0: "e", 2: "b", 3: "c", 4: "d" });
  });

  it("moves on even if it was never whole", () => {
    expect(turned({}, "a", { keep: 4 })).toEqual({ 0: "a", 1: "a" });
  });

  it("never has more keys than are kept, nor loses the one in use", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 30 }), (keep, turns) => {
        let keys: Record<string, string> = { 0: "next", 1: "first" };
        for (let turn = 1; turn <= turns; turn++) {
          const [before, inUse] = [keys["0"], keys[String(Math.max(...Object.keys(keys).map(Number)))]];
          keys = turned(keys, `fresh-${turn}`, { keep });
          expect(keys[String(Math.max(...Object.keys(keys).map(Number)))]).toBe(before);
          expect(Object.values(keys)).toContain(inUse);
          expect(Object.keys(keys).length).toBeLessThanOrEqual(keep);
        }
      }),
    );
  });

  it("is whole as soon as it has a next key", () => {
    expect(keysOf(ring)).toEqual(["0"]);
  });
});

describe("a Secret with a ring of keys", () => {
  let world: World;
  let filler: SecretFiller;
  const live = (): Live | undefined => world.store.get(refOf(ring));
  const pass = (turn: number, cached = live()): Promise<Live | undefined> =>
    filler.apply(ringAt(ring, turn), cached, () => "");

  beforeEach(async () => {
    world = new World([]);
    filler = new SecretFiller(kubeClient(world), "cloud");
    await pass(7);
  });

  it("is made with two keys at the turn of the day", () => {
    expect(Object.keys(keysIn(live()))).toEqual(["0", "1"]);
    expect(live()?.metadata.annotations?.["nephos.dev/turn"]).toBe("7");
  });

  it("stays as it is until the next turn", async () => {
    expect(await pass(7)).toBeUndefined();
  });

  it("moves on once, however many turns were missed", async () => {
    const before = keysIn(live());
    await pass(12);
    expect(keysIn(live())).toEqual({ 0: expect.any(String), 1: before["1"], 2: before["0"] });
    expect(keysIn(live())["0"]).not.toBe(before["0"]);
    expect(turnOf(live()?.metadata ?? { name: "" })).toBe(12);
    expect(await pass(12)).toBeUndefined();
  });

  it("does not move on again where only the view is out of date", async () => {
    const old = live();
    await pass(8);
    const now = keysIn(live());
    expect(await pass(8, old)).toBeUndefined();
    expect(keysIn(live())).toEqual(now);
  });

  it("does not go back when a clock does", async () => {
    expect(await pass(6)).toBeUndefined();
    expect(live()?.metadata.annotations?.["nephos.dev/turn"]).toBe("7");
  });

  it("that was made before there were turns takes up the one of today, and keeps its keys", async () => {
    world.store.edit(refOf(ring), (old) => ({ ...old, metadata: { ...old.metadata, annotations: {} } }));
    const before = keysIn(live());
    await pass(7);
    expect(keysIn(live())).toEqual(before);
    expect(live()?.metadata.annotations?.["nephos.dev/turn"]).toBe("7");
  });
});
