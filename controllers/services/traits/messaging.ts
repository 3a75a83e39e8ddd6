import { type OsloConfig, secretText } from "../oslo.ts";
import { passwordOf } from "../secret.ts";
import { trustFile } from "../tls.ts";

/**
 * The shared messaging options: quorum queues everywhere, since their type cannot be changed later and RabbitMQ 4 has no
 * mirrored ones (oslo.messaging:oslo_messaging/_drivers/impl_rabbit.py, doc/source/admin/rabbit.rst). Every uWSGI application
 * needs a process name of its own, else all are `uwsgi` to the queue manager.
 */
export function messagingOptions(service: string, processName: string): OsloConfig {
  return {
    DEFAULT: { transport_url: secretText`rabbit://nephos:${passwordOf("rabbitmq")}@rabbitmq:5671/` },
    oslo_messaging_notifications: { driver: "noop" },
    oslo_messaging_rabbit: {
      processname: `${service}-${processName}`,
      rabbit_qos_prefetch_count: 10,
      rabbit_quorum_queue: true,
      rabbit_stream_fanout: true,
      rabbit_transient_quorum_queue: true,
      ssl: true,
      ssl_ca_file: trustFile,
      use_queue_manager: true,
    },
  };
}
