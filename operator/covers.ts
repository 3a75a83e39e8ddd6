import { canonical } from "./digest.ts";
import { isRecord } from "./object.ts";

/** The fields by which the API server merges the lists of built-in kinds; the first that all members have is the key. */
const listKeys = ["containerPort", "port", "mountPath", "topologyKey", "name", "ip", "type", "uid", "key"] as const;

/** Fields whose values, or whose members' values, are quantities: the server rewrites `1000m` as `1`. */
const quantityFields: ReadonlySet<string> = new Set(["requests", "limits", "capacity", "hard", "sizeLimit", "storage"]);

type Sense = "plain" | "quantity";

/**
 * Whether a live value already contains all that is wanted: maps field by field, lists of objects by their key, other lists
 * whole. What the server added (defaults, other managers' fields) does not count; what someone dropped does.
 */
export function covers(live: unknown, wanted: unknown): boolean {
  return coversAs("plain", live, wanted);
}

function coversAs(sense: Sense, live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) return Array.isArray(live) && coversList(live, wanted);
  if (isRecord(wanted)) return coversMap(sense, live, wanted);
  return live === wanted || (sense === "quantity" && sameQuantity(live, wanted));
}

function coversMap(sense: Sense, live: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  // The server drops empty maps (emptyDir: {} stays, an empty annotations map does not).
  if (live === undefined) return Object.keys(wanted).length === 0;
  if (!isRecord(live)) return false;
  return Object.entries(wanted).every(([field, value]) => coversField(sense, field, live[field], value));
}

/** Fields without a pointer in the API's types: the server drops them where they have their zero value. */
const zeroFields: ReadonlySet<string> = new Set([
  ...["hostNetwork", "hostPID", "hostIPC", "readOnly", "stdin", "stdinOnce", "tty"],
  ...["initialDelaySeconds", "minReadySeconds", "value"],
]);

function coversField(sense: Sense, field: string, live: unknown, wanted: unknown): boolean {
  if (live === undefined && Array.isArray(wanted)) return wanted.length === 0;
  if (live === undefined && zeroFields.has(field)) return wanted === false || wanted === 0 || wanted === "";
  return coversAs(quantityFields.has(field) ? "quantity" : sense, live, wanted);
}

function coversList(live: readonly unknown[], wanted: readonly unknown[]): boolean {
  const key = mergeKeyOf(wanted);
  if (key === undefined) {
    return live.length === wanted.length && wanted.every((value, index) => covers(live[index], value));
  }
  return wanted.every((value) => {
    const twin = live.find((candidate) => isRecord(candidate) && isRecord(value) && candidate[key] === value[key]);
    return twin !== undefined && covers(twin, value);
  });
}

/** The field by which the members of a wanted list are told apart; undefined where the list is one value. */
export function mergeKeyOf(wanted: readonly unknown[]): string | undefined {
  return listKeys.find((key) => {
    const values = wanted.map((member) => (isRecord(member) ? member[key] : undefined));
    return values.length > 0 && !values.includes(undefined) && new Set(values).size === values.length;
  });
}

const suffixes: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The size that a Kubernetes quantity stands for (`500m`, `1Gi`, `1e3`, 2); undefined where it is none. */
export function quantityOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(typeof value === "string" ? value : "");
  const factor = match === null ? undefined : suffixes[match[2] ?? ""];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `1000m` and `1` are one quantity; decimals leave a rounding error behind, which no real difference is as small as. */
function sameQuantity(live: unknown, wanted: unknown): boolean {
  const [a, b] = [quantityOf(live), quantityOf(wanted)];
  return a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

/** Whether two values say the same, whatever the order of their fields. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}
