import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { type Live, nameFor, refOf } from "../object.ts";
import { startRuntime } from "../runtime.ts";
import { certification } from "../secrets.ts";
import { playCluster } from "./actors.ts";
import { type Fault, numbersFrom } from "./faults.ts";
import type { Checkpoint, Invariant, Mark, Outside, Playing, Run, Scenario, Stage, Stageable } from "./scenario.ts";
import { Stock } from "./stock.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { thawInMilliseconds, Wire, type Tally } from "./wire.ts";
import type { Change } from "./world/history.ts";
import { World } from "./world/world.ts";

const patienceInMilliseconds = 3_600_000;
const quietInMilliseconds = 5000;
const nudges = 10;

/** Plays a scenario to its end under a fault, with the real runtime, in virtual time. */
export async function play(scenario: Scenario, playing: Playing = {}): Promise<Run> {
  // Before time begins: what the operator loads while it runs would take real time.
  await certification();
  const theatre = new Theatre(scenario, playing);
  const random = Math.random;
  try {
    return await theatre.play();
  } finally {
    Math.random = random;
  }
}

class Theatre {
  readonly #scenario: Scenario;
  readonly #fault: Fault;
  readonly #budget: number;
  readonly #from: Checkpoint;
  readonly #stock: Stock;
  readonly #until: number;
  readonly #processes: "each" | "one";
  readonly #world: World;
  readonly #clock: VirtualClock;
  readonly #chance: () => number;
  readonly #tally: Tally;
  readonly #trouble: string[] = [];
  readonly #ours: string[];
  readonly #marks: Mark[];
  readonly #checkpoints: Checkpoint[];
  /** When somebody last changed something that is not an event. */
  #changedAt = 0;
  /** When the last process that began with a view of the past sees what there is. */
  #thawsAt = 0;
  #landing = 0;
  #stage = "";
  #process: { readonly wire: Wire; readonly stop: AbortController } | undefined;
  #controllers: Stageable;
  readonly #invariants: readonly Invariant[];
  readonly #writesAt: Map<number, number>;

  constructor(scenario: Scenario, playing: Playing) {
    const { fault = {}, budget = 600, from = beginningOf(scenario), processes = "one" } = playing;
    this.#until = playing.until ?? scenario.stages.length;
    this.#scenario = scenario;
    this.#fault = fault;
    this.#budget = budget;
    this.#from = from;
    this.#stock = new Stock(String(from.stages));
    this.#processes = processes;
    this.#tally = { ...from.mark, calls: 0, resting: false, log: [] };
    this.#ours = [...from.createsAndDeletes];
    this.#marks = [...from.marks];
    this.#checkpoints = from.stages === 0 ? [] : [from];
    this.#writesAt = new Map(from.writesAt);
    this.#controllers = from.controllers;
    this.#invariants = scenario.invariants();
    this.#clock = new VirtualClock(from.clock);
    this.#world = new World(scenario.kinds, from.world);
    this.#world.store.now = () => this.#clock.timestamp();
    this.#chance = fault.order === undefined ? () => 1 : numbersFrom(fault.order * 7919 + 1);
  }

