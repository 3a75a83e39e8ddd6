import type { Step } from "../../operator/plan.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { named, probeJob } from "./probe.ts";
import { messagingProgram } from "./probe-programs.ts";
import { composedSecret, passwordOf } from "./secret.ts";
import { messagingServer } from "./servers.ts";
import { managementPort, messagingAccountOf, messagingSecret, ownBroker } from "./traits/messaging.ts";
import { projectOf } from "./workloads.ts";

/** Who makes virtual hosts and accounts: a Secret with the keys username and password, and the port of the management API. */
interface Administrator {
  readonly secret: string;
  readonly port: number;
}

function administratorOf({ name }: ServiceDefinition, { spec }: ServiceContext): Administrator | undefined {
  const { external } = spec.messaging;
  if (external === undefined) return { secret: `${name}-messaging-access`, port: managementPort };
  const { administrator } = external.access;
  return administrator === undefined ? undefined : { secret: administrator.credentials.name, port: administrator.port };
}

/** What the Job that makes a service's virtual host logs in with, where the broker is ours. */
export function brokerAccess(service: ServiceDefinition, context: ServiceContext): SecretRecipe[] {
  const own = ownBroker(service, context);
  if (own === undefined || context.spec.messaging.external !== undefined) return [];
  const login = { username: [messagingAccountOf(context)], password: [passwordOf(messagingSecret)] };
  return [composedSecret(`${service.name}-messaging-access`, login)];
}

/** The step that makes a service's own virtual host, where it has one. */
export function brokerPhases({ name, messaging }: ServiceDefinition): string[] {
  return typeof messaging === "boolean" ? [] : [`${name}/broker`];
}

/** Makes the virtual host that is a service's own, its account, and lets the account of the cloud in. */
export function brokerSteps(service: ServiceDefinition, context: ServiceContext): Step[] {
  const own = ownBroker(service, context);
  if (own === undefined) return [];
  const step = { name: `${service.name}/broker`, after: [`${service.name}/config`, "messaging/server"] };
  const administrator = administratorOf(service, context);
  if (administrator === undefined) return [{ ...step, objects: [], held: noAdministrator(own.name) }];
  const others = [messagingAccountOf(context)];
  const probe = probeJob({
    service: service.name,
    phase: "broker",
    inputs: ["broker", own.name, others, context.broker],
    image: `${projectOf(service)}:${context.release}`,
    server: messagingServer(context),
    program: messagingProgram,
    task: { virtualHost: own.name, account: own, others, administrator },
    secrets: [own.secret, administrator.secret],
    context,
  });
  const ours = context.spec.messaging.external === undefined;
  return [{ ...step, objects: [probe], ...(ours ? {} : { verdict: named(probe, context) }) }];
}

function noAdministrator(virtualHost: string): NonNullable<Step["held"]> {
  const message = `virtual host ${virtualHost} has to be made, and the Cloud's spec.messaging.external.access has one account only; give it an administrator`;
  return { is: "blocked", reason: "NotAllowed", message };
}
