import type { Step } from "../../operator/plan.ts";
import { contextWith, specOf } from "../testing/render.ts";
import { kettle, teapot, teapotContext } from "../testing/teapot.ts";
import type { ServiceContext } from "./define.ts";
import { renderService } from "./render.ts";

const stepOf = (steps: readonly Step[], name: string): Step => {
  const found = steps.find((step) => step.name === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
};
const teapotSteps = (changes: Partial<ServiceContext> = {}): Step[] =>
  renderService(teapot, { ...teapotContext(), ...changes });
const namesIn = ({ objects }: Step): string[] => objects.map(({ metadata }) => metadata.name);

describe("the schema of a service", () => {
  it("is not touched while the plan holds it, and only that is held", () => {
    const held = { is: "waiting", on: "cloud/record" } as const;
    expect(teapotSteps({ held }).flatMap((step) => (step.held === undefined ? [] : [[step.name, step.held]]))).toEqual([
      ["teapot/expand", held],
    ]);
  });

  it("is free otherwise", () => {
    expect(stepOf(teapotSteps(), "teapot/expand")).not.toHaveProperty("held");
  });
});

describe("the servers of a service, in the upgrade of a cloud,", () => {
  const upgrade = {
    gates: ["kettle/expand"],
    rolled: { keystone: ["keystone/registration", "keystone/workers"], kettle: ["kettle/registration"] },
  };

  it("roll when the schemas of all are ready and what they stand on has rolled; what only the new release can read comes when all have rolled", () => {
    const steps = teapotSteps({ upgrade });
    expect(stepOf(steps, "teapot/api").after).toContain("keystone/registration");
    expect(stepOf(steps, "teapot/api").after).toContain("keystone/workers");
    expect(stepOf(steps, "teapot/api").after).toContain("kettle/expand");
    expect(stepOf(steps, "teapot/contract").after).toEqual([
      "teapot/api",
      "teapot/registration",
      "teapot/workers",
      "keystone/registration",
      "keystone/workers",
      "kettle/registration",
    ]);
  });

  const spec = specOf({ release: "2026.1" });
  const context = { ...teapotContext(), release: "2026.1", minute: 1 } as const;
  const asked: string[] = [];
  const steps = renderService(teapot, {
    ...context,
    running: (workload) => {
      asked.push(workload);
      return "2025.1";
    },
  });
  const older = renderService(teapot, { ...context, release: "2025.1" });

  it("are cared for meanwhile as what they are, and asked for by their names", () => {
    expect(spec.release).toBe(context.release);
    expect(new Set(asked)).toEqual(new Set(["teapot-api", "teapot-brewer", "teapot-washer"]));
    expect(stepOf(steps, "teapot/api").meanwhile).toEqual(stepOf(older, "teapot/api").objects);
    expect(stepOf(steps, "teapot/api").objects).not.toEqual(stepOf(older, "teapot/api").objects);
  });

  it("keep the configuration of what runs beside that of what is wanted, each once", () => {
    const same = renderService(teapot, { ...context, running: () => "2026.1" });
    const now = namesIn(stepOf(same, "teapot/config"));
    const configsIn = (names: readonly string[]) => names.filter((name) => name.startsWith("teapot-config-"));
    const before = configsIn(namesIn(stepOf(older, "teapot/config")));
    const both = namesIn(stepOf(steps, "teapot/config"));
    // One for each process.
    expect(configsIn(now)).toHaveLength(3);
    expect(new Set(both)).toEqual(new Set([...now, ...before]));
    expect(both).toHaveLength(new Set(both).size);
  });
});

it("programs come after the service's user is in Keystone, as whom they log in", () => {
  const workers = stepOf(teapotSteps(), "teapot/workers");
  expect(workers.after).toContain("teapot/registration");
  expect(namesIn(workers)).toEqual(["teapot-brewer", "teapot-brewer", "teapot-washer", "teapot-washer"]);
  expect(namesIn(stepOf(teapotSteps(), "teapot/api"))).not.toContain("teapot-brewer");
});

it("a process that does not run yet wants nothing meanwhile", () => {
  expect(stepOf(teapotSteps(), "teapot/api").meanwhile).toEqual([]);
});

describe("a service that needs little", () => {
  const plain = { ...kettle, databases: [], after: [], processes: kettle.processes.slice(0, 1) };
  const context = { ...contextWith(), spec: teapotContext().spec };
  const ports = { ...context.spec.exposure.ports, kettle: 30419 };
  const services = { ...context.spec.services, kettle: { replicas: 1 } };
  const spec = { ...context.spec, exposure: { ...context.spec.exposure, ports }, services };
  const steps = renderService(plain, { ...context, spec });

  it("has a configuration and nothing for a database", () => {
    expect(namesIn(stepOf(steps, "kettle/config"))).toEqual([expect.stringMatching(/^kettle-config-/), "kettle-tls"]);
    expect(stepOf(steps, "kettle/config").after).toEqual(["kettle/secrets", "tls/trust", "database/secrets"]);
    expect(stepOf(steps, "kettle/database").objects).toEqual([]);
    expect(stepOf(steps, "kettle/secrets").objects).toEqual([]);
  });

  it("waits for no broker and no other service", () => {
    expect(stepOf(steps, "kettle/api").after).toEqual([
      "kettle/expand",
      "database/server",
      "cache/server",
      "tls/public",
    ]);
  });
});
