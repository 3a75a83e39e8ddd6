import { defineService } from "./define.ts";

/** What hosts have to give, and what of it is taken. */
export const placement = defineService({
  name: "placement",
  type: "placement",
  description: "OpenStack Placement",
  after: ["keystone"],
  databases: [{ name: "placement", section: "placement_database" }],
  messaging: false,
  processes: [
    {
      name: "api",
      // The document of versions is all that it tells those without a token (placement:placement/handlers/root.py).
      run: { wsgi: "placement.wsgi.api:application", port: 8778, health: "/" },
      requests: { cpu: "100m", memory: "128Mi" },
    },
  ],
  endpointPath: "",
  config: () => ({ api: { auth_strategy: "keystone" } }),
  reserved: ["api.auth_strategy"],
  traits: [],
  setup: [],
  user: { roles: ["service"] },
  passwords: [],
  upgrade: {
    check: ["placement-status", "upgrade", "check"],
    before: [["placement-manage", "db", "sync"]],
    contract: [["placement-manage", "db", "online_data_migrations"]],
  },
});
