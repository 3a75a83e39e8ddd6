/** Where a program's pod has it. */
export const rpcPingPath = "/etc/nephos/rpc-ping.py";

/**
 * Asks the RPC server of its own pod for `oslo_rpc_server_ping` (oslo.messaging:oslo_messaging/rpc/dispatcher.py, PingEndpoint) and waits for the
 * answer. It speaks AMQP itself: the queue for the answer is exclusive, with a name that the broker gives, so that nothing is left there when the
 * connection ends, however it does; and what is asked expires with whoever asked it. It prints one line, and no value of the configuration.
 */
export const rpcPing = `import configparser, json, socket, ssl, sys, time, uuid
from urllib.parse import unquote

import amqp

file, topic, broker_away = sys.argv[1:]
patience = 5
config = configparser.ConfigParser(strict=False, interpolation=None)
config.read(file)
queue = topic + "." + config.defaults().get("host", socket.gethostname())


def servers():
    "Hosts with their accounts, and the virtual host that they share."
    members, _, path = config.defaults()["transport_url"].removeprefix("rabbit://").partition("/")
    for member in members.split(","):
        account, _, host = member.rpartition("@")
        user, _, password = account.partition(":")
        yield {"host": host, "userid": unquote(user), "password": unquote(password), "virtual_host": unquote(path) or "/"}


def connected():
    "A connection to the first broker that takes one; none where no broker does."
    ca = config.get("oslo_messaging_rabbit", "ssl_ca_file", fallback=None)
    options = {"ca_certs": ca, "cert_reqs": ssl.CERT_REQUIRED} if ca else False
    for server in servers():
        try:
            connection = amqp.Connection(**server, ssl=options, connect_timeout=patience, read_timeout=patience)
            connection.connect()
            return connection
        except (OSError, amqp.AMQPError):
            pass


def answered(connection):
    channel = connection.channel()
    answers = []
    reply = channel.queue_declare(exclusive=True).queue
    channel.basic_consume(reply, no_ack=True, callback=answers.append)
    message = {"method": "oslo_rpc_server_ping", "args": {}, "_msg_id": uuid.uuid4().hex, "_unique_id": uuid.uuid4().hex, "_reply_q": reply}
    body = json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)})
    asked = amqp.Message(body, content_type="application/json", content_encoding="utf-8", expiration=str(patience * 1000))
    channel.basic_publish(asked, routing_key=queue, mandatory=True)
    end = time.monotonic() + patience
    while not answers and time.monotonic() < end:
        connection.drain_events(timeout=max(0.1, end - time.monotonic()))
    return bool(answers)


connection = connected()
if connection is None:
    print("BrokerAway: no broker takes a connection")
    sys.exit(1 if broker_away == "fails" else 0)
try:
    served = answered(connection)
except (OSError, amqp.AMQPError):
    served = False
print("" if served else f"Silent: nobody answers on queue {queue}")
sys.exit(0 if served else 1)
`;
