import { isRecord, type Live, mapAt, textAt } from "../../../operator/object.ts";

/** A text that must not leave the cluster, and where it stands. */
export interface Sensitive {
  readonly value: string;
  /** `Secret mariadb-root/password`. */
  readonly origin: string;
}

/** Keys of Secrets whose values are told to everybody anyway. */
const publicKeys: ReadonlySet<string> = new Set(["username", "user", "ca.crt", "tls.crt"]);

/** Shorter ones would blacken half of a text and protect nothing. */
const shortest = 4;
/** From here on a value counts wherever it stands; a shorter one only as a word of its own. */
const anywhere = 8;

/** Everything in a Secret that must not leave the cluster: its values, and what stands in values of several lines. */
export function sensitiveIn(secret: Live): Sensitive[] {
  return Object.entries(mapAt(secret, "data")).flatMap(([key, encoded]) => {
    if (publicKeys.has(key) || typeof encoded !== "string") return [];
    const value = Buffer.from(encoded, "base64").toString("utf8");
    const origin = `Secret ${secret.metadata.name}/${key}`;
    return [value, ...partsOf(value)].map((part) => ({ value: part, origin }));
  });
}

const assignment = /[\w.-]*(?:pass|secret|token)[\w.-]*["']?\s*[=:]\s*["']?([^\s"',;]+)/gi;
const passwordInUrl = /:\/\/[^\s:/@]*:([^\s/@]+)@/g;

/** Lines of a key, passwords in URLs, and what is assigned to a name that sounds secret. */
function partsOf(text: string): string[] {
  const lines = text.includes("-----BEGIN")
    ? text.split("\n").filter((line) => /^[A-Za-z0-9+/=]{16,}$/.test(line))
    : [];
  const captured = [passwordInUrl, assignment].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, value = ""]) => value),
  );
  return [...lines, ...captured.filter((value) => value.length >= anywhere)];
}

const secretName = /(?:passw(?:or)?d|passphrase|secret|token|private_?key|access_?key|credential|authorization)$/i;
const gone = "<redacted>";

/** An object without what stands below a name that sounds secret: `password: …`, `password: {value: …}`, or the variable `DB_PASSWORD`. */
export function censored(value: unknown, below = ""): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => censored(each));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const told = toldIn(value, below, field, inner);
      if (told.length === 0) return [field, censored(inner, field)];
      return [field, Array.isArray(inner) ? told.map(() => gone) : gone];
    }),
  );
}

/** The values that `censored` takes out of an object: they may stand in logs as well. */
export function sensitiveFields(value: unknown, origin: string, below = ""): Sensitive[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => sensitiveFields(each, origin));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const told = toldIn(value, below, field, inner);
    return told.length === 0 ? sensitiveFields(inner, origin, field) : told.map((each) => ({ value: each, origin }));
  });
}

const valueFields: ReadonlySet<string> = new Set(["value", "values"]);

/** What a field tells that its own name, or that of the variable or option whose value it is, says is secret. */
function toldIn(owner: Readonly<Record<string, unknown>>, below: string, field: string, inner: unknown): string[] {
  const named = secretName.test(field) && !Array.isArray(inner);
  const valued = valueFields.has(field) && secretName.test(textAt(owner, "name") ?? below);
  if (!named && !valued) return [];
  const members: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
  return members.flatMap((each) =>
    typeof each === "string" || (valued && typeof each === "number") ? [String(each)] : [],
  );
}

/** What looks like a secret whatever it is: pattern, and what stands in its place. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/[^\s:/@]*:)[^\s/@]+@/g, `$1${gone}@`],
  [/gAAAA[\w-]{20,}={0,2}/g, gone],
  [
    /((?:x-(?:auth|subject|service)-token|authorization)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',]+/gi,
    `$1${gone}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, gone],
  [/([\w.-]*passw(?:or)?d["']?\s*[=:]\s*["']?)(?![\w.]+\()[^\s"',;<]+/gi, `$1${gone}`],
];

/** Takes out of texts what is known to be secret, as it is and as it is written in URLs, JSON and base64, and what looks secret. */
export function redactor(sensitive: readonly Sensitive[]): (text: string) => string {
  const origins = new Map<string, string>();
  for (const { value, origin } of sensitive) {
    for (const form of formsOf(value)) if (form.length >= shortest && !origins.has(form)) origins.set(form, origin);
  }
  const known = [...origins.keys()].sort((a, b) => b.length - a.length);
  const alternatives = known.map((form) =>
    form.length >= anywhere ? RegExp.escape(form) : `(?<!\\w)${RegExp.escape(form)}(?!\\w)`,
  );
  const all = alternatives.length === 0 ? undefined : new RegExp(alternatives.join("|"), "g");
  return (text) => {
    const without = all === undefined ? text : text.replace(all, (found) => `<redacted: ${origins.get(found) ?? ""}>`);
    return patterns.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), without);
  };
}

function formsOf(value: string): string[] {
  const whole = value.trim();
  return [
    value,
    whole,
    encodeURIComponent(whole.toWellFormed()),
    JSON.stringify(whole).slice(1, -1),
    Buffer.from(value).toString("base64"),
    Buffer.from(value).toString("base64url"),
  ];
}
