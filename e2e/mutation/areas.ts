import { join } from "node:path";

/** A module that is mutated, and the tests that have to notice. */
export interface Area {
  readonly module: string;
  readonly tests: readonly string[];
}

/** How an area is called: `operator-plan`. */
export function nameOf({ module }: Area): string {
  return module.replace(/\.ts$/, "").replaceAll("/", "-");
}

/** A module and tests in its folder; those beside it, where none are named. */
function held(module: string, ...tests: readonly string[]): Area {
  const [folder, name] = [module.slice(0, module.lastIndexOf("/")), module.slice(module.lastIndexOf("/") + 1)];
  const names = tests.length === 0 ? [name] : tests;
  return { module: `${module}.ts`, tests: names.map((each) => join(folder, `${each}.test.ts`)) };
}

const operator = ["access", "conditions", "covers", "digest", "object", "outcome", "plan", "pods", "verdict", "engine"];
const services = ["manifests", "pod", "public", "render", "secret"];
const cloud = ["claim", "host", "plan"];

/**
 * The pure modules. Each is held by the tests that are about it and by no others: a mutant that only some far test notices is one
 * that nobody who changes the module would find. Every mutant costs at least the start of its tests.
 */
export const areas: readonly Area[] = [
  ...operator.map((name) => held(`operator/${name}`)),
  held("operator/dress", "dress", "engine"),
  held("operator/recipe", "recipe", "key-ring"),
  ...services.map((name) => held(`controllers/services/${name}`, ...ownTests(name), "services")),
  held("controllers/services/database", "../cloud/servers", "../cloud/external", "services"),
  held("controllers/services/oslo"),
  held("controllers/services/registration"),
  held("controllers/services/process", "process", "services"),
  held("controllers/services/traits/messaging"),
  held("controllers/services/traits/rotating-keys", "rotating-keys", "../services"),
  ...cloud.map((name) => held(`controllers/cloud/${name}`, "order", "plan")),
  held("controllers/cloud/cache", "order", "external"),
  held("controllers/cloud/record", "record", "order", "plan"),
  ...["database", "messaging"].map((name) => held(`controllers/cloud/${name}`, "plan", "servers", "external")),
  held("controllers/cloud/status"),
  held("controllers/registration/plan"),
  held("controllers/network/plan"),
  held("controllers/network/provider-plan", "provider"),
  held("controllers/cell/plan"),
  held("controllers/compute/waves"),
  held("controllers/compute/rest", "rest", "pool"),
];

/** Those services' modules that have a test beside them. */
function ownTests(name: string): readonly string[] {
  return ["manifests", "pod", "public", "render"].includes(name) ? [name] : [];
}
