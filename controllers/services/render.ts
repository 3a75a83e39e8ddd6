import type { Manifest } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import { configSecret, generatedSecrets } from "./config.ts";
import { databaseAccess, databaseWork } from "./database.ts";
import type { Process, ServiceContext, ServiceDefinition } from "./define.ts";
import { brokerAccess, brokerPhases, brokerSteps } from "./broker.ts";
import { commandJobs, setupJob, setupProcess } from "./jobs.ts";
import type { Pods } from "./pods.ts";
import { processObjects } from "./process.ts";
import { publicPort, publicServices } from "./public.ts";
import { registrationOf } from "./registration.ts";
import { attachmentOf } from "./servers.ts";
import { serverCertificate } from "./tls.ts";
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
    { name: at("secrets"), after: [], objects: generatedSecrets(service, context) },
    {
      name: at("config"),
      after: [at("secrets"), "tls/trust", "database/secrets", ...(service.messaging ? ["messaging/secrets"] : [])],
      objects: [
        ...configSecrets(service, context),
        serverCertificate(
          service.name,
          service.processes.filter(isApi).map((process) => serviceNameOf(service, process)),
          context,
        ),
        ...databaseAccess(service, context),
        ...brokerAccess(service, context),
      ],
    },
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

/** The servers, the ways to them, their entry in Keystone, and what only they can read. */
function serverSteps(pods: Pods): Step[] {
  const { service, context } = pods;
  const at = (phase: string): string => `${service.name}/${phase}`;
  const infrastructure = ["database/server", "cache/server", ...(service.messaging ? ["messaging/server"] : [])];
  const registered = service.after.map((name) => `${name}/registration`);
  return [
    {
      name: at("api"),
      after: [
        at("expand"),
        ...brokerPhases(service),
        ...infrastructure,
        ...(publicPort(service.name, context) !== undefined ? ["tls/public"] : []),
        ...context.upgrade.gates,
        ...registered,
      ],
      objects: service.processes.flatMap((process) => processObjects(service, context, process)),
      meanwhile: service.processes.flatMap((process) => asItRuns(service, context, process)),
    },
    { name: at("public"), after: [], objects: publicServices(service, context) },
    { name: at("registration"), after: [at("api"), at("setup"), at("public")], ...registrationOf(service, context) },
    {
      name: at("contract"),
      after: [at("api"), at("registration"), ...context.upgrade.rolled],
      objects: commandJobs(pods, "contract", service.upgrade.contract),
    },
  ];
}

/** A process that exists, with everything that is wanted of it but a release that it may not have yet. */
function asItRuns(service: ServiceDefinition, context: ServiceContext, process: Process): Manifest[] {
  const release = context.running(workloadOf(service, process));
  // Before the schema is there, and logging in was tried, pods stay where they are attached.
  const moving = context.attached(workloadOf(service, process)) !== attachmentOf(service, context);
  if (release === undefined || moving) return [];
  return processObjects(service, { ...context, release }, process);
}

/** The configuration of each process for the wanted release, and for those that run until they may be left. */
function configSecrets(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  const all = [...service.processes, ...service.setup.flatMap((setup) => setupProcess(service, setup) ?? [])].flatMap(
    (process) => {
      const running = context.running(workloadOf(service, process)) ?? context.release;
      return [context.release, running].map((release) => configSecret(service, { ...context, release }, process));
    },
  );
  return [...new Map(all.map((secret) => [secret.metadata.name, secret])).values()];
}
