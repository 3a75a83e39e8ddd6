import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { knownOptions } from "./options/index.ts";
import type { KnownOptions } from "./options/table.ts";
import { cloudSettings, type Setting, settingsOf } from "./user-config.ts";
import { projectOf } from "./workloads.ts";

/**
 * What a user sets that a service of this release does not know, or does not know that way, each as a phrase that names the field. What
 * is set for all services has to be known to one of them. A service whose release was never asked knows everything.
 */
export function unknownOptions(services: readonly ServiceDefinition[], context: ServiceContext): string[] {
  const known = services.map((service) => knownOptions(projectOf(service), context.release));
  const everywhere = cloudSettings(context).flatMap((setting) => {
    const doubts = known.map((one) => doubtIn(one, setting));
    return doubts.includes(undefined) ? [] : (doubts[0] ?? []);
  });
  return [...everywhere, ...services.flatMap((service) => ownUnknownOptions(service, context))];
}

/** The same of what is set for one service alone. */
export function ownUnknownOptions(service: ServiceDefinition, context: ServiceContext): string[] {
  const known = knownOptions(projectOf(service), context.release);
  return settingsOf(service, context)
    .filter(({ own }) => own)
    .flatMap((setting) => doubtIn(known, setting) ?? []);
}

/** What is doubtful about one setting; undefined where it is known. */
function doubtIn(known: KnownOptions | undefined, { field, section, option, value }: Setting): string | undefined {
  if (known === undefined) return undefined;
  const found = known.options.find((each) => each.name === option && each.section === section);
  if (found === undefined) {
    const meant = nearest(known, section, option);
    return meant === undefined ? field : `${field} (did you mean ${meant}?)`;
  }
  return (value.values ?? []).length > 1 && !found.multiple
    ? `${field} (takes one value, the last of them counts)`
    : undefined;
}

/** More slips of the pen than this, and something else was meant. */
const slips = 3;

/** The option that was probably meant: one of the same name elsewhere, if there is just one, else the one that is written most alike. */
function nearest({ options }: KnownOptions, section: string, option: string): string | undefined {
  const current = options.filter(({ old }) => !old);
  const elsewhere = current.filter(({ name }) => name === option);
  if (elsewhere.length === 1) return elsewhere.map(nameOf)[0];
  const wanted = `${section}.${option}`;
  const alike = current
    .map(nameOf)
    .filter((name) => Math.abs(name.length - wanted.length) <= slips)
    .map((name) => ({ name, distance: distanceOf(name.toLowerCase(), wanted.toLowerCase()) }))
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance);
  return alike[0]?.name;
}

function nameOf({ section, name }: { readonly section: string; readonly name: string }): string {
  return `${section}.${name}`;
}

/** How many letters have to be added, taken out or exchanged to make one text of the other. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [column, counterpart] of Array.from(other).entries()) {
      const exchanged = (row[column] ?? 0) + (letter === counterpart ? 0 : 1);
      next.push(Math.min(exchanged, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
