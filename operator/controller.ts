import type { Watched } from "./cache.ts";
import type { Live } from "./object.ts";
import type { Action, Plan, Snapshot } from "./plan.ts";
import { type SecretKeyRef, SourceMissing } from "./recipe.ts";
import type { Verdict } from "./verdict.ts";

/** What a controller with a world outside Kubernetes may use to see and change it. */
export interface Edge {
  /** A value of a Secret in the subject's namespace, read now. */
  secret(source: SecretKeyRef): Promise<string | undefined>;
  /** Fires when the call has taken too long. */
  readonly signal: AbortSignal;
}

/** A value of a Secret that there is no going on without; rejects with SourceMissing where it is not there. */
export async function neededSecret(edge: Edge, source: SecretKeyRef): Promise<string> {
  const value = await edge.secret(source);
  if (value === undefined) throw new SourceMissing(source);
  return value;
}

/**
 * A declaration of what one kind means. `plan` and `status` are pure, synchronous and total; watches, permissions and indexes
 * follow from `kind`, `reads` and `owns`. With `observe` and `act` it is of the second shape: a world outside Kubernetes is
 * observed first, and the plan holds actions beside objects.
 */
export interface Controller<Facts = unknown> {
  /** Field manager; the status is written as `<name>-status`. */
  readonly name: string;
  readonly kind: Watched;
  readonly reads: readonly Watched[];
  readonly owns: readonly Watched[];
  /** Kinds of objects that are not ours and of which we write a label. */
  readonly marks?: readonly Watched[];
  /** The controller under whose name these labels are written, where it writes the same ones: only so can both take them off. Default: this one. */
  readonly marksAs?: string;
  /** Kinds that an earlier build owned: nothing of them is made any more, and what is left is pruned. */
  readonly formerlyOwned?: readonly Watched[];
  plan(subject: Live, seen: Snapshot, facts: Facts | undefined): Plan;
  /** What has to happen before the object may go; with it, the runtime holds the object by a finalizer until all steps are done. */
  planDeletion?(subject: Live, seen: Snapshot, facts: Facts | undefined): Plan;
  /** The whole status but for `lastTransitionTime`, which the edge adds. */
  status(
    subject: Live,
    verdicts: ReadonlyMap<string, Verdict>,
    seen: Snapshot,
    facts: Facts | undefined,
  ): Readonly<Record<string, unknown>>;
  observe?(subject: Live, seen: Snapshot, edge: Edge): Promise<Facts>;
  act?(action: Action, subject: Live, edge: Edge): Promise<void>;
  /** Types of conditions that warn: when one comes, or says something else, that is told as an event too. */
  readonly warnings?: readonly string[];
  /** How often the world outside is observed when nothing else happens; with jitter. */
  readonly pollInSeconds?: number;
  /** The same while a step is undone. Default: no sooner. */
  readonly pollUndoneInSeconds?: number;
}
