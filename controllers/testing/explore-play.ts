import { isDeepStrictEqual } from "node:util";
import { kinds } from "../../crds/index.ts";
import type { Controller } from "../../operator/controller.ts";
import { at, isRecord, type Live, listAt, mapAt, type Ref, refOf, textAt } from "../../operator/object.ts";
import { objectsOf, play } from "../../operator/testing/play.ts";
import type { Invariant, Scenario, Stage, Stageable } from "../../operator/testing/scenario.ts";
import type { World } from "../../operator/testing/world/world.ts";
import { issueCertificate, makeAuthority, type Pair } from "../../operator/x509.ts";
import type { Means } from "../cloud/plan.ts";
import { hostOfLabel } from "../compute/labels.ts";
import { imageResolver } from "../images.ts";
import { differenceOf } from "./examine.ts";
import { scenario } from "./play/scenarios.ts";
import { controllersWith, weave } from "./play/stages.ts";
import { stateOf } from "./play/state.ts";
import { means } from "./render.ts";
import { namespace } from "./world.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One change of an object: where, what is there then, and the whole object. */
interface Turn {
  readonly path: string;
  /** Of the schema: `spec.services.*`. */
  readonly field: string;
  readonly value: unknown;
  readonly changed: Fields;
}

/** A good object, and what it is changed into, one after the other, with a return to what is good after each. */
export interface Journey {
  /** What is there before, in this order: the Cloud, where the object is none itself. */
  readonly before: readonly Fields[];
  readonly start: Fields;
  readonly changes: readonly Turn[];
}

/** What became of one change. */
export interface Sight {
  readonly ready: boolean;
  /** Whether anything but the object itself was changed by it. */
  readonly felt: boolean;
  /** What its status said. */
  readonly message: string;
}

/** What became of all changes, and what is wrong with them. */
export interface Travelogue {
  readonly sights: readonly Sight[];
  readonly trouble: readonly string[];
}

/** What an operator brings along that takes images as a Cloud says. */
export const brought: Means = {
  ...means,
  images: imageResolver({ registry: "registry.example.org/nephos", references: {} }),
};
const returnInSeconds = 60;

/** Plays a journey on a deployed cloud. */
export async function travelled(journey: Journey): Promise<Travelogue> {
  const log = new Log(journey, await certificateFor(journey.start));
  const run = await play(log.scenario, { budget: 300 * (journey.before.length + 1 + journey.changes.length) });
  const trouble = [...log.trouble, ...run.trouble, ...log.parted(run.state, "the end")];
  return { sights: log.sights, trouble: [...new Set(trouble)] };
}

/** What is observed while a journey is played. */
class Log {
  readonly trouble: string[] = [];
  readonly sights: Sight[] = [];
  readonly #journey: Journey;
  readonly #certificate: Pair;
  readonly #ref: Ref;
  #before: unknown;
  /** Milliseconds since the last return to what was good. */
  #elapsed: () => number = () => 0;

  constructor(journey: Journey, certificate: Pair) {
    this.#journey = journey;
    this.#certificate = certificate;
    const { apiVersion, kind } = journey.start;
    this.#ref = { apiVersion: String(apiVersion), kind: String(kind), namespace, name: nameOf(journey.start) };
  }

