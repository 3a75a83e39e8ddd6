import type { Controller } from "../controller.ts";
import type { Cast } from "./actors.ts";
import type { Fault } from "./faults.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import type { Tally } from "./wire.ts";
import type { Change } from "./world/history.ts";
import type { KindInfo } from "./world/kinds.ts";
import type { World } from "./world/world.ts";

/** One thing that somebody does, and when it has come to its end. */
export interface Stage {
  readonly title: string;
  readonly act: (stage: Staging) => void;
  readonly settled: (world: World) => boolean;
}

/** What a stage may touch. */
export interface Staging {
  readonly world: World;
  readonly clock: VirtualClock;
  /** Starts the operator anew, with these controllers where some are given: another build of it. */
  readonly restart: (controllers?: Stageable) => void;
}

/** A way from a process to whatever lies outside Kubernetes: the faults of the run happen to it. */
export interface Outside {
  read<T>(what: string, ask: () => Promise<T>, refused: () => Error): Promise<T>;
  write<T>(what: string, land: () => Promise<T>, refused: () => Error): Promise<T>;
}

/** Makes the controllers of a process as it starts; nothing is kept from the one before. */
export type Stageable = (world: World, outside: Outside) => readonly Controller[];

/** Says what is wrong about a change; undefined where nothing is. */
export type Invariant = (change: Change, moment: Moment) => string | undefined;

/** A change and its circumstances. */
export interface Moment {
  readonly world: World;
  readonly stage: string;
  /** Whether the operator made the change, not somebody else in the cluster. */
  readonly ours: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly kinds: readonly KindInfo[];
  readonly namespace: string;
  readonly controllers: Stageable;
  readonly run?: Cast["run"];
  readonly begin?: Cast["begin"];
  readonly pulls?: Cast["pulls"];
  readonly start: (world: World) => void;
  readonly stages: readonly Stage[];
  /** Made anew for each run: some remember. */
  readonly invariants: () => readonly Invariant[];
  /** Touches something that brings a pass over every subject and changes nothing that is wanted. */
  readonly nudge: (world: World) => void;
  /** The state at the end that has to be the same in every run. */
  readonly state: (world: World) => unknown;
  /** Gives a copy of a world a copy of what the scenario keeps beside it. */
  readonly carried: (from: World, to: World) => void;
}

/** Counts of a tally at one moment. */
export type Mark = Pick<Tally, "writes" | "lines" | "outside">;

/** A world at rest after a stage: as many runs as one likes begin there, each with a process of its own. */
export interface Checkpoint {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly mark: Mark;
  /** The stages that are over. */
  readonly stages: number;
  readonly controllers: Stageable;
  readonly createsAndDeletes: readonly string[];
  /** The version at which each write landed. */
  readonly writesAt: ReadonlyMap<number, number>;
  /** How far the counts were when each stage before it began. */
  readonly marks: readonly Mark[];
}

/** How a scenario is played. */
export interface Playing {
  readonly fault?: Fault;
  /** A run with more writes is ended. */
  readonly budget?: number;
  /** Where it begins; at the beginning, where left out. */
  readonly from?: Checkpoint | undefined;
  /** How many stages are over when it ends; all of them, where left out. */
  readonly until?: number | undefined;
  /** Whether every stage gets a process of its own, and a checkpoint after it, or all stages have the same. */
  readonly processes?: "each" | "one";
}

/** How a run went. */
export interface Run {
  readonly tally: Tally;
  /** What went wrong on the way or at the end; empty for a green run. */
  readonly trouble: readonly string[];
  readonly state: unknown;
  /** Every object that came or went by the operator's doing, in no particular order. */
  readonly createsAndDeletes: readonly string[];
  readonly seconds: number;
  readonly versions: number;
  /** How far the counts were when each stage began, and when the last was over. */
  readonly marks: readonly Mark[];
  /** One after each stage, and the one where the run began, where each has a process of its own. */
  readonly checkpoints: readonly Checkpoint[];
}