  async play(): Promise<Run> {
    this.#seedJitter();
    await this.#open();
    await this.#stages();
    this.#mark();
    if (this.#trouble.length === 0) await this.#rest();
    this.#end();
    return {
      tally: this.#tally,
      trouble: this.#trouble,
      state: this.#scenario.state(this.#world),
      createsAndDeletes: [...this.#ours].sort(),
      seconds: Math.round(this.#clock.now() / 1000),
      versions: this.#world.store.history.version,
      marks: this.#marks,
      checkpoints: this.#checkpoints,
    };
  }

  /** The cluster wakes, and the operator starts. */
  async #open(): Promise<void> {
    const { run, begin, pulls, start } = this.#scenario;
    this.#world.store.listen((change) => this.#watch(change));
    playCluster(this.#world, {
      later: (what) => void this.#clock.after(this.#delay(40), what),
      ...(run === undefined ? {} : { run }),
      ...(begin === undefined ? {} : { begin }),
      ...(pulls === undefined ? {} : { pulls }),
    });
    const fresh = this.#from.stages === 0;
    if (fresh) start(this.#world);
    else this.#remember(this.#from.world);
    this.#begin(undefined);
    if (!fresh) await this.#warm();
  }

  /** All stages that are left to play, until one of them goes wrong. */
  async #stages(): Promise<void> {
    const { stages: over } = this.#from;
    for (const [index, stage] of this.#scenario.stages.slice(0, this.#until).entries()) {
      if (index < over) continue;
      if (!(await this.#act(stage))) return;
      if (this.#processes === "each") await this.#relay(index + 1);
    }
  }

  /** Jitter has to be the same in every run of a seed, from each checkpoint on. */
  #seedJitter(): void {
    Math.random = numbersFrom(this.#fault.order ?? 1);
  }

  #mark(): void {
    const { writes, lines, outside } = this.#tally;
    this.#marks.push({ writes, lines, outside });
  }

  /** What is there from the beginning goes with it, and invariants have seen it come. */
  #remember(past: World): void {
    this.#scenario.carried(past, this.#world);
    const { version } = this.#world.store.history;
    for (const object of this.#world.store.history.all())
      for (const invariant of this.#invariants)
        invariant(
          { version, type: "ADDED", object, before: undefined },
          { world: this.#world, stage: "", ours: false },
        );
  }

  /** A process that begins between two stages learns how things are before the next one. */
  async #warm(): Promise<void> {
    await this.#clock.until(() => false, quietInMilliseconds);
  }

  /** Keeps the world as it is, and hands it to a new process. */
  async #relay(stages: number): Promise<void> {
    const { writes, lines, outside } = this.#tally;
    const world = new World(this.#scenario.kinds, this.#world);
    this.#scenario.carried(this.#world, world);
    this.#checkpoints.push({
      ...{ world, stages, clock: new VirtualClock(this.#clock), mark: { writes, lines, outside } },
      ...{ controllers: this.#controllers, createsAndDeletes: [...this.#ours], writesAt: new Map(this.#writesAt) },
      marks: [...this.#marks],
    });
    this.#end();
    this.#seedJitter();
    this.#begin(undefined);
    await this.#warm();
  }

  async #act(stage: Stage): Promise<boolean> {
    this.#stage = stage.title;
    this.#mark();
    const { world, clock } = { world: this.#world, clock: this.#clock };
    stage.act({ world, clock, restart: (controllers = this.#controllers) => this.#restart(controllers) });
    this.#changedAt = clock.now();
    const since = (): number => {
      const wire = this.#process?.wire;
      return Math.max(this.#changedAt, this.#thawsAt, wire?.backAt ?? 0, wire?.wholeAt ?? 0);
    };
    const quiet = (): boolean => clock.now() - since() >= quietInMilliseconds;
    const over = (): boolean => this.#broke() || (quiet() && this.#process !== undefined && stage.settled(world));
    if (!(await clock.until(over, patienceInMilliseconds)))
      this.#trouble.push(`${stage.title}: not settled after ${patienceInMilliseconds / 1000} s`);
    return !this.#broke();
  }

  /** A run that writes too much, or where something has happened already that must not, is over. */
  #broke(): boolean {
    if (this.#tally.writes > this.#budget && this.#trouble.length === 0)
      this.#trouble.push(`${this.#stage}: more than ${this.#budget} writes`);
    if (this.#tally.calls > 20 * this.#budget && this.#trouble.length === 0)
      this.#trouble.push(`${this.#stage}: more than ${20 * this.#budget} calls`);
    return this.#trouble.length > 0;
  }

  /** Ten passes over everything, long after the end: nothing may be written. */
  async #rest(): Promise<void> {
    this.#stage = "rest";
    this.#tally.resting = true;
    await this.#clock.until(() => false, 120_000);
    const { length } = this.#tally.log;
    for (let count = 0; count < nudges; count++) {
      this.#scenario.nudge(this.#world);
      await this.#clock.until(() => false, 35_000);
    }
    const late = this.#tally.log.slice(length);
    if (late.length > 0) this.#trouble.push(`at rest, ${late.length} writes: ${late.slice(0, 5).join("; ")}`);
  }

  #begin(past: number | undefined): void {
    const stop = new AbortController();
    if (past !== undefined) this.#thawsAt = this.#clock.now() + thawInMilliseconds;
    const [world, clock, fault, tally] = [this.#world, this.#clock, this.#fault, this.#tally];
    const crash = (): void => this.#crash(wire);
    const delay = (most: number): number => this.#delay(most);
    const wire = new Wire({ world, clock, fault, tally, delay, past, crash, landing: (land) => this.#land(land) });
    this.#process = { wire, stop };
    const time = mortal(clock, stop.signal);
    const runtime = startRuntime({
      transport: wire,
      controllers: this.#controllers(world, outsideOver(wire, fault, tally, clock)),
      namespaces: [this.#scenario.namespace],
      clock: time,
      certification: this.#stock.certification(time),
      log: silentLog,
      metrics: silentMetrics,
      signal: stop.signal,
      instance: "nephos",
    });
    runtime.stopped.catch((error: unknown) => this.#trouble.push(`the runtime ended: ${String(error)}`));
  }

  #crash(wire: Wire): void {
    if (this.#process?.wire !== wire) return;
    const { past } = this.#fault;
    const frozen =
      past?.at === this.#tally.writes ? (this.#writesAt.get(Math.max(1, past.at - past.back)) ?? 0) : undefined;
    this.#end();
    this.#clock.after(1000, () => this.#begin(frozen));
  }

  #restart(controllers: Stageable): void {
    this.#controllers = controllers;
    this.#end();
    this.#clock.after(1000, () => this.#begin(undefined));
  }

  #end(): void {
    this.#process?.wire.die();
    this.#process?.stop.abort();
    this.#process = undefined;
  }

  #land<T>(land: () => T): T {
    this.#landing += 1;
    this.#writesAt.set(this.#tally.writes, this.#world.store.history.version);
    try {
      return land();
    } finally {
      this.#landing -= 1;
    }
  }

  #watch(change: Change): void {
    const { object, type } = change;
    if (object.kind === "Event") return;
    this.#changedAt = this.#clock.now();
    const ours = this.#landing > 0;
    if (ours && type !== "MODIFIED") this.#ours.push(`${type} ${nameFor(refOf(object))}`);
    const moment = { world: this.#world, stage: this.#stage, ours };
    for (const invariant of this.#invariants) {
      const broken = invariant(change, moment);
      if (broken !== undefined) this.#trouble.push(`${this.#stage}, version ${change.version}: ${broken}`);
    }
  }

  #delay(most: number): number {
    return most * this.#chance();
  }
}

/** An empty world before the first stage. */
function beginningOf({ kinds, controllers }: Scenario): Checkpoint {
  const mark = { writes: 0, lines: 0, outside: 0 };
  const empty = { createsAndDeletes: [], writesAt: new Map<number, number>(), marks: [] };
  return { world: new World(kinds), clock: new VirtualClock(), mark, stages: 0, controllers, ...empty };
}

/** Time of one process: once that is dead, nothing in it wakes. */
function mortal(clock: VirtualClock, dead: AbortSignal): Clock {
  return {
    now: () => clock.now(),
    timestamp: () => clock.timestamp(),
    sleep: (milliseconds, signal) =>
      clock.sleep(milliseconds, signal === undefined ? dead : AbortSignal.any([signal, dead])),
  };
}

function outsideOver(wire: Wire, { outside: faults }: Fault, tally: Tally, clock: VirtualClock): Outside {
  const through = async <T>(land: () => Promise<T>, refused: () => Error): Promise<T> => {
    tally.outside += 1;
    tally.calls += 1;
    await clock.sleep(1);
    const fault = tally.resting ? undefined : faults?.[tally.outside];
    if (fault === "refused") throw refused();
    if (fault === "slow") await clock.sleep(20_000);
    const answer = await land();
    if (fault === "unanswered") throw refused();
    return answer;
  };
  return {
    read: (_what, ask, refused) => through(ask, refused),
    write: (what, land, refused) =>
      wire.write(
        `outside ${what}`,
        () => through(land, refused),
        () => {
          throw refused();
        },
      ),
  };
}

const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const silentMetrics: Metrics = {
  pass: () => undefined,
  queueDepth: () => undefined,
  write: () => undefined,
  watchRestarted: () => undefined,
  steps: () => undefined,
  certificates: () => undefined,
  leading: () => undefined,
  call: () => undefined,
  text: () => Promise.resolve(""),
};

/** The objects of a kind, as they are now. */
export function objectsOf(world: World, kind: string): Live[] {
  return world.store.history.all().filter((each) => each.kind === kind);
}