  get scenario(): Scenario {
    const base = scenario("explore", brought, ...this.#stages());
    return {
      ...base,
      start: (world) => {
        base.start(world);
        const [cloud = this.#journey.start, ...rest] = this.#journey.before;
        if (![...rest, this.#journey.start].some((each) => each["kind"] === "Network")) weave(world, nameOf(cloud));
        label(world, { ...nodeLabelsIn(this.#journey.start), [hostOfLabel]: namespace });
        const name = textAt(this.#journey.start, "spec", "tls", "publicCertificate", "name");
        if (name !== undefined) putCertificate(world, name, this.#certificate);
        putSecrets(world, this.#journey.start);
      },
      pulls: (image) => image.startsWith("registry.example.org/"),
      controllers: watched(controllersWith(brought), (message) => this.trouble.push(message)),
      invariants: () => [...base.invariants(), this.#observedAtOnce()],
    };
  }

  #stages(): Stage[] {
    const { before, start, changes } = this.#journey;
    // A Cloud is not ready without its Network, nor that without its Cloud.
    const deployed: Stage = {
      title: "deploy",
      act: ({ world }) => [...before, start].forEach((each) => put(world, each)),
      settled: allReady,
    };
    return [deployed, ...changes.flatMap((change, index) => this.#there(change, index))];
  }

  /** There and back again. */
  #there(turn: Turn, index: number): Stage[] {
    return [
      {
        title: `mutated ${index}`,
        act: ({ world }) => {
          this.#before = stateOf(world);
          put(world, turn.changed);
        },
        settled: (world) => this.#told(world),
      },
      {
        title: `returned ${index}`,
        act: ({ world, clock }) => {
          this.#judge(world, turn);
          const since = clock.now();
          this.#elapsed = () => clock.now() - since;
          put(world, this.#journey.start);
        },
        settled: (world) => this.#back(world),
      },
    ];
  }

  /** Whether the status speaks of the spec as it is. */
  #told(world: World): boolean {
    const live = world.store.get(this.#ref);
    return at(live, "status", "observedGeneration") === live?.metadata.generation;
  }

  #judge(world: World, { path, field, value }: Turn): void {
    const status = mapAt(world.store.get(this.#ref), "status");
    const isReady = textAt(conditionIn(status, "Ready"), "status") === "True";
    const message = `${textAt(conditionIn(status, "Ready"), "reason") ?? ""}: ${textAt(conditionIn(status, "Ready"), "message") ?? ""}`;
    const felt = !isDeepStrictEqual(othersIn(stateOf(world), this.#ref), othersIn(this.#before, this.#ref));
    this.sights.push({ ready: isReady, felt, message });
    if (isReady) return;
    const going = ["Stalled", "Reconciling"].filter((type) => textAt(conditionIn(status, type), "status") === "True");
    const words = [path, ...(typeof value === "string" && value !== "" ? [value] : [])];
    const names = [...words, ...world.store.history.all().map((each) => each.metadata.name)];
    const named = names.some((each) => message.includes(each)) || namesEntry(message, path, field);
    if (going.length !== 1)
      this.trouble.push(`not ready, yet ${going.join(" and ") || "neither Stalled nor Reconciling"}`);
    if (!named) this.trouble.push(`not ready, and says neither field nor object: ${message}`);
  }

  #back(world: World): boolean {
    const back = allReady(world) && this.parted(stateOf(world), "the return").length === 0;
    const seconds = Math.round(this.#elapsed() / 1000);
    if (back && seconds > returnInSeconds) this.trouble.push(`the return took ${seconds} s`);
    return back;
  }

  /** Where a state differs from that before the change; what was made in Keystone meanwhile may stay. */
  parted(state: unknown, when: string): string[] {
    const lost = listAt(this.#before, "keystone").filter((line) => !listAt(state, "keystone").includes(line));
    const differing = differenceOf(at(state, "objects"), at(this.#before, "objects"));
    return [
      ...(differing === "" ? [] : [`${when}: not as before: ${differing}`]),
      ...lost.map((line) => `${when}: lost in Keystone: ${String(line)}`),
    ];
  }

  /** The first word about the object after each change of its spec is about the spec that it has now. */
  #observedAtOnce(): Invariant {
    return ({ object }, { ours, stage }) => {
      const { kind, metadata } = object;
      if (!ours || kind !== this.#ref.kind || metadata.name !== this.#ref.name || stage === "deploy") return undefined;
      const observed = at(object, "status", "observedGeneration");
      return observed === metadata.generation
        ? undefined
        : `status is of generation ${String(observed)}, not ${String(metadata.generation)}`;
    };
  }
}

/** The name of an object as it is written in a document. */
export function nameOf(object: Fields): string {
  return textAt(object, "metadata", "name") ?? "";
}

/** Applies an object as kubectl does. */
function put(world: World, object: Fields): void {
  const { apiVersion, kind, spec } = object;
  const metadata = { name: nameOf(object), namespace, uid: "", resourceVersion: "" };
  const wanted = { apiVersion: String(apiVersion), kind: String(kind), metadata, spec };
  world.store.apply(wanted, { manager: "kubectl", force: true, subresource: undefined });
}

/** A certificate for the public host of the good spec, good for longer than anything is played. */
async function certificateFor(good: Fields): Promise<Pair> {
  const life = { from: 0, until: 60_000_000 };
  const authority = await makeAuthority({ generate: "authority", commonName: "User", ...life });
  const host = textAt(good, "spec", "endpoints", "public", "host") ?? "cloud.example.org";
  return issueCertificate(authority, { names: [host], ...life });
}

/** Secrets that an object refers to, by name: those of options, and those for what somebody else runs. */
function secretsIn(value: unknown, field = ""): Map<string, string[]> {
  if (Array.isArray(value) || !isRecord(value)) return new Map();
  const name = textAt(value, "name");
  if (name !== undefined && field in referredKeys) {
    const key = textAt(value, "key");
    return new Map([[name, [...(referredKeys[field] ?? []), ...(key === undefined ? [] : [key])]]]);
  }
  const inner = Object.entries(value).map(
    ([each, member]) => [field === "accounts" ? "account" : each, member] as const,
  );
  return new Map(inner.flatMap(([each, member]) => [...secretsIn(member, each)]));
}

/** By the field that refers to a Secret, the keys that it has to have where the reference names none. */
const referredKeys: Readonly<Record<string, readonly string[]>> = {
  secretKeyRef: [],
  administrator: ["username", "password"],
  account: ["username", "password"],
  credentials: ["username", "password"],
  ca: ["ca.crt"],
};

function putSecrets(world: World, start: Fields): void {
  for (const [name, keys] of secretsIn(start)) {
    const data = Object.fromEntries(keys.map((key) => [key, Buffer.from(`value of ${key}`).toString("base64")]));
    const metadata = { name, namespace, uid: "", resourceVersion: "" };
    world.store.create(Object.assign({ apiVersion: "v1", kind: "Secret", metadata }, { data }), "kubectl");
  }
}

function putCertificate(world: World, name: string, { certificate, key }: Pair): void {
  const encoded = (text: string): string => Buffer.from(text).toString("base64");
  const data = { "tls.crt": encoded(certificate), "tls.key": encoded(key) };
  const metadata = { name, namespace, uid: "", resourceVersion: "" };
  const secret = Object.assign({ apiVersion: "v1", kind: "Secret", metadata }, { data });
  world.store.apply(secret, { manager: "kubectl", force: true, subresource: undefined });
}

/** Every label that some selector of nodes asks for. */
function nodeLabelsIn(value: unknown): Fields {
  if (Array.isArray(value) || !isRecord(value)) return {};
  const own = mapAt(value, "nodeSelector");
  return Object.assign({}, own, ...Object.values(value).map(nodeLabelsIn));
}

/** Gives every node these labels: the cluster has what the good spec asks for. */
function label(world: World, labels: Fields): void {
  for (const node of objectsOf(world, "Node"))
    world.store.edit(refOf(node), (each) => ({ ...each, metadata: { ...each.metadata, labels } }));
}

/** Whether all objects of our kinds say that they are ready with the spec that they have. */
function allReady(world: World): boolean {
  const all = kinds.flatMap(({ kind }) => objectsOf(world, kind));
  return all.length > 1 && all.every(ready);
}

function ready({ metadata, status }: Live): boolean {
  return (
    textAt(conditionIn(status, "Ready"), "status") === "True" &&
    at(status, "observedGeneration") === metadata.generation
  );
}

function conditionIn(status: unknown, type: string): unknown {
  return listAt(status, "conditions").find((each) => at(each, "type") === type);
}

/** A state without the object itself. */
function othersIn(state: unknown, { kind, name }: Ref): unknown {
  const others = listAt(state, "objects").filter(
    (each) => at(each, "object", "kind") !== kind || textAt(each, "object", "metadata", "name") !== name,
  );
  return [others, listAt(state, "keystone")];
}

/** Controllers that tell of every error in what has to be total. */
function watched(stageable: Stageable, tell: (message: string) => void): Stageable {
  const telling = <A extends unknown[], R>(what: string, call: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      try {
        return call(...args);
      } catch (error) {
        tell(`${what} threw: ${String(error)}`);
        throw error;
      }
    };
  };
  return (world, outside) =>
    stageable(world, outside).map((each): Controller => ({
      ...each,
      plan: telling(`${each.name}: plan`, (...args: Parameters<Controller["plan"]>) => each.plan(...args)),
      status: telling(`${each.name}: status`, (...args: Parameters<Controller["status"]>) => each.status(...args)),
    }));
}

/** Whether a sentence has both a map of the spec and the key in it. */
function namesEntry(message: string, path: string, field: string): boolean {
  if (!field.endsWith(".*")) return false;
  const map = field.slice(0, -2);
  return path.startsWith(`${map}.`) && message.includes(map) && message.includes(path.slice(map.length + 1));
}
