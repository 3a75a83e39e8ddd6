/** Pods that the next operator build replaces although nobody changed a spec, and why that is worth it. */
export interface Restart {
  /** As `Deployment keystone-api`; a Job that would run again under another name counts too. */
  readonly workload: string;
  readonly why: string;
}

/** What differs from the last published build; a release note for whoever updates the operator. Emptied with each publication. */
export const restarts: readonly Restart[] = [
  "Deployment keystone-api",
  "Deployment memcached-server",
  "StatefulSet mariadb",
  "StatefulSet rabbitmq",
].map((workload) => ({ workload, why: "every connection is by TLS" }));
