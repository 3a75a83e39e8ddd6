import type { CloudSpec } from "../../crds/cloud.ts";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IVolume } from "kubernetes-models/v1/Volume";
import type { IProbe } from "kubernetes-models/v1/Probe";

/** The fixed users of our images (images/README.md). */
export const uids = { openstack: 42400, mysql: 42401, rabbitmq: 42402, memcached: 42403, ovn: 42404 } as const;

/** What pods differ in: the cloud's wishes, the user id they run as, what runs and is mounted, seconds from SIGTERM to SIGKILL (default 30). */
export interface PodOptions {
  readonly spec: CloudSpec;
  readonly uid: number;
  readonly containers: readonly IContainer[];
  readonly initContainers?: readonly IContainer[];
  readonly volumes?: readonly IVolume[];
  readonly graceInSeconds?: number;
}

/** A pod that the `restricted` pod security level admits, placed as the cloud's spec says. */
export function restrictedPod(options: PodOptions): IPodSpec {
  const { spec, uid, containers, initContainers, volumes = [], graceInSeconds = 30 } = options;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceInSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: uid,
      fsGroup: uid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(confined) }),
    containers: containers.map(confined),
    volumes: [{ name: "tmp", emptyDir: {} }, ...volumes],
    ...placementOf(spec),
  };
}

/** Where the cloud's pods may run, and with what they pull their images. */
function placementOf({ placement, images }: CloudSpec): Partial<IPodSpec> {
  const { nodeSelector, tolerations, priorityClassName } = placement ?? {};
  const pullSecrets = images?.pullSecrets ?? [];
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations: tolerations.map((each) => ({ ...each })) }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map(({ name }) => ({ name })) }),
  };
}

function confined(container: IContainer): IContainer {
  return {
    imagePullPolicy: "IfNotPresent",
    ...container,
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...(container.volumeMounts ?? [])],
  };
}

/** Probes of a server: it may take two minutes to start, is looked at every second until then and every few seconds after. */
export function serverProbes(
  check: Pick<IProbe, "exec" | "httpGet" | "tcpSocket">,
): Pick<IContainer, "startupProbe" | "readinessProbe"> {
  return {
    startupProbe: { ...check, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 120 },
    readinessProbe: { ...check, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  };
}

/** Labels by which the pods of one component are selected. */
export function componentLabels(service: string, component: string): Record<string, string> {
  return { "app.kubernetes.io/name": service, "app.kubernetes.io/component": component };
}
