import { at, listAt, type Manifest, textAt } from "../../operator/object.ts";
import { specOf } from "../testing/render.ts";
import { teapot, teapotContext } from "../testing/teapot.ts";
import { configOf, configSecret, refusedOptions } from "./config.ts";
import type { Process, Program } from "./define.ts";
import { processObjects } from "./process.ts";
import { apiWorkloadsOf, rollingWorkloadsOf, workloadsOf } from "./workloads.ts";

const context = teapotContext();
const processNamed = (name: string): Process => {
  const found = teapot.processes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no process ${name}`);
  return found;
};
const [api, brewer, washer] = ["api", "brewer", "washer"].map(processNamed);
const objectsOf = (process: Process | undefined, spec = context.spec): Manifest[] =>
  process === undefined ? [] : processObjects(teapot, { ...context, spec }, process);
const podOf = (process: Process | undefined): unknown => at(objectsOf(process)[0], "spec", "template", "spec");
const containerOf = (process: Process | undefined): unknown => listAt(podOf(process), "containers")[0];
const fileOf = (process: Process | undefined) => configOf(teapot, context, process);

describe("a program of a service", () => {
  it("runs in pods that keep their names, all at once, and is not behind a Service", () => {
    expect(objectsOf(brewer).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "StatefulSet teapot-brewer",
      "PodDisruptionBudget teapot-brewer",
    ]);
    expect(at(objectsOf(brewer)[0], "spec")).toMatchObject({ podManagementPolicy: "Parallel", replicas: 2 });
  });

  it("runs its command, and has as long as it asks for to stop", () => {
    expect(at(containerOf(brewer), "args")).toEqual(["teapot-brewer", "--hot"]);
    expect(at(podOf(brewer), "terminationGracePeriodSeconds")).toBe(200);
    expect(fileOf(brewer)["DEFAULT"]).toMatchObject({ graceful_shutdown_timeout: 190 });
    expect(at(podOf(washer), "terminationGracePeriodSeconds")).toBe(90);
    expect(fileOf(washer)["DEFAULT"]).toMatchObject({ graceful_shutdown_timeout: 80 });
  });

  it("with a volume has one pod", () => {
    const kept: Process | undefined = brewer && { ...brewer, volume: { path: "/var/lib/teapot" } };
    const [set] = objectsOf(kept);
    expect(at(set, "spec")).toMatchObject({ replicas: 1, volumeClaimTemplates: [{ metadata: { name: "data" } }] });
    expect(at(containerOf(kept), "volumeMounts")).toContainEqual({ name: "data", mountPath: "/var/lib/teapot" });
  });

  it("has its own options over those of the service, and under those of the user", () => {
    expect(fileOf(api)["tea"]).toMatchObject({ steep_seconds: 180, region_name: "RegionOne" });
    expect(fileOf(brewer)["tea"]).toMatchObject({ steep_seconds: 240, region_name: "RegionOne" });
    const config = { tea: { steep_seconds: { value: 300 } } };
    expect(configOf(teapot, teapotContext({ config }), brewer)["tea"]).toMatchObject({ steep_seconds: 300 });
  });

  it("has queues that are called after it", () => {
    const namesIn = [api, brewer, washer].map((process) => fileOf(process)["oslo_messaging_rabbit"]?.["processname"]);
    expect(namesIn).toEqual(["teapot-api", "teapot-brewer", "teapot-washer"]);
  });
});

describe("a program that serves RPC", () => {
  const ping = ["python3", "/etc/nephos/rpc-ping.py", "/etc/teapot/teapot.conf", "brewer"];

  it("has started when it answers, and is started anew when it alone does not", () => {
    expect(containerOf(brewer)).toMatchObject({
      startupProbe: { exec: { command: [...ping, "fails"] } },
      livenessProbe: { exec: { command: [...ping, "passes"] } },
    });
    expect(fileOf(brewer)["DEFAULT"]).toMatchObject({ rpc_ping_enabled: true });
  });

  it("finds what asks it beside its configuration", () => {
    const mount = { name: "config", mountPath: "/etc/nephos/rpc-ping.py", subPath: "rpc-ping.py", readOnly: true };
    expect(at(containerOf(brewer), "volumeMounts")).toContainEqual(mount);
  });

  it("cannot be told by a user not to answer, nor to go on after it has to stop", () => {
    const config = {
      DEFAULT: { rpc_ping_enabled: { value: false }, graceful_shutdown_timeout: { value: 0 }, debug: { value: true } },
    };
    expect(refusedOptions(teapot, teapotContext({ config }))).toEqual([
      "spec.services.teapot.config.DEFAULT.graceful_shutdown_timeout",
      "spec.services.teapot.config.DEFAULT.rpc_ping_enabled",
    ]);
  });
});

describe("a program that serves none", () => {
  it("lives as long as its process does, and counts once that did not end soon", () => {
    expect(Object.keys(Object(containerOf(washer))).filter((field) => field.endsWith("Probe"))).toEqual([]);
    expect(at(objectsOf(washer)[0], "spec", "minReadySeconds")).toBe(15);
    expect(at(objectsOf(brewer)[0], "spec", "minReadySeconds")).toBeUndefined();
    expect(fileOf(washer)["DEFAULT"]).not.toHaveProperty("rpc_ping_enabled");
  });
});

it("of a service only APIs answer, and of these only those without a volume go on while they are replaced", () => {
  const run: Program = { command: ["teapot-saucer"] };
  const [kept, saucer] = [
    {
      name: "kept",
      run: { wsgi: "teapot:kept", port: 1, health: "/" },
      requests: { cpu: "1", memory: "1" },
      volume: { path: "/" },
    },
    { name: "saucer", run, requests: { cpu: "1", memory: "1" } },
  ];
  const services = [{ ...teapot, processes: [...teapot.processes.slice(0, 1), kept, saucer] }];
  expect(workloadsOf(services)).toEqual(["teapot-api", "teapot-kept", "teapot-saucer"]);
  expect(apiWorkloadsOf(services)).toEqual(["teapot-api", "teapot-kept"]);
  expect(rollingWorkloadsOf(services)).toEqual(["teapot-api"]);
});

describe("a server of a service", () => {
  const argumentsOf = (workers?: number): string => {
    const run = { wsgi: "teapot:api", port: 1, health: "/", ...(workers === undefined ? {} : { workers }) };
    const args = listAt(containerOf(api && { ...api, run }), "args");
    return args.map(String).join(" ");
  };

  it("has one worker with threads, or as many as it asks for, and always the same number", () => {
    expect(argumentsOf()).toContain("--processes 1 --threads 8 ");
    expect(argumentsOf(3)).toContain("--processes 3 --threads 8 ");
    expect(argumentsOf()).not.toContain("--cheaper");
  });

  it("finds what it is told by a file beside its configuration", () => {
    const run = { wsgi: "teapot:api", port: 1, health: "/", fileOptions: ["start-time = %t"] };
    const told = api && { ...api, run };
    expect(at(containerOf(told), "args")).toEqual(expect.arrayContaining(["--ini", "/etc/nephos/uwsgi.ini"]));
    const mount = { name: "config", mountPath: "/etc/nephos/uwsgi.ini", subPath: "uwsgi.ini", readOnly: true };
    expect(at(containerOf(told), "volumeMounts")).toContainEqual(mount);
    expect(configSecret(teapot, context, told).recipe["uwsgi.ini"]).toEqual({ parts: ["[uwsgi]\nstart-time = %t\n"] });
  });

  it("is of the release that it is written for", () => {
    const [deployment] = objectsOf(api, specOf());
    expect(textAt(deployment, "metadata", "labels", "app.kubernetes.io/version")).toBe(context.release);
  });
});
