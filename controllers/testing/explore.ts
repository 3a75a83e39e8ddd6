import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kinds } from "../../crds/index.ts";
import { at, listAt, type Manifest, mapAt } from "../../operator/object.ts";
import { isRecipe } from "../../operator/recipe.ts";
import { crdOf } from "../../operator/schema.ts";
import { fieldsOf, type Mutation, mutationsOf } from "../../operator/testing/explore.ts";
import { admit, objectSchemaOf } from "../../operator/admission.ts";
import { planCloud } from "../cloud/plan.ts";
import { sampleOf } from "./trials.ts";
import { brought, nameOf, type Sight, travelled } from "./explore-play.ts";
import { live, node, snapshot } from "./world.ts";

/** A kind with everything that can be tried with it. */
export interface Territory {
  readonly kind: string;
  /** The schema by which its objects are admitted. */
  readonly schema: unknown;
  /** What our own code has against a spec; undefined where it can read it. */
  readonly unread: (spec: unknown) => string | undefined;
  /** Paths of all fields that a user may write. */
  readonly fields: readonly string[];
  readonly mutations: readonly Mutation[];
}

/** What became of one mutation. */
export interface Finding {
  /** Refused by the schema; admitted and realised; admitted, and its status says why it is not realised. */
  readonly end: "refused" | "realised" | "named";
  /** Whether anything but the object itself was changed by it. */
  readonly felt: boolean;
  /** What its status said, or why it was refused. */
  readonly message: string;
  /** What is wrong with it; nothing where all is well. */
  readonly trouble: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const samples = join(import.meta.dirname, "..", "..", "crds", "samples");

/** Sample documents of a kind, the one that says most first. */
function samplesOf(kind: string): Fields[] {
  return readdirSync(samples)
    .map((file) => mapAt(parse(readFileSync(join(samples, file), "utf8"))))
    .filter((each) => each["kind"] === kind)
    .sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
}

/** Every kind of ours that people write: whoever adds a kind or a field has it explored. A ComputeNode is its pool's to write. */
const explorable = kinds.filter(({ kind }) => kind !== "ComputeNode");

/** What there is to explore. */
export const territories: readonly Territory[] = explorable.map((definition) => {
  const schema = objectSchemaOf(crdOf(definition));
  const { kind, group, version } = definition;
  const bare = { apiVersion: `${group}/${version}`, kind, metadata: { name: "sample" }, spec: {} };
  // What excludes each other cannot be in one sample: a field is explored from the first in which it can be.
  const mutations = [...samplesOf(kind), bare].reduce<readonly Mutation[]>((known, good) => {
    const touched = new Set(known.map(({ field }) => field));
    return [...known, ...mutationsOf(schema, good).filter(({ field }) => !touched.has(field))];
  }, []);
  const unread = (spec: unknown): string | undefined => definition.spec.safeParse(spec).error?.issues[0]?.message;
  return { kind, schema, unread, fields: fieldsOf(schema), mutations };
});

/** What the schema makes of a mutation: the object as it is stored, or why it is refused; and what is wrong with that answer. */
export function judged(
  { schema, unread }: Territory,
  mutation: Mutation,
): { readonly stored: Fields | undefined; readonly message: string; readonly trouble: readonly string[] } {
  const { stored, refused } = admit(schema, mutation.changed, mutation.start);
  if (refused.length === 0) {
    const unreadable = unread(at(stored, "spec"));
    const trouble = unreadable === undefined ? [] : [`the schema admits what our code cannot read: ${unreadable}`];
    return { stored: mapAt(stored), message: "", trouble };
  }
  const named = refused.some(({ path }) => path.startsWith(mutation.path) || mutation.path.startsWith(path));
  const message = refused.map((each) => `${each.path}: ${each.message}`).join("; ");
  return { stored: undefined, message, trouble: named ? [] : [`the refusal does not name the field: ${message}`] };
}

/** A mutation that the schema admits, with the object as it is stored. */
interface Admitted {
  readonly mutation: Mutation;
  readonly changed: Fields;
}

/**
 * Tries mutations: asks the schema, then plays what it admits on a deployed cloud, and then the return to what was good. Those that
 * start from the same object share a cloud; where something goes wrong there, each of them gets one of its own.
 */
export async function explored(territory: Territory, mutations: readonly Mutation[]): Promise<Map<Mutation, Finding>> {
  const findings = new Map<Mutation, Finding>();
  const admitted: Admitted[] = [];
  for (const mutation of mutations) {
    const { stored, message, trouble } = judged(territory, mutation);
    if (stored === undefined || trouble.length > 0)
      findings.set(mutation, { end: "refused", felt: false, message, trouble });
    else admitted.push({ mutation, changed: stored });
  }
  for (const group of Map.groupBy(admitted, ({ mutation }) => JSON.stringify(mutation.start)).values())
    for (const [mutation, finding] of await played(group)) findings.set(mutation, finding);
  return findings;
}

async function played(group: readonly Admitted[]): Promise<(readonly [Mutation, Finding])[]> {
  const { sights, trouble } = await travelled({
    before: standsOn(String(group[0]?.mutation.start["kind"])),
    start: group[0]?.mutation.start ?? {},
    changes: group.map(({ mutation: { path, field, value }, changed }) => ({ path, field, value, changed })),
  });
  if (trouble.length === 0 || group.length === 1)
    return group.map(({ mutation }, index) => [mutation, findingOf(sights[index], trouble)]);
  const alone: (readonly [Mutation, Finding])[] = [];
  for (const each of group) alone.push(...(await played([each])));
  // What only goes wrong after others is told as well, with the last of them.
  const [last] = alone.slice(-1);
  if (last !== undefined && alone.every(([, finding]) => finding.trouble.length === 0))
    alone.push([last[0], { ...last[1], trouble: trouble.map((each) => `after ${group.length - 1} others: ${each}`) }]);
  return alone;
}

/** What is there before an object of a kind can be ready: the smallest samples of other kinds. */
function standsOn(kind: string): Fields[] {
  const woven = ["Cloud", "Network"];
  const others: Readonly<Record<string, readonly string[]>> = {
    Cloud: [],
    ProviderNetwork: woven,
    ComputePool: [...woven, "ComputeCell"],
  };
  return (others[kind] ?? ["Cloud"]).flatMap((other) => samplesOf(other).filter(outermost).slice(-1));
}

/** Not of a fabric without any network outside. */
function outermost(sample: Fields): boolean {
  return sample["kind"] !== "Network" || listAt(sample, "spec", "physicalNetworks").length > 0;
}

function findingOf(sight: Sight | undefined, trouble: readonly string[]): Finding {
  const { ready, felt, message } = sight ?? { ready: false, felt: false, message: "" };
  return { end: ready ? "realised" : "named", felt, message, trouble };
}

/** A sample of the mutations that the schema of their kind admits, the same for the same seed. */
export function sampleOfAdmitted({ mutations, ...rest }: Territory, count: number, seed: number): Mutation[] {
  const territory = { ...rest, mutations };
  return sampleOf(
    mutations.filter((mutation) => judged(territory, mutation).stored !== undefined),
    count,
    seed,
  );
}

/** The command that tries a mutation again. */
export function commandFor({ kind }: Territory, { path, operation }: Mutation): string {
  return `node controllers/testing/explore-main.ts ${kind} '${path}' '${operation}'`;
}

/** The objects that a Cloud with such a spec wants in the end, all Secrets left out: they are filled in later. */
export function objectsWantedBy(cloud: Fields): Manifest[] {
  const seen = snapshot(node("node-1", "192.0.2.10", "2026-01-01T00:00:00Z"));
  const { apiVersion, spec } = cloud;
  const subject = live({ apiVersion: String(apiVersion), kind: "Cloud", metadata: { name: nameOf(cloud) }, spec });
  const { steps } = planCloud(subject, seen, brought);
  return steps.flatMap(({ objects }) => objects.filter((wanted) => !isRecipe(wanted)));
}
