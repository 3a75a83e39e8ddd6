import type { Part, SecretRecipe } from "../../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "../define.ts";
import type { OsloConfig } from "../oslo.ts";
import { passwordOf, passwordSecret } from "../secret.ts";
import { addressOf, givenMessagingAccount, messagingServer } from "../servers.ts";

/** The Secret with the password of the account that Nephos makes on the broker. */
export const messagingSecret = "rabbitmq";

/** The port of the management API of a broker that Nephos runs. */
export const managementPort = 15671;

/** The account on the broker that Nephos makes, told from those of other clouds by the virtual host; the name goes without saying where it is given. */
export function messagingAccountOf({ spec: { messaging } }: ServiceContext): string {
  const virtualHost = messaging.external?.virtualHost ?? "/";
  return virtualHost === "/" ? "nephos" : virtualHost;
}

type Talking = Pick<ServiceDefinition, "name" | "messaging">;

/** The account of a service that has a virtual host of its own: both are called alike. The Secret has the password. */
export function ownBroker(
  { name, messaging }: Talking,
  { spec }: ServiceContext,
): { readonly name: string; readonly secret: string } | undefined {
  if (typeof messaging === "boolean") return undefined;
  const clouds = spec.messaging.external?.virtualHost ?? "/";
  const own = clouds === "/" ? messaging.virtualHost : `${clouds}-${messaging.virtualHost}`;
  return { name: own, secret: `${name}-messaging` };
}

/** The generated password of a service's own account on the broker. */
export function brokerSecrets({ name, messaging }: Talking): SecretRecipe[] {
  return typeof messaging === "boolean" ? [] : [passwordSecret(`${name}-messaging`)];
}

/** Where services find the broker, as whom: the only place that puts a transport URL together. */
export function transportUrl(service: Talking, context: ServiceContext): Part[] {
  const { hosts, port } = messagingServer(context);
  const { account, virtualHost } = accessOf(service, context);
  const members = hosts.flatMap((host, index): Part[] => [
    index === 0 ? "" : ",",
    ...account,
    `@${addressOf(host, port)}`,
  ]);
  return ["rabbit://", ...members, virtualHost === "/" ? "/" : `/${virtualHost}`].filter((part) => part !== "");
}

function accessOf(
  service: Talking,
  context: ServiceContext,
): { readonly account: Part[]; readonly virtualHost: string } {
  const own = ownBroker(service, context);
  if (own !== undefined) return { account: [`${own.name}:`, passwordOf(own.secret)], virtualHost: own.name };
  const given = givenMessagingAccount(context);
  const account: Part[] =
    given === undefined
      ? [`${messagingAccountOf(context)}:`, passwordOf(messagingSecret)]
      : [{ secret: given, key: "username", as: "url" }, ":", { secret: given, key: "password", as: "url" }];
  return { account, virtualHost: context.spec.messaging.external?.virtualHost ?? "/" };
}

/**
 * The shared messaging options: quorum queues everywhere, since their type cannot be changed later and RabbitMQ 4 has no
 * mirrored ones (oslo.messaging:oslo_messaging/_drivers/impl_rabbit.py, doc/source/admin/rabbit.rst). Every process
 * needs a name of its own, by which its queues are called: else uWSGI applications are all `uwsgi` to the queue manager.
 */
export function messagingOptions(service: Talking, processName: string, context: ServiceContext): OsloConfig {
  const { authority } = messagingServer(context);
  return {
    DEFAULT: { transport_url: { parts: transportUrl(service, context) } },
    // The queue manager counts under a lock between processes (oslo.messaging:oslo_messaging/_drivers/amqpdriver.py, QManager).
    oslo_concurrency: { lock_path: "/tmp/locks" },
    oslo_messaging_notifications: { driver: "noop" },
    oslo_messaging_rabbit: {
      processname: `${service.name}-${processName}`,
      rabbit_qos_prefetch_count: 10,
      rabbit_quorum_queue: true,
      rabbit_stream_fanout: true,
      rabbit_transient_quorum_queue: true,
      use_queue_manager: true,
      ...(authority === undefined ? {} : { ssl: true, ssl_ca_file: authority.path }),
    },
  };
}
