import { cloudSpec } from "../../crds/cloud.ts";
import type { Live } from "../../operator/object.ts";
import type { Plan, Snapshot, Step } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "../services/define.ts";
import { generatedSecrets, refusedOptions, renderService } from "../services/render.ts";
import { cacheSteps } from "./cache.ts";
import { incarnationOf } from "./claim.ts";
import { databaseClaim, databaseSecrets, databaseSteps } from "./database.ts";
import { publicHostOf } from "./host.ts";
import { messagingClaim, messagingSecrets, messagingSteps } from "./messaging.ts";
import { type Belonging, heldByLoss, installedRelease, recordStep } from "./record.ts";

/** The kind that this controller rolls out. */
export const cloudKind = { apiVersion: "nephos.dev/v1alpha1", kind: "Cloud" } as const;

/** Gives the reference of an image by its name and the cloud's own wishes. */
export type ImageResolver = (name: string, wishes: ServiceContext["spec"]["images"]) => string;

/** What services are rendered from: the spec with its defaults, and what only the snapshot can tell. Throws for a spec that the schema refuses. */
export function contextOf(cloud: Live, seen: Snapshot, resolve: ImageResolver): ServiceContext {
  const spec = cloudSpec.parse(cloud["spec"]);
  const namespace = cloud.metadata.namespace ?? "";
  return {
    namespace,
    cloud: cloud.metadata.name,
    release: spec.release,
    region: spec.region,
    spec,
    publicHost: publicHostOf(spec, seen, namespace),
    incarnation: incarnationOf(seen, namespace, databaseClaim),
    image: (name) => resolve(name, spec.images),
  };
}

/** The steps from a Cloud's spec to a running control plane; one blocked step where the Cloud cannot be rolled out at all. */
export function planCloud(
  cloud: Live,
  seen: Snapshot,
  services: readonly ServiceDefinition[],
  resolve: ImageResolver,
): Plan {
  const older = olderCloud(cloud, seen);
  if (older !== undefined) return { steps: [refusal(older)] };
  const unread = cloudSpec.safeParse(cloud["spec"]).error?.issues[0];
  if (unread !== undefined) return { steps: [unreadable(unread.path, unread.message)] };
  const context = contextOf(cloud, seen, resolve);
  const installed = installedRelease(seen, context.namespace);
  if (installed !== undefined && installed !== context.release) return { steps: [otherRelease(installed, context)] };
  const belongings: Belonging[] = [
    { secrets: databaseSecrets, claim: databaseClaim },
    { secrets: messagingSecrets, claim: messagingClaim },
    ...services.map((service) => ({ secrets: generatedSecrets(service), claim: databaseClaim })),
  ];
  const steps = [
    recordStep(context, belongings, seen),
    ...databaseSteps(context),
    ...messagingSteps(context),
    ...cacheSteps(context),
    ...services.flatMap((service) => withRefusedOptions(renderService(service, context), service, context)),
  ];
  return { steps: steps.map(heldByLoss(belongings, seen, context.namespace)) };
}

/** The cloud that was here first: a namespace has room for one. */
export function olderCloud(cloud: Live, seen: Snapshot): Live | undefined {
  const { namespace, uid } = cloud.metadata;
  const [first] = [...seen.list(cloudKind, { namespace })].sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
  return first === undefined || first.metadata.uid === uid ? undefined : first;
}

function ageKey({ metadata }: Live): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

function refusal(older: Live): Step {
  const message = `Cloud ${older.metadata.name} is already in this namespace; put this one into a namespace of its own`;
  return contradiction("cloud/namespace", "NamespaceTaken", message);
}

function otherRelease(installed: string, { release }: ServiceContext): Step {
  const message = `spec.release is ${release}, but the data in this namespace is of ${installed}; set spec.release to ${installed}`;
  return contradiction("cloud/release", "ReleaseChange", message);
}

/** Only what was stored under another version of the schema comes here. */
function unreadable(path: readonly PropertyKey[], message: string): Step {
  return contradiction("cloud/spec", "InvalidSpec", `${["spec", ...path].map(String).join(".")}: ${message}`);
}

/** A step that cannot be done as long as the spec is as it is. */
function contradiction(name: string, reason: string, message: string): Step {
  return { name, after: [], objects: [], held: { is: "blocked", reason, message, contradiction: true } };
}

function withRefusedOptions(steps: readonly Step[], service: ServiceDefinition, context: ServiceContext): Step[] {
  const [option] = refusedOptions(service, context);
  if (option === undefined) return [...steps];
  const message = `spec.services.${service.name}.config sets ${option}, which Nephos sets itself; remove it`;
  return steps.map((step) =>
    step.name === `${service.name}/config`
      ? { ...step, held: { is: "blocked", reason: "ReservedOption", message, contradiction: true } }
      : step,
  );
}
