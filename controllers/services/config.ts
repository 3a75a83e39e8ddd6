import { digest } from "../../operator/digest.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { databaseOptions, databaseSecretOf } from "./database.ts";
import type { Process, ServiceContext, ServiceDefinition } from "./define.ts";
import { identityOptions, identitySecrets, tokenOptions } from "./identity.ts";
import { iniParts, merged, type OsloConfig } from "./oslo.ts";
import { processFiles } from "./process-files.ts";
import { programOptions } from "./program.ts";
import { composedSecret, passwordSecret } from "./secret.ts";
import { attachmentOf, givenDatabaseAccount } from "./servers.ts";
import { brokerSecrets, messagingOptions } from "./traits/messaging.ts";
import { referencesOf, settingsOf, userOptions } from "./user-config.ts";
import { projectOf } from "./workloads.ts";

/** Every Secret of a service that is made once and then belongs to its data. */
export function generatedSecrets(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  return [
    ...(ownsAccount(service, context) ? [passwordSecret(databaseSecretOf(service.name))] : []),
    ...brokerSecrets(service),
    ...identitySecrets(service),
    ...service.passwords.map(passwordSecret),
    ...traitsOf(service, context).flatMap((trait) => trait.secrets),
  ];
}

/** Whether the service's database account is made by Nephos. */
function ownsAccount({ name, databases }: ServiceDefinition, context: ServiceContext): boolean {
  return databases.length > 0 && givenDatabaseAccount(name, context) === undefined;
}

/** What the service shares with others, for it. */
export function traitsOf(
  service: ServiceDefinition,
  { minute }: ServiceContext,
): ReturnType<ServiceDefinition["traits"][number]>[] {
  return service.traits.map((trait) => trait(service.name, minute));
}

/** The whole configuration of a process, and of Jobs that of the first: ours, then the traits', then the user's. */
export function configOf(
  service: ServiceDefinition,
  context: ServiceContext,
  process: Process | undefined = service.processes[0],
): OsloConfig {
  const messaging = service.messaging ? [messagingOptions(service, process?.name ?? "api", context)] : [];
  const common: OsloConfig = { DEFAULT: { use_stderr: true }, oslo_middleware: { enable_proxy_headers_parsing: true } };
  return merged(
    common,
    ...messaging,
    tokenOptions(service, context),
    service.config(context),
    process?.config?.(context) ?? {},
    userOptions(service, context),
    reservedConfig(service, context),
    process === undefined ? {} : programOptions(process),
  );
}

/** What is ours alone to set: where the data and the keys are, and who the service is. */
function reservedConfig(service: ServiceDefinition, context: ServiceContext): OsloConfig {
  const databases = service.databases.map(({ name, section }): OsloConfig => ({
    [section]: databaseOptions(service.name, name, context),
  }));
  return merged(
    ...databases,
    identityOptions(service, context),
    ...traitsOf(service, context).map((trait) => trait.config),
  );
}

/** The fields that set options which are ours to set. */
export function refusedOptions(service: ServiceDefinition, context: ServiceContext): string[] {
  const reservations = merged(reservedConfig(service, context), ...service.processes.map(programOptions));
  const ours = Object.entries(reservations).flatMap(([section, options]) =>
    Object.keys(options).map((option) => `${section}.${option}`),
  );
  const reserved = new Set([...ours, ...service.reserved, "DEFAULT.transport_url"].map((name) => name.toLowerCase()));
  return settingsOf(service, context)
    .filter(({ section, option }) => reserved.has(`${section}.${option}`.toLowerCase()))
    .map(({ field }) => field);
}

/** The name of the file below /etc/<project> that its programs read. */
export function configFileOf(service: ServiceDefinition): string {
  return service.configFile ?? `${projectOf(service)}.conf`;
}

type Known = Map<ServiceDefinition, Map<Process | undefined, SecretRecipe>>;

/** By context: pods, Jobs and the list of what there is ask for the same files, and to name one costs more than all else about it. */
const secrets = new WeakMap<ServiceContext, Known>();

/** The configuration file of a process, named by what is in it but for the values of its secrets: of those that others change by their versions. */
export function configSecret(
  service: ServiceDefinition,
  context: ServiceContext,
  process: Process | undefined = service.processes[0],
): SecretRecipe {
  const known: Known = secrets.get(context) ?? new Map();
  const ofService = known.get(service) ?? new Map<Process | undefined, SecretRecipe>();
  const secret = ofService.get(process) ?? secretOf(service, context, process);
  secrets.set(context, known.set(service, ofService.set(process, secret)));
  return secret;
}

function secretOf(service: ServiceDefinition, context: ServiceContext, process: Process | undefined): SecretRecipe {
  const beside = process === undefined ? [] : processFiles(process).map(({ name, text }) => [name, [text]]);
  const file = {
    [configFileOf(service)]: iniParts(configOf(service, context, process)),
    ...Object.fromEntries(beside),
  };
  const versions = referencesOf(service, context).map(({ secret }) => context.versionOf(secret));
  const outside = [attachmentOf(service, context) ?? [], versions.length === 0 ? [] : versions].filter(
    (each) => each.length > 0,
  );
  return composedSecret(`${service.name}-config-${digest(outside.length === 0 ? file : [file, ...outside], 8)}`, file);
}
