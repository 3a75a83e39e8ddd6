import { cloudSpec, type CloudSpec } from "../../crds/cloud.ts";
import { networkSpec } from "../../crds/network.ts";
import type { Live } from "../../operator/object.ts";
import type { Plan, Snapshot, Step } from "../../operator/plan.ts";
import { secretRef } from "../../operator/recipe.ts";
import type { Verdict } from "../../operator/verdict.ts";
import { networkKind, northbound, remoteIn, southbound } from "../network/fabric.ts";
import { contradiction, elderOf, unreadable } from "../refusal.ts";
import type { UpgradePath } from "../releases/index.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { refusedOptions } from "../services/config.ts";
import { renderService } from "../services/render.ts";
import { attachedTo, runningRelease, workloadRefs } from "../services/running.ts";
import { authoritySecret, certificatesOf } from "../services/tls.ts";
import { missingReference } from "../services/user-config.ts";
import { isApi } from "../services/workloads.ts";
import { workloadsOf } from "../services/workloads.ts";
import { mappedCells } from "../cell/cells.ts";
import { cachedFrom, cacheSteps, cacheWorkload } from "./cache.ts";
import { belongingsOf } from "./belongings.ts";
import { claimKind, incarnationOf } from "./claim.ts";
import { databaseClaim, databaseSteps } from "./database.ts";
import { brokerIncarnation, lackingIn, placeOf } from "./external.ts";
import { publicHostOf } from "./host.ts";
import { messagingClaim, messagingSteps } from "./messaging.ts";
import { heldByLoss, type Installed, installed, recordStep } from "./record.ts";
import { tlsSteps } from "./tls.ts";

/** The kind that this controller rolls out. */
export const cloudKind = { apiVersion: "nephos.dev/v1alpha1", kind: "Cloud" } as const;

/** Gives the reference of an image by its name and the cloud's own wishes. */
export type ImageResolver = (name: string, wishes: ServiceContext["spec"]["images"]) => string;

/** What the operator brings along: the services that it knows, where their images are, which releases it can lead where. */
export interface Means {
  readonly services: readonly ServiceDefinition[];
  readonly images: ImageResolver;
  readonly paths: readonly UpgradePath[];
}

/** What services are rendered from: the spec with its defaults, and what only the snapshot can tell. Throws for a spec that the schema refuses. */
export function contextOf(
  cloud: Live,
  seen: Snapshot,
  { services, images }: Means,
  standsOn: (secret: string) => void = () => undefined,
): ServiceContext {
  const spec = cloudSpec.parse(cloud["spec"]);
  const namespace = cloud.metadata.namespace ?? "";
  const data = installed(seen, namespace);
  const upgrading = data !== undefined && data.release !== spec.release;
  const recorded = data !== undefined && (data.next ?? data.release) === spec.release;
  const all = (phase: string): string[] => services.map(({ name }) => `${name}/${phase}`);
  return {
    namespace,
    cloud: cloud.metadata.name,
    release: spec.release,
    minute: seen.minute,
    running: (workload) => runningRelease(seen, namespace, workload),
    attached: (workload) => attachedTo(seen, namespace, workload),
    lacks: lackingIn(seen, namespace),
    upgrade: upgrading ? { gates: all("expand"), rolled: rolledOf(services) } : { gates: [], rolled: {} },
    ...(recorded ? {} : { held: { is: "waiting", on: "cloud/record" } }),
    region: spec.region,
    spec,
    network: networkIn(seen, namespace, cloud.metadata.name),
    publicHost: publicHostOf(spec, seen, namespace),
    ...secretsOf(seen, namespace, standsOn),
    incarnation: placeOf(spec) ?? incarnationOf(seen, namespace, databaseClaim),
    broker: brokerOf(spec, seen, namespace),
    cells: mappedCells(seen, namespace),
    image: (name) => images(name, spec.images),
  };
}

/** The Network of a Cloud: the one that its namespace has, if that is for it, can be read, and its databases have addresses. */
function networkIn(seen: Snapshot, namespace: string, cloud: string): ServiceContext["network"] {
  const live = seen.list(networkKind, { namespace }).find((each) => elderOf(each, seen) === undefined);
  const spec = networkSpec.safeParse(live?.["spec"]).data;
  const [north, south] = [northbound, southbound].map((database) => remoteIn(seen, namespace, database));
  if (live === undefined || spec?.cloud.name !== cloud || north === undefined || south === undefined) return undefined;
  return { name: live.metadata.name, spec, northbound: north, southbound: south };
}

/** For each service, the steps after which nothing of it is of another release any more. */
function rolledOf(services: readonly ServiceDefinition[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    services.map(({ name, processes }) => [
      name,
      [`${name}/registration`, ...(processes.every(isApi) ? [] : [`${name}/workers`])],
    ]),
  );
}

function brokerOf({ messaging: { external } }: CloudSpec, seen: Snapshot, namespace: string): string {
  return external === undefined ? incarnationOf(seen, namespace, messagingClaim) : brokerIncarnation(external);
}

