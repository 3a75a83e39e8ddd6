import fc from "fast-check";
import { live } from "../../../operator/testing/objects.ts";
import { encoded } from "../testing/memory.ts";
import { censored, redactor, sensitiveFields, sensitiveIn } from "./redact.ts";

const secret = (data: Readonly<Record<string, string>>) =>
  live({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encoded(value)])),
  });
const redact = (data: Readonly<Record<string, string>>, text: string): string =>
  redactor(sensitiveIn(secret(data)))(text);

const canary = 'C4nary/+"\\ä p&ss';
const pem =
  "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\nAwEHoUQDQgAEPR3tU2Fta9ktY+6P9G0cWO+0kETA6SFs38GecT\n-----END EC PRIVATE KEY-----\n";

describe("a value of a Secret", () => {
  it.each([
    ["as it is", canary],
    ["in a URL", encodeURIComponent(canary)],
    ["in JSON", JSON.stringify({ a: canary })],
    ["in base64", encoded(canary)],
    ["in base64 for URLs", Buffer.from(canary).toString("base64url")],
  ])("is taken out where it stands %s", (_, form) => {
    const text = redact({ password: canary }, `before ${form} after`);
    expect(text).toContain("<redacted: Secret s/password>");
    expect(text).toMatch(/^before .* after$/);
    expect(text).not.toContain("nary");
  });

  it("is taken out of the middle of other text, unless it is short: then only as a word of its own", () => {
    expect(redact({ password: "abcdefgh" }, "xabcdefghx")).toBe("x<redacted: Secret s/password>x");
    expect(redact({ password: "abcd" }, "abcd xabcdx")).toBe("<redacted: Secret s/password> xabcdx");
  });

  it("is found line by line where it is a key of several lines", () => {
    const line = pem.split("\n")[1] ?? "";
    expect(redact({ "tls.key": pem }, `log: ${line}`)).toBe("log: <redacted: Secret s/tls.key>");
  });

  it("is found where it stands in a file that the Secret holds", () => {
    const file = "[a]\nurl = mysql://u:old-password-1@db\nadmin_password = old-password-2\n";
    const text = redact({ "a.conf": file }, "it was old-password-1, then old-password-2");
    expect(text).toBe("it was <redacted: Secret s/a.conf>, then <redacted: Secret s/a.conf>");
  });

  it("is left where everybody may know it", () => {
    expect(redact({ username: "keystone", "ca.crt": "certificate" }, "keystone certificate")).toBe(
      "keystone certificate",
    );
  });

  it("never stays in a text, whatever it is and wherever it stands", () => {
    const value = fc.string({ minLength: 8, maxLength: 40, unit: "binary" }).filter((each) => each.trim().length >= 8);
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (password, before, after) => {
        const text = redact({ password }, `${before}\n${password}\n${after}`);
        expect("<redacted: Secret s/password>".includes(password) || !text.includes(password)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("what looks like a secret", () => {
  it.each([
    ["a password in a URL", "amqp://nova:hunter2@rabbitmq:5671", "amqp://nova:<redacted>@rabbitmq:5671"],
    ["a token of Keystone", "token gAAAAABpAbCdEfGhIjKlMnOpQrStUvWxYz0123456789== here", "token <redacted> here"],
    ["a header", '"X-Auth-Token: abc123" next', '"X-Auth-Token: <redacted>" next'],
    ["a bearer", "authorization: Bearer abc.def next", "authorization: Bearer <redacted> next"],
    ["an assigned password", "db_password=hunter2 next", "db_password=<redacted> next"],
    ["a private key", `before\n${pem}after`, "before\n<redacted>\nafter"],
  ])("is taken out though nobody knows it: %s", (_, text, expected) => {
    expect(redactor([])(text)).toBe(expected);
  });

  it.each([
    "http://keystone.openstack.svc:5000/v3",
    "password = Path(file).read_text()",
    "expires at 12:00:00",
    "user@host",
  ])("is not %s", (text) => {
    expect(redactor([])(text)).toBe(text);
  });
});

describe("an object", () => {
  const object = {
    spec: {
      config: {
        ldap: {
          password: { value: "hunter2hunter2" },
          url: { value: "ldap://x" },
          user_tree_dn: { value: "ou=users" },
        },
        other: { pin_password: { value: 12345678 }, old_token: { values: ["hunter4hunter4", "hunter5hunter5"] } },
        token: { expiration: { value: 60 } },
      },
      env: [
        { name: "DB_PASSWORD", value: "hunter3hunter3" },
        { name: "HOME", value: "/root" },
      ],
      passwordFrom: { name: "s", key: "password" },
      secretName: "s",
    },
  };

  it("loses what stands below a name that sounds secret, and keeps its references", () => {
    expect(censored(object)).toEqual({
      spec: {
        config: {
          ldap: { password: { value: "<redacted>" }, url: { value: "ldap://x" }, user_tree_dn: { value: "ou=users" } },
          other: { pin_password: { value: "<redacted>" }, old_token: { values: ["<redacted>", "<redacted>"] } },
          token: { expiration: { value: 60 } },
        },
        env: [
          { name: "DB_PASSWORD", value: "<redacted>" },
          { name: "HOME", value: "/root" },
        ],
        passwordFrom: { name: "s", key: "password" },
        secretName: "s",
      },
    });
  });

  it("tells those values, so that they are found in logs as well", () => {
    const clean = redactor(sensitiveFields(object, "Cloud demo"));
    expect(clean("hunter2hunter2 and hunter3hunter3 of /root")).toBe(
      "<redacted: Cloud demo> and <redacted: Cloud demo> of /root",
    );
    expect(clean("12345678, hunter5hunter5, 60")).toBe("<redacted: Cloud demo>, <redacted: Cloud demo>, 60");
  });
});
