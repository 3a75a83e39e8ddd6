import type { Manifest } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { configSecret, generatedSecrets } from "./config.ts";
import { databaseAccess, databaseWork } from "./database.ts";
import type { Process, ServiceContext, ServiceDefinition } from "./define.ts";
import { brokerAccess, brokerPhases, brokerSteps } from "./broker.ts";
import { fabricSteps } from "./fabric.ts";
import { commandJobs, setupJob, setupProcess } from "./jobs.ts";
import type { Pods } from "./pods.ts";
import { processObjects } from "./process.ts";
import { publicPort, publicServices } from "./public.ts";
import { registrationOf } from "./registration.ts";
import { attachmentOf } from "./servers.ts";
import { certificateFor, serverCertificate, serverSecretOf } from "./tls.ts";
import { isApi, serviceNameOf, workloadOf } from "./workloads.ts";

/** The steps that bring one service up and keep it up. */
export function renderService(service: ServiceDefinition, context: ServiceContext): Step[] {
  const pods = { service, context, config: configSecret(service, context) };
  return [...dataSteps(pods), ...serverSteps(pods)];
}

/** Secrets, configuration, databases and their schema, and what is set up once in them. */
function dataSteps(pods: Pods): Step[] {
  const { service, context } = pods;
  const at = (phase: string): string => `${service.name}/${phase}`;
  return [
    ...fabricSteps(service, context),
    { name: at("secrets"), after: [], objects: generatedSecrets(service, context) },
    configStep(service, context),
    {
      name: at("database"),
      after: [at("config"), "database/server"],
      ...databaseWork(service, context),
    },
    ...brokerSteps(service, context),
    {
      name: at("expand"),
      after: [at("database")],
      objects: commandJobs(pods, "expand", service.upgrade.before),
      ...(context.held === undefined ? {} : { held: context.held }),
    },
    {
      name: at("setup"),
      after: [at("expand"), ...brokerPhases(service)],
      objects: service.setup.map((setup) => setupJob(pods, setup)),
    },
  ];
}

/** What all programs of a service read, and what they prove themselves by. */
function configStep(service: ServiceDefinition, context: ServiceContext): Step {
  const at = (phase: string): string => `${service.name}/${phase}`;
  return {
    name: at("config"),
    after: [
      at("secrets"),
      "tls/trust",
      "database/secrets",
      ...(service.messaging ? ["messaging/secrets"] : []),
      ...(service.fabric === undefined ? [] : [at("fabric")]),
    ],
    objects: [
      ...configSecrets(service, context),
      serverCertificate(
        service.name,
        service.processes.filter(isApi).map((process) => serviceNameOf(service, process)),
        context,
      ),
      ...(service.certificates ?? []).map((name) => certificateFor(serverSecretOf(name), [name], context)),
      ...databaseAccess(service, context),
      ...brokerAccess(service, context),
    ],
  };
}

/** What runs processes, and what stays of them until they may be run anew. */
function runOf({ service, context }: Pods, processes: readonly Process[]): Pick<Step, "objects" | "meanwhile"> {
  const wanted = processes.map((process) => ({ process, objects: processObjects(service, context, process) }));
  return {
    objects: wanted.flatMap(({ objects }) => objects),
    meanwhile: wanted.flatMap(({ process, objects }) => asItRuns(service, context, process, objects)),
  };
}

/** The servers, the ways to them, their entry in Keystone, and what only they can read. */
function serverSteps(pods: Pods): Step[] {
  const { service, context } = pods;
  const at = (phase: string): string => `${service.name}/${phase}`;
  const infrastructure = ["database/server", "cache/server", ...(service.messaging ? ["messaging/server"] : [])];
  // In an upgrade, with all that they run; otherwise as soon as they can be found.
  const grounds = service.after.flatMap((name) => context.upgrade.rolled[name] ?? [`${name}/registration`]);
  const programs = service.processes.filter((process) => !isApi(process));
  return [
    {
      name: at("api"),
      after: [
        at("expand"),
        ...brokerPhases(service),
        ...infrastructure,
        ...(publicPort(service.name, context) !== undefined ? ["tls/public"] : []),
        ...context.upgrade.gates,
        ...grounds,
      ],
      ...runOf(pods, service.processes.filter(isApi)),
    },
    { name: at("public"), after: [], objects: publicServices(service, context) },
    { name: at("registration"), after: [at("api"), at("setup"), at("public")], ...registrationOf(service, context) },
    // They log in as the service's user before they do anything else, some of them.
    ...(programs.length === 0
      ? []
      : [{ name: at("workers"), after: [at("api"), at("registration")], ...runOf(pods, programs) }]),
    {
      name: at("contract"),
      after: [
        at("api"),
        at("registration"),
        ...(programs.length === 0 ? [] : [at("workers")]),
        ...Object.values(context.upgrade.rolled).flat(),
      ],
      objects: commandJobs(pods, "contract", service.upgrade.contract),
    },
  ];
}

/** A process that exists, with everything that is wanted of it but a release that it may not have yet. */
function asItRuns(
  service: ServiceDefinition,
  context: ServiceContext,
  process: Process,
  wanted: readonly Manifest[],
): readonly Manifest[] {
  const release = context.running(workloadOf(service, process));
  // Before the schema is there, and logging in was tried, pods stay where they are attached.
  const moving = context.attached(workloadOf(service, process)) !== attachmentOf(service, context);
  // Without a fabric nobody knows what its configuration is: the pods stay as they are.
  const lost = service.fabric !== undefined && context.network === undefined;
  if (release === undefined || moving || lost) return [];
  return release === context.release ? wanted : processObjects(service, { ...context, release }, process);
}

/** The configuration of each process for the wanted release, and for those that run until they may be left. */
function configSecrets(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  const all = [...service.processes, ...service.setup.flatMap((setup) => setupProcess(service, setup) ?? [])].flatMap(
    (process) => {
      const running = context.running(workloadOf(service, process)) ?? context.release;
      const both = new Set([context.release, running]);
      return [...both].map((release) =>
        configSecret(service, release === context.release ? context : { ...context, release }, process),
      );
    },
  );
  return [...new Map(all.map((secret) => [secret.metadata.name, secret])).values()];
}
