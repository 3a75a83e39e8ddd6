import { type ServiceContext, defineService } from "../services/define.ts";
import { contextWith, specOf } from "./render.ts";

/** A service that no cloud has, with what the first real ones do not use: the broker, a second database, and programs beside the API. */
export const teapot = defineService({
  name: "teapot",
  type: "tea",
  description: "OpenStack Tea",
  after: ["keystone"],
  databases: [
    { name: "teapot", section: "database" },
    { name: "teapot_api", section: "api_database" },
  ],
  messaging: true,
  finalExitCodes: [127],
  processes: [
    {
      name: "api",
      run: { wsgi: "teapot.wsgi.api:application", port: 4180, health: "/healthcheck" },
      requests: { cpu: "50m", memory: "128Mi" },
    },
    {
      name: "brewer",
      run: { command: ["teapot-brewer", "--hot"], topic: "brewer", stopInSeconds: 200 },
      requests: { cpu: "20m", memory: "96Mi" },
      config: ({ region }) => ({ tea: { steep_seconds: 240, water: `${region}-spring` } }),
    },
    { name: "washer", run: { command: ["teapot-washer"] }, requests: { cpu: "10m", memory: "64Mi" } },
  ],
  endpointPath: "/v1",
  config: ({ region }) => ({ tea: { kinds: ["green", "black"], region_name: region, steep_seconds: 180 } }),
  reserved: ["tea.region_name"],
  traits: [],
  setup: [],
  user: { roles: ["service"] },
  passwords: [],
  upgrade: {
    check: ["teapot-status", "upgrade", "check"],
    before: [
      ["teapot-manage", "db", "expand"],
      ["teapot-manage", "api_db", "expand"],
    ],
    contract: [],
  },
});

const { user: _, ...nobody } = teapot;

/** Another, which comes after the teapot, is an API and nothing else, checks no tokens and has something to contract. */
export const kettle = defineService({
  ...nobody,
  name: "kettle",
  type: "water",
  description: "OpenStack Water",
  after: ["teapot"],
  processes: teapot.processes.slice(0, 1),
  databases: [{ name: "kettle", section: "database" }],
  messaging: false,
  reserved: [],
  config: () => ({ water: { hot: true } }),
  upgrade: {
    check: ["kettle-status", "upgrade", "check"],
    before: [["kettle-manage", "db_sync", "--expand"]],
    contract: [["kettle-manage", "db_sync", "--contract"]],
  },
});

/** A context in which the teapot has a port of its own, as the Cloud's schema gives one to every real service. */
export function teapotContext(wishes: Readonly<Record<string, unknown>> = {}): ServiceContext {
  const spec = specOf();
  const ports = { ...spec.exposure.ports, teapot: 30418 };
  const services = { ...spec.services, teapot: { replicas: 2, ...wishes } };
  return contextWith({ spec: { ...spec, exposure: { ...spec.exposure, ports }, services } });
}
