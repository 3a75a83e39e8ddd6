import fc from "fast-check";
import { type HostState, type Move, planWave, revisionsOf } from "./waves.ts";

const host = (name: string, changes: Partial<HostState> = {}): HostState => ({
  name,
  revision: "a",
  pods: ["a"],
  ready: true,
  alive: true,
  fit: true,
  ...changes,
});

/** What a move comes to, with pods that follow later. */
function moved(hosts: readonly HostState[], moves: readonly Move[]): HostState[] {
  return hosts.map((each) => {
    const move = moves.find(({ host: name }) => name === each.name);
    return move === undefined ? each : { ...each, revision: move.to, ready: false };
  });
}

/** What happens by itself on a host: old pods go, new ones come and get ready. */
function settle(each: HostState): HostState {
  if (!each.alive || each.revision === undefined) return each;
  return { ...each, pods: [each.revision], ready: true };
}

const revisions = fc.constantFrom("a", "b", "c");
const state: fc.Arbitrary<Omit<HostState, "name">> = fc.record({
  revision: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
  pods: fc.constant([]),
  ready: fc.boolean(),
  alive: fc.boolean(),
  fit: fc.boolean(),
});
const pool = fc
  .array(state, { minLength: 1, maxLength: 6 })
  .map((states) => states.map((each, index) => ({ ...each, name: `host-${index}` })));

/** Plays a wave: in each round it is planned, and some hosts get on. Gives every state that was seen. */
function play(start: readonly HostState[], wanted: readonly string[], luck: readonly boolean[]): HostState[][] {
  const seen = [[...start]];
  const rounds = Math.max(wanted.length, luck.length);
  for (let round = 0; round < rounds; round += 1) {
    const before = seen.at(-1) ?? [];
    const { moves } = planWave(before, wanted[Math.min(round, wanted.length - 1)] ?? "a", "OneByOne");
    const after = moved(before, moves);
    seen.push(after.map((each, index) => (luck[(round + index) % luck.length] === true ? settle(each) : each)));
  }
  return seen;
}

