import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolume } from "kubernetes-models/v1/Volume";
import { at, listAt, type Live, type Manifest, refOf, textAt } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { podsOf } from "../../operator/pods.ts";
import { conditionOf, done, type Verdict } from "../../operator/verdict.ts";
import type { ServiceContext } from "./define.ts";
import { job } from "./manifests.ts";
import { restrictedPod, uids } from "./pod.ts";
import { authoritiesOf, type Server } from "./servers.ts";
import { trust, trustFile } from "./tls.ts";

/** A Job that reaches a server which somebody else runs, and says in one line what is wrong where it cannot. */
export interface Probe {
  readonly service: string;
  readonly phase: string;
  /** What the Job is named by. */
  readonly inputs: unknown;
  readonly image: string;
  readonly server: Server;
  /** A Python program; it finds its task as JSON in its first argument. */
  readonly program: string;
  readonly task: Readonly<Record<string, unknown>>;
  /** Secrets that it finds as folders below `/run/secrets/nephos`. */
  readonly secrets: readonly string[];
  readonly context: ServiceContext;
}

const secretsFolder = "/run/secrets/nephos";

/** The Job of a probe. The task holds names of Secrets; their values are files. */
export function probeJob({ service, phase, inputs, image, server, program, task, secrets, context }: Probe): Manifest {
  const { hosts, port, authority } = server;
  const trusted = authoritiesOf([server]);
  const ours = authority?.path === trustFile ? [trust] : [];
  const where = `spec.${server.name}.external`;
  const whole = { hosts, port, ca: authority?.path ?? null, where, secrets: secretsFolder, ...task };
  const container: IContainer = {
    name: phase,
    image: context.image(image),
    args: ["python3", "-c", program, JSON.stringify(whole)],
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    volumeMounts: [
      ...secrets.map((name, index) => ({
        name: `secret-${index}`,
        mountPath: `${secretsFolder}/${name}`,
        readOnly: true,
      })),
      ...trusted.mounts,
      ...ours.map(({ mount }) => mount),
    ],
  };
  const volumes = secrets.map((secretName, index): IVolume => ({
    name: `secret-${index}`,
    secret: { secretName, defaultMode: 0o440 },
  }));
  const pod = restrictedPod({
    spec: context.spec,
    uid: uids.openstack,
    containers: [container],
    volumes: [...volumes, ...trusted.volumes, ...ours.map(({ volume }) => volume)],
  });
  return job(service, phase, inputs, pod);
}

/** What the last pod of a probe said, as a verdict: `Reason: what to do`. Done where it has said nothing, or was right in the end. */
export function named(probe: Manifest, { namespace }: ServiceContext): (seen: Snapshot) => Verdict {
  return (seen) => {
    const live = seen.get({ ...refOf(probe), namespace });
    if (live === undefined || conditionOf(live, "Complete") !== undefined) return done;
    const ended = podsOf(live, seen).flatMap((pod) => endOf(pod) ?? []);
    const last = ended.sort((one, other) => (one.at < other.at ? 1 : -1))[0];
    const [, reason, message] = /^([A-Z][A-Za-z]+): (.+)$/.exec(last?.words ?? "") ?? [];
    return reason === undefined || message === undefined ? done : { is: "blocked", reason, message };
  };
}

/** The last words of a pod's only container and when it said them. */
function endOf(pod: Live): { readonly at: string; readonly words: string } | undefined {
  const terminated = at(listAt(pod, "status", "containerStatuses")[0], "state", "terminated");
  const message = textAt(terminated, "message");
  if (message === undefined) return undefined;
  return { at: textAt(terminated, "finishedAt") ?? "", words: message.trim().split("\n").at(-1) ?? "" };
}
