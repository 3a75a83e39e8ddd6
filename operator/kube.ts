import type { Client } from "./client.ts";
import type { Clock } from "./clock.ts";
import { type Condition, withTransitions, sameStatus } from "./conditions.ts";
import { isRecord, type Kind, type Live, type Manifest, nameFor, type Ref, refOf } from "./object.ts";
import { ApiError, isNotFound, Stale } from "./outcome.ts";
import type { Action } from "./plan.ts";
import { isRecipe, type SecretRecipe } from "./recipe.ts";
import type { SecretFiller } from "./secrets.ts";
import { realisedAnnotation } from "./verdict.ts";

/** Hears of every write, with the object as it left it behind. */
export type Wrote = (
  written: Live,
  verb: "apply" | "create" | "delete" | "stamp" | "mark" | "finalize" | "status",
) => void;

/** The narrow waist between plans and the world. Every fault of a test sits here, every effect of a pass goes through here. */
export interface Kube {
  /**
   * Refuses with Stale when the cluster knows better than the snapshot: gone, another object of that name, a newer spec; or there, where nothing
   * was known of it.
   */
  confirm(ref: Ref, known: Live | undefined): Promise<void>;
  apply(wanted: Manifest | SecretRecipe, live: Live | undefined): Promise<void>;
  /** Marks a workload as realised for the digest that it carries. */
  stamp(live: Live, digest: string): Promise<void>;
  /** Gives an object that is not ours one label, or takes it off; refuses with Stale where the object has changed. Never makes one. */
  mark(live: Live, label: string, value: string | undefined): Promise<void>;
  remove(live: Live): Promise<void>;
  /** Sets the subject's finalizers; refuses with Stale when the subject has changed. */
  finalize(subject: Live, finalizers: readonly string[]): Promise<void>;
  setStatus(subject: Live, status: Readonly<Record<string, unknown>>): Promise<void>;
  act(action: Action): Promise<void>;
}

export interface KubeOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly manager: string;
  /** Whose labels of other objects are. Default: the manager's. */
  readonly marksAs?: string | undefined;
  readonly secrets: SecretFiller;
  readonly versionOf: (secret: string) => string;
  readonly wrote: Wrote;
  readonly act: (action: Action) => Promise<void>;
}

/** The waist over a real API server. */
export function liveKube(options: KubeOptions): Kube {
  const { client, manager, marksAs = manager, wrote } = options;
  return {
    confirm: (ref, known) => confirmWith(client, ref, known),
    apply: (wanted, live) => applyTo(options, wanted, live),
    stamp: async (live, digest) => {
      const metadata = { ...placeOf(live), annotations: { [realisedAnnotation]: digest } };
      wrote(
        await client.apply({ apiVersion: live.apiVersion, kind: live.kind, metadata }, `${manager}-realised`),
        "stamp",
      );
    },
    mark: async (live, label, value) => {
      const { uid, resourceVersion } = live.metadata;
      const labels = value === undefined ? {} : { [label]: value };
      const metadata = { ...placeOf(live), uid, resourceVersion, labels };
      // By a manager of its own: what it does not name any more goes, and nothing else of the object is its.
      const { apiVersion, kind } = live;
      const write = client.apply({ apiVersion, kind, metadata }, `${marksAs}-marks`, { force: true });
      wrote(await write.catch(staleOn([404, 409])), "mark");
    },
    remove: async (live) => {
      await client.remove(refOf(live), live.metadata.uid).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      wrote(live, "delete");
    },
    finalize: async (subject, finalizers) => {
      wrote(
        await client.amend(subject, { "/metadata/finalizers": finalizers }).catch(staleOn([404, 409, 422])),
        "finalize",
      );
    },
    setStatus: (subject, status) => writeStatus(options, subject, status),
    act: options.act,
  };
}

function placeOf({ metadata: { namespace, name } }: Live): { readonly namespace?: string; readonly name: string } {
  return { ...(namespace === undefined ? {} : { namespace }), name };
}

async function applyTo(options: KubeOptions, wanted: Manifest | SecretRecipe, live: Live | undefined): Promise<void> {
  const { client, manager, secrets, versionOf, wrote } = options;
  if (isRecipe(wanted)) {
    const written = await secrets.apply(wanted, live, versionOf).catch(staleOn([404, 409]));
    if (written !== undefined) wrote(written, "apply");
  } else if (createOnly(wanted)) {
    wrote(await client.create(wanted, manager).catch(staleOn([409])), "create");
  } else {
    wrote(await client.apply(wanted, manager, { force: true }), "apply");
  }
}

async function writeStatus(
  { client, clock, manager, wrote }: KubeOptions,
  subject: Live,
  status: Readonly<Record<string, unknown>>,
): Promise<void> {
  const conditions = withTransitions(conditionsIn(status), subject, clock.timestamp());
  // A kind without conditions has no field for them.
  const whole = conditions.length === 0 ? status : { ...status, conditions };
  if (sameStatus(subject, whole)) return;
  // The uid alone is not enough: for custom kinds the API server takes any.
  const { uid, resourceVersion } = subject.metadata;
  const metadata = { ...placeOf(subject), uid, resourceVersion };
  const manifest = Object.assign({ apiVersion: subject.apiVersion, kind: subject.kind, metadata }, { status: whole });
  const options = { force: true, subresource: "status" } as const;
  wrote(await client.apply(manifest, `${manager}-status`, options).catch(staleOn([404, 409])), "status");
}

async function confirmWith(client: Client, ref: Ref, known: Live | undefined): Promise<void> {
  const fresh = await client.get(ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (fresh === undefined && known !== undefined) throw new Stale(`${nameFor(ref)} is gone`);
  if (fresh !== undefined && known === undefined) throw new Stale(`${nameFor(ref)} is there`);
  if (fresh !== undefined && known !== undefined && !sameContent(known, fresh))
    throw new Stale(`${nameFor(ref)} has changed`);
}

/** An existing Job is a fact and never re-applied. */
export function createOnly(wanted: Kind): boolean {
  return wanted.apiVersion === "batch/v1" && wanted.kind === "Job";
}

function sameContent(known: Live, fresh: Live): boolean {
  if (known.metadata.uid !== fresh.metadata.uid) return false;
  if (known.metadata.deletionTimestamp !== fresh.metadata.deletionTimestamp) return false;
  // Kinds without a generation (Secrets, ConfigMaps) change with every version.
  return known.metadata.generation === undefined
    ? known.metadata.resourceVersion === fresh.metadata.resourceVersion
    : known.metadata.generation === fresh.metadata.generation;
}

/** These answers say that somebody was quicker: look again. */
function staleOn(statuses: readonly number[]): (error: unknown) => never {
  return (error) => {
    if (error instanceof ApiError && statuses.includes(error.status)) throw new Stale(error.message);
    throw error;
  };
}

function conditionsIn(status: Readonly<Record<string, unknown>>): Condition[] {
  const { conditions } = status;
  return Array.isArray(conditions) ? conditions.filter(isCondition) : [];
}

function isCondition(value: unknown): value is Condition {
  return isRecord(value) && typeof value["type"] === "string" && typeof value["status"] === "string";
}