describe("a wave", () => {
  it("tells one host the next revision, and the next one when that is well and has nothing left of what it had", () => {
    const start = [host("one"), host("two")];
    expect(planWave(start, "b", "OneByOne")).toEqual({ moves: [{ host: "one", to: "b" }] });
    const waits = { moves: [], waiting: "the agents of one to be ready" };
    expect(planWave([host("one", { revision: "b", ready: false }), host("two")], "b", "OneByOne")).toEqual(waits);
    expect(planWave([host("one", { revision: "b", pods: ["a", "b"] }), host("two")], "b", "OneByOne")).toEqual(waits);
    const well = host("one", { revision: "b", pods: ["b"] });
    expect(planWave([well, host("two")], "b", "OneByOne").moves).toEqual([{ host: "two", to: "b" }]);
  });

  it("neither moves nor waits for a host that is dead", () => {
    const dead = host("one", { alive: false, ready: false });
    expect(planWave([dead, host("two")], "b", "OneByOne").moves).toEqual([{ host: "two", to: "b" }]);
  });

  it("lets new hosts join at once where nothing is in the way, and only there", () => {
    const fresh = { revision: undefined, pods: [], ready: false };
    const start = [host("one", fresh), host("two", fresh), host("three", { ...fresh, fit: false })];
    expect(planWave(start, "a", "OneByOne").moves).toEqual([
      { host: "one", to: "a" },
      { host: "two", to: "a" },
    ]);
  });

  it("moves those that are unwell first", () => {
    expect(planWave([host("one"), host("two", { ready: false })], "b", "OneByOne").moves).toEqual([
      { host: "two", to: "b" },
    ]);
  });

  it("moves nobody while the pool stays as it is", () => {
    expect(planWave([host("one")], "b", "Stay").moves).toEqual([]);
  });

  it("gives up the lesser of two revisions before a third comes", () => {
    const start = [host("one"), host("two"), host("three", { revision: "b", pods: ["b"], ready: false })];
    expect(planWave(start, "c", "OneByOne").moves).toEqual([{ host: "three", to: "a" }]);
    const back = start.with(2, host("three", { revision: "a" }));
    expect(planWave(back, "c", "OneByOne").moves).toEqual([{ host: "one", to: "c" }]);
  });

  it("says what is wrong with the host that it waits for, while something is", () => {
    const waiting = (changes: Partial<HostState>): unknown =>
      planWave([host("one", { revision: "b", ...changes }), host("two")], "b", "OneByOne").waiting;
    expect(waiting({ ready: false, trouble: "libvirt: crashes" })).toBe(
      "the agents of one to be ready (libvirt: crashes)",
    );
    expect(waiting({ pods: ["a"], trouble: "libvirt: crashed" })).toBe("the agents of one to be ready");
  });

  it("knows a revision by how many living hosts are told it, then by its name", () => {
    const told = (...names: readonly string[]) => names.map((revision, index) => host(`host-${index}`, { revision }));
    expect(revisionsOf(told("a", "b", "b"))).toEqual(["b", "a"]);
    expect(revisionsOf(told("b", "b", "a"))).toEqual(["b", "a"]);
    expect(revisionsOf(told("b", "a"))).toEqual(["a", "b"]);
    expect(revisionsOf(told("a", "b"))).toEqual(["a", "b"]);
    expect(revisionsOf([...told("b"), host("dead", { alive: false }), host("new", { revision: undefined })])).toEqual([
      "b",
    ]);
  });

  it("counts the wanted revision as none of two others", () => {
    const start = [host("one"), host("two", { revision: "b", pods: ["b"] })];
    expect(planWave(start, "b", "OneByOne").moves).toEqual([{ host: "one", to: "b" }]);
  });

  it("moves hosts that are alike in the order of their names, whatever order they are listed in", () => {
    expect(planWave([host("two"), host("one")], "b", "OneByOne").moves).toEqual([{ host: "one", to: "b" }]);
    expect(planWave([host("one"), host("two")], "b", "OneByOne").moves).toEqual([{ host: "one", to: "b" }]);
  });

  it("lets a host join when the pods that it had are gone, and moves none that is told nothing", () => {
    const leaving = host("one", { revision: undefined, pods: ["a"] });
    expect(planWave([leaving], "a", "OneByOne")).toEqual({ moves: [] });
    expect(planWave([host("one", { revision: undefined, pods: [], fit: false })], "b", "OneByOne").moves).toEqual([]);
  });

  it("never moves a host while another is on its way, and never has more than two revisions in use", () => {
    fc.assert(
      fc.property(
        pool,
        fc.array(revisions, { minLength: 1, maxLength: 20 }),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 40 }),
        (start, wanted, luck) => {
          for (const hosts of play(start, wanted, luck)) expect(revisionsOf(hosts).length).toBeLessThanOrEqual(2);
          const settledHosts = start.map(settle);
          for (const hosts of play(settledHosts, [wanted[0] ?? "a"], luck)) {
            const old = settledHosts
              .filter((each) => each.alive && each.revision !== undefined)
              .map(({ name }) => name);
            const busy = hosts.filter((each) => old.includes(each.name) && !each.ready);
            expect(busy.length).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it("brings every living host that is fit to the wanted revision, and then rests", () => {
    fc.assert(
      fc.property(pool, revisions, (start, wanted) => {
        const rounds = Array.from({ length: 60 }, () => true);
        const end = play(start, [wanted], rounds).at(-1) ?? [];
        const living = end.filter(({ alive, fit, revision }) => alive && (fit || revision !== undefined));
        expect(living.filter(({ revision }) => revision !== wanted)).toEqual([]);
        expect(planWave(end, wanted, "OneByOne").moves).toEqual([]);
      }),
    );
  });
});
