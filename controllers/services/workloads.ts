import type { Front, Process, Program, ServiceDefinition, Wsgi } from "./define.ts";

/** Whether a process answers by HTTP. */
export function isApi(process: Process): process is Process & { readonly run: Wsgi | Front } {
  return "port" in process.run;
}

/** Whether a process is a program that takes no requests by HTTP. */
export function isProgram(process: Process): process is Process & { readonly run: Program } {
  return "command" in process.run && !("port" in process.run);
}

/** The project whose image and programs a service runs. */
export function projectOf({ project, name }: Pick<ServiceDefinition, "project" | "name">): string {
  return project ?? name;
}

/** The name of what runs a process: a Deployment, or a StatefulSet for a program and where the process has a volume. */
export function workloadOf(service: ServiceDefinition, process: Process): string {
  return `${service.name}-${process.name}`;
}

/** The names of the workloads of services. */
export function workloadsOf(services: readonly ServiceDefinition[]): string[] {
  return services.flatMap((service) => service.processes.map((process) => workloadOf(service, process)));
}

/** Those of them that answer by HTTP. */
export function apiWorkloadsOf(services: readonly ServiceDefinition[]): string[] {
  return workloadsOf(services.map((service) => ({ ...service, processes: service.processes.filter(isApi) })));
}

/** Those of them that answer while they are replaced: a volume is of one pod, and its next one waits for it. */
export function rollingWorkloadsOf(services: readonly ServiceDefinition[]): string[] {
  const rolling = services.map((service) => ({
    ...service,
    processes: service.processes.filter((process) => isApi(process) && process.volume === undefined),
  }));
  return workloadsOf(rolling);
}

/** The port on which a service answers: that of its first process. */
export function portOf({ processes: [first] }: ServiceDefinition): number {
  return first !== undefined && isApi(first) ? first.run.port : 443;
}

/** The first process answers under the service's own name, any other under one with its name behind. */
export function serviceNameOf(service: ServiceDefinition, process: Process): string {
  return process === service.processes[0] ? service.name : workloadOf(service, process);
}

/** The volumes that services keep data on besides the databases. */
export function claimsOf(services: readonly ServiceDefinition[]): string[] {
  return services.flatMap((service) =>
    service.processes
      .filter(({ volume }) => volume !== undefined)
      .map((process) => `data-${workloadOf(service, process)}-0`),
  );
}
