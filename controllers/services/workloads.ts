import type { Process, ServiceDefinition } from "./define.ts";

/** The name of what runs a process: a Deployment, or a StatefulSet where the process has a volume. */
export function workloadOf(service: ServiceDefinition, process: Process): string {
  return `${service.name}-${process.name}`;
}

/** The names of the workloads that answer for services. */
export function workloadsOf(services: readonly ServiceDefinition[]): string[] {
  return services.flatMap((service) => service.processes.map((process) => workloadOf(service, process)));
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
