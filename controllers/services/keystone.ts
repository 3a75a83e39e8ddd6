import { defineService } from "./define.ts";
import { passwordOf } from "./secret.ts";
import { cacheOptions } from "./traits/cache.ts";
import { rotatingKeys } from "./traits/rotating-keys.ts";

/** The user by which Nephos acts in Keystone; `bootstrap` makes it. */
export const operatorUser = { name: "nephos", secret: "keystone-nephos" } as const;

const bootstrapScript = `
import pathlib, sys
password = pathlib.Path("/run/secrets/nephos/${operatorUser.secret}/password").read_text()
sys.argv = ["keystone-manage", "bootstrap", "--bootstrap-username", "${operatorUser.name}", "--bootstrap-project-name", "admin",
            "--bootstrap-role-name", "admin", "--bootstrap-password", password]
from keystone.cmd.manage import main
main()
`.trim();

/** Identity: tokens, users and the catalogue of everything else. */
export const keystone = defineService({
  name: "keystone",
  type: "identity",
  description: "OpenStack Identity",
  after: [],
  databases: [{ name: "keystone", section: "database" }],
  messaging: false,
  environment: { OS_KEYSTONE_CONFIG_DIR: "/etc/keystone", OS_KEYSTONE_CONFIG_FILES: "keystone.conf" },
  processes: [
    {
      name: "api",
      run: { wsgi: "keystone.wsgi.api:application", port: 5000, health: "/healthcheck" },
      requests: { cpu: "100m", memory: "256Mi" },
    },
  ],
  endpointPath: "/v3",
  config: () => ({
    token: { provider: "fernet" },
    ...cacheOptions,
    oslo_messaging_notifications: { driver: "noop" },
  }),
  reserved: [
    "fernet_tokens.key_repository",
    "fernet_receipts.key_repository",
    "credential.key_repository",
    "token.provider",
  ],
  traits: [
    rotatingKeys({ name: "fernet", section: "fernet_tokens", keep: 5, everyDays: 1 }),
    rotatingKeys({ name: "receipt", section: "fernet_receipts", keep: 5, everyDays: 1 }),
    rotatingKeys({ name: "credential", section: "credential", keep: 3 }),
  ],
  // The password goes from the mounted file into the program's own memory: neither argv nor environment ever holds it.
  setup: [
    { name: "bootstrap", command: ["python3", "-c", bootstrapScript], secrets: [passwordOf(operatorUser.secret)] },
  ],
  passwords: [operatorUser.secret, "keystone-admin"],
  registration: () => ({
    projects: ["admin", "service"],
    roles: ["service"],
    users: [
      {
        name: "admin",
        passwordFrom: { name: "keystone-admin", key: "password" },
        keep: "Created",
        assignments: [
          { role: "admin", project: "admin" },
          { role: "admin", system: "all" },
        ],
      },
    ],
  }),
  upgrade: {
    check: ["keystone-status", "upgrade", "check"],
    before: [["keystone-manage", "db_sync", "--expand"]],
    contract: [["keystone-manage", "db_sync", "--contract"]],
  },
});
