import { glanceOptions } from "./glance.ts";
import { keystoneOptions } from "./keystone.ts";
import { neutronOptions } from "./neutron.ts";
import { novaOptions } from "./nova.ts";
import { placementOptions } from "./placement.ts";
import { type KnownOptions, type OptionTable, parsedTable } from "./table.ts";

/** The options that each service knows, by release. */
export const optionTables: Readonly<Record<string, OptionTable>> = {
  keystone: parsedTable(keystoneOptions),
  placement: parsedTable(placementOptions),
  glance: parsedTable(glanceOptions),
  nova: parsedTable(novaOptions),
  neutron: parsedTable(neutronOptions),
};

/** What a service knows in a release; undefined where nobody asked it yet. */
export function knownOptions(service: string, release: string): KnownOptions | undefined {
  return Object.entries(optionTables)
    .find(([name]) => name === service)?.[1]
    .get(release);
}
