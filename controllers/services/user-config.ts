import type { UserConfig, UserOption } from "../../crds/config.ts";
import type { SecretKeyRef } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { merged, type OsloConfig, type OsloValue } from "./oslo.ts";
import { wishesOf } from "./wishes.ts";

/** One option as a user sets it: the field that does, the names as oslo.config reads them, and the value. */
export interface Setting {
  readonly field: string;
  /** Whether it is set for this service alone. */
  readonly own: boolean;
  readonly section: string;
  readonly option: string;
  readonly value: UserOption;
}

/** Everything that a user sets for a service, the more specific later. */
export function settingsOf(service: ServiceDefinition, context: ServiceContext): Setting[] {
  const { name, below } = service;
  const { config } = wishesOf(service, context) ?? {};
  if (below === undefined) return [...cloudSettings(context), ...settingsIn(config, true, fieldOf(name))];
  const above = settingsOf(below.service, context).map((setting) => inherited(setting, below.kind));
  return [...above, ...settingsIn(config, true, "spec.config")];
}

function inherited(setting: Setting, kind: string): Setting {
  const { field } = setting;
  return { ...setting, own: false, field: field.startsWith("spec.") ? `the ${kind}'s ${field}` : field };
}

function fieldOf(service: string): string {
  return `spec.services.${service}.config`;
}

/** What a user sets for all services. */
export function cloudSettings({ spec }: ServiceContext): Setting[] {
  return settingsIn(spec.config, false, "spec.config");
}

function settingsIn(config: UserConfig | undefined, own: boolean, field: string): Setting[] {
  return sorted(config ?? {}).flatMap(([section, options]) =>
    sorted(options).map(([option, value]) => ({
      field: `${field}.${section}.${option}`,
      own,
      section: sectionAsRead(section),
      option: option.replaceAll("-", "_"),
      value,
    })),
  );
}

/** In the order of their names, whatever order they come in. */
function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Sections are the same in any case, but for the one that holds what has no other (oslo.config:oslo_config/cfg.py, _normalize_group_name). */
function sectionAsRead(section: string): string {
  return section.toUpperCase() === "DEFAULT" ? "DEFAULT" : section.toLowerCase();
}

/** Everything that a user sets for a service as it goes into the configuration file. */
export function userOptions(service: ServiceDefinition, context: ServiceContext): OsloConfig {
  return optionsOf(settingsOf(service, context));
}

/** Settings as a configuration: of the same option the last one counts, whole. */
export function optionsOf(settings: readonly Setting[]): OsloConfig {
  return merged(...settings.map(({ section, option, value }) => ({ [section]: { [option]: valueOf(value) } })));
}

function valueOf({ value, values, valueFrom }: UserOption): OsloValue {
  if (valueFrom !== undefined) return { parts: [keyOf(valueFrom)] };
  return values ?? value ?? "";
}

function keyOf({ secretKeyRef }: NonNullable<UserOption["valueFrom"]>): SecretKeyRef {
  return { secret: secretKeyRef.name, key: secretKeyRef.key };
}

/** A value of a Secret that the spec refers to, and the field that does. */
export interface Reference extends SecretKeyRef {
  readonly field: string;
}

/** Every Secret value that counts in a service's configuration; not those that a more specific setting stands in for. */
export function referencesOf(service: ServiceDefinition, context: ServiceContext): Reference[] {
  const last = new Map(
    settingsOf(service, context).map((setting) => [`${setting.section}.${setting.option}`, setting]),
  );
  return [...last.values()].flatMap(({ field, value: { valueFrom } }) =>
    valueFrom === undefined ? [] : [{ field, ...keyOf(valueFrom) }],
  );
}

/** The first Secret value that is not there, as a sentence that says what to do. */
export function missingReference(service: ServiceDefinition, context: ServiceContext): string | undefined {
  const missing = referencesOf(service, context).find((reference) => context.lacks(reference));
  if (missing === undefined) return undefined;
  const { field, secret, key } = missing;
  return `Secret ${secret} with key ${key}, which ${field} names, is missing; create it in the Cloud's namespace`;
}