/** What of a Secret decides about names and pods: its version, or the certificate in it; whoever asks stands on it. */
function secretsOf(
  seen: Snapshot,
  namespace: string,
  standsOn: (secret: string) => void,
): Pick<ServiceContext, "authority" | "versionOf" | "certificates"> {
  return {
    authority: seen.get(secretRef(namespace, authoritySecret))?.metadata.uid ?? "none",
    versionOf: (name) => {
      standsOn(name);
      return seen.get(secretRef(namespace, name))?.metadata.resourceVersion ?? "";
    },
    certificates: (workload, secrets) => {
      secrets.forEach(standsOn);
      return certificatesOf(seen, namespace, workload, secrets);
    },
  };
}

/** The steps from a Cloud's spec to a running control plane; one blocked step where the Cloud cannot be rolled out at all. */
export function planCloud(cloud: Live, seen: Snapshot, means: Means): Plan {
  const older = elderOf(cloud, seen);
  if (older !== undefined) return { steps: [refusal(older)] };
  const unread = cloudSpec.safeParse(cloud["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable("cloud/spec", unread)] };
  const secrets = new Set<string>();
  const context = contextOf(cloud, seen, means, (name) => void secrets.add(name));
  const refused = forbiddenRelease(installed(seen, context.namespace), context.release, means.paths);
  if (refused !== undefined) return { steps: [contradiction("cloud/release", "ReleaseChange", refused)] };
  const { services } = means;
  const belongings = belongingsOf(services, context, seen);
  const ofServices = services.flatMap((service) => withUserConfig(renderService(service, context), service, context));
  const steps = [
    ...tlsSteps(context),
    ...databaseSteps(context, services),
    ...messagingSteps(context, services),
    ...cacheSteps(context, cachedFrom(services, context, seen)),
    ...inPhases(ofServices),
    recordStep(
      context,
      belongings,
      seen,
      services.map(({ name }) => `${name}/contract`),
    ),
  ];
  // From which volume, which version of a Secret and which workloads there are follow names and pods: an old view would bring the old ones back.
  const { namespace } = context;
  const network = services.some(({ fabric }) => fabric) ? context.network : undefined;
  const basis = [
    ...(network === undefined ? [] : [{ ...networkKind, namespace, name: network.name }]),
    { ...claimKind, namespace, name: databaseClaim },
    ...[...secrets].sort().map((name) => secretRef(namespace, name)),
    ...[cacheWorkload, ...workloadsOf(services)].flatMap((name) => workloadRefs(seen, namespace, name)),
  ];
  return { steps: steps.map(heldByLoss(belongings, seen, context.namespace)), basis };
}

const schemaPhases: ReadonlySet<string> = new Set(["fabric", "secrets", "config", "database", "expand", "setup"]);

/** The schemas of all services come before the first of them rolls, and what only the new release can read comes last. */
function inPhases(steps: readonly Step[]): Step[] {
  return [...steps].sort((a, b) => turnOf(a) - turnOf(b));
}

function turnOf({ name }: Step): number {
  const phase = name.split("/")[1] ?? "";
  return schemaPhases.has(phase) ? 0 : phase === "contract" ? 2 : 1;
}

function refusal(older: Live): Step {
  const message = `Cloud ${older.metadata.name} is already in this namespace; put this one into a namespace of its own`;
  return contradiction("cloud/namespace", "NamespaceTaken", message);
}

/** Why the data that is there cannot be run by a release; undefined where it can. */
function forbiddenRelease(
  data: Installed | undefined,
  release: string,
  paths: readonly UpgradePath[],
): string | undefined {
  if (data === undefined || release === (data.next ?? data.release)) return undefined;
  if (data.next !== undefined)
    return `spec.release is ${release}, but the data in this namespace is on its way from ${data.release} to ${data.next}; set spec.release to ${data.next}`;
  return paths.some(({ from, to }) => from === data.release && to === release)
    ? undefined
    : `spec.release is ${release}, but the data in this namespace is of ${data.release}, and Nephos has no upgrade from there to ${release}; set spec.release to ${data.release}`;
}

/** Where the user's configuration cannot be written, none is, and what runs stays as it is. */
export function withUserConfig(steps: readonly Step[], service: ServiceDefinition, context: ServiceContext): Step[] {
  const held = configTrouble(service, context);
  if (held === undefined) return [...steps];
  return steps.map((step) => {
    if (step.name === `${service.name}/config`) return { ...step, held };
    return "meanwhile" in step ? { ...step, meanwhile: [] } : step;
  });
}

/** Why a user's options of a service cannot be written; undefined where they can. */
export function configTrouble(service: ServiceDefinition, context: ServiceContext): Verdict | undefined {
  const [field] = refusedOptions(service, context);
  if (field !== undefined) {
    const message = `${field} is an option that Nephos sets itself; remove it`;
    return { is: "blocked", reason: "ReservedOption", message, contradiction: true };
  }
  const missing = missingReference(service, context);
  return missing === undefined ? undefined : { is: "blocked", reason: "ReferenceMissing", message: missing };
}
