import { defineService } from "./define.ts";

const folder = "/var/lib/glance";

/** Images, in files on a volume. */
export const glance = defineService({
  name: "glance",
  type: "image",
  description: "OpenStack Image",
  after: ["keystone"],
  configFile: "glance-api.conf",
  databases: [{ name: "glance", section: "database" }],
  messaging: false,
  processes: [
    {
      name: "api",
      run: {
        wsgi: "glance.wsgi.api:application",
        port: 9292,
        health: "/healthcheck",
        // An upload comes as slowly as its user's line lets it; uWSGI would wait four seconds for the next piece.
        options: ["--socket-timeout", "60"],
      },
      requests: { cpu: "100m", memory: "256Mi" },
      volume: { path: folder },
    },
  ],
  endpointPath: "",
  config: () => ({
    DEFAULT: { enabled_backends: "file:file" },
    glance_store: { default_backend: "file" },
    file: { filesystem_store_datadir: `${folder}/images` },
    os_glance_staging_store: { filesystem_store_datadir: `${folder}/staging` },
    os_glance_tasks_store: { filesystem_store_datadir: `${folder}/tasks` },
    paste_deploy: { flavor: "keystone", config_file: "/opt/openstack/etc/glance/glance-api-paste.ini" },
    oslo_messaging_notifications: { driver: "noop" },
  }),
  reserved: ["paste_deploy.flavor", "paste_deploy.config_file"],
  traits: [],
  setup: [],
  user: { roles: ["service"] },
  passwords: [],
  upgrade: {
    check: ["glance-status", "upgrade", "check"],
    before: [["glance-manage", "db", "sync"]],
    contract: [],
  },
});
