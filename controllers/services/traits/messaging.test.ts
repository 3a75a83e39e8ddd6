import { contextWith, specOf, withoutValues } from "../../testing/render.ts";
import { brokerSecrets, messagingAccountOf, messagingOptions, ownBroker, transportUrl } from "./messaging.ts";

const shared = { name: "teapot", messaging: true } as const;
const apart = { name: "nova-cell1", messaging: { virtualHost: "cell1" } } as const;

const access = { type: "Administrator", administrator: { credentials: { name: "broker-admin" } } };
const brokerOf = (wishes: object) => {
  const external = { hosts: [{ name: "mq.example.org" }], access, ...wishes };
  return contextWith({ spec: specOf({ messaging: { type: "External", external } }) });
};
const own = contextWith();
const foreign = brokerOf({ virtualHost: "prod", tls: { ca: { name: "broker-ca" } } });
const plain = brokerOf({ tls: { enabled: false } });

it("has an account of the Cloud, called by the virtual host where that tells clouds apart", () => {
  expect(messagingAccountOf(own)).toBe("nephos");
  expect(messagingAccountOf(plain)).toBe("nephos");
  expect(messagingAccountOf(foreign)).toBe("prod");
});

it("has one more for who has a virtual host of its own, and a password for it", () => {
  expect(ownBroker(shared, own)).toBeUndefined();
  expect(brokerSecrets(shared)).toEqual([]);
  expect(ownBroker(apart, own)).toEqual({ name: "cell1", secret: "nova-cell1-messaging" });
  expect(ownBroker(apart, plain)).toEqual({ name: "cell1", secret: "nova-cell1-messaging" });
  expect(ownBroker(apart, foreign)).toEqual({ name: "prod-cell1", secret: "nova-cell1-messaging" });
  expect(brokerSecrets(apart)).toMatchObject([{ metadata: { name: "nova-cell1-messaging" } }]);
});

it("is found by account, members and virtual host", () => {
  expect(withoutValues(transportUrl(shared, own))).toBe("rabbit://nephos:<rabbitmq/password>@rabbitmq:5671/");
  expect(withoutValues(transportUrl(shared, foreign))).toBe(
    "rabbit://prod:<rabbitmq/password>@mq.example.org:5671/prod",
  );
  expect(withoutValues(transportUrl(apart, own))).toBe(
    "rabbit://cell1:<nova-cell1-messaging/password>@rabbitmq:5671/cell1",
  );
  expect(withoutValues(transportUrl(apart, foreign))).toBe(
    "rabbit://prod-cell1:<nova-cell1-messaging/password>@mq.example.org:5671/prod-cell1",
  );
  expect(transportUrl(shared, own)).not.toContain("");
});

it("is found with the account that the user gives, one time for each member", () => {
  const given = brokerOf({
    hosts: [{ name: "a.example.org" }, { name: "::2" }],
    access: { type: "Account", account: { name: "mine" } },
  });
  const account = "<mine/usernameurl>:<mine/passwordurl>";
  expect(withoutValues(transportUrl(shared, given))).toBe(
    `rabbit://${account}@a.example.org:5671,${account}@[::2]:5671/`,
  );
});

it("keeps queues of every process apart, and is spoken to by TLS unless somebody says otherwise", () => {
  const rabbit = (context: typeof own) => messagingOptions(shared, "api", context)["oslo_messaging_rabbit"];
  expect(rabbit(own)).toMatchObject({ processname: "teapot-api", ssl: true, ssl_ca_file: "/etc/tls/ca/ca.crt" });
  expect(rabbit(foreign)).toMatchObject({ ssl: true, ssl_ca_file: "/etc/nephos/messaging-ca/ca.crt" });
  expect(Object.keys(rabbit(plain) ?? {})).not.toContain("ssl");
});
