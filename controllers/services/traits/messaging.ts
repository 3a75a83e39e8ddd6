import type { Part } from "../../../operator/recipe.ts";
import type { ServiceContext } from "../define.ts";
import type { OsloConfig } from "../oslo.ts";
import { passwordOf } from "../secret.ts";
import { addressOf, givenMessagingAccount, messagingServer } from "../servers.ts";

/** The Secret with the password of the account that Nephos makes on the broker. */
export const messagingSecret = "rabbitmq";

/** The account on the broker that Nephos makes, told from those of other clouds by the virtual host; the name goes without saying where it is given. */
export function messagingAccountOf({ spec: { messaging } }: ServiceContext): string {
  const virtualHost = messaging.external?.virtualHost ?? "/";
  return virtualHost === "/" ? "nephos" : virtualHost;
}

/** Where services find the broker, as whom: the only place that puts a transport URL together. */
export function transportUrl(context: ServiceContext): Part[] {
  const { hosts, port } = messagingServer(context);
  const given = givenMessagingAccount(context);
  const account: Part[] =
    given === undefined
      ? [`${messagingAccountOf(context)}:`, passwordOf(messagingSecret)]
      : [{ secret: given, key: "username", as: "url" }, ":", { secret: given, key: "password", as: "url" }];
  const virtualHost = context.spec.messaging.external?.virtualHost ?? "/";
  const members = hosts.flatMap((host, index): Part[] => [
    index === 0 ? "" : ",",
    ...account,
    `@${addressOf(host, port)}`,
  ]);
  return ["rabbit://", ...members, virtualHost === "/" ? "/" : `/${virtualHost}`].filter((part) => part !== "");
}

/**
 * The shared messaging options: quorum queues everywhere, since their type cannot be changed later and RabbitMQ 4 has no
 * mirrored ones (oslo.messaging:oslo_messaging/_drivers/impl_rabbit.py, doc/source/admin/rabbit.rst). Every process
 * needs a name of its own, by which its queues are called: else uWSGI applications are all `uwsgi` to the queue manager.
 */
export function messagingOptions(service: string, processName: string, context: ServiceContext): OsloConfig {
  const { authority } = messagingServer(context);
  return {
    DEFAULT: { transport_url: { parts: transportUrl(context) } },
    // The queue manager counts under a lock between processes (oslo.messaging:oslo_messaging/_drivers/amqpdriver.py, QManager).
    oslo_concurrency: { lock_path: "/tmp/locks" },
    oslo_messaging_notifications: { driver: "noop" },
    oslo_messaging_rabbit: {
      processname: `${service}-${processName}`,
      rabbit_qos_prefetch_count: 10,
      rabbit_quorum_queue: true,
      rabbit_stream_fanout: true,
      rabbit_transient_quorum_queue: true,
      use_queue_manager: true,
      ...(authority === undefined ? {} : { ssl: true, ssl_ca_file: authority.path }),
    },
  };
}
