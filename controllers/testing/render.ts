import { stringify } from "yaml";
import { cloudSpec, type CloudSpec } from "../../crds/cloud.ts";
import { networkSpec, type NetworkSpec } from "../../crds/network.ts";
import type { Step } from "../../operator/plan.ts";
import type { Part } from "../../operator/recipe.ts";
import type { Means } from "../cloud/plan.ts";
import { upgradePaths } from "../releases/index.ts";
import { services } from "../services/index.ts";
import type { ServiceContext } from "../services/define.ts";
import { namespace } from "./world.ts";

/** A spec with all defaults, from what a user would write. */
export function specOf(wishes: object = {}): CloudSpec {
  return cloudSpec.parse({ release: "2026.1", ...wishes });
}

/** A Network's spec with all defaults and one physical network, from what a user would write. */
export function networkOf(wishes: object = {}): NetworkSpec {
  const physicalNetworks = [{ name: "physnet1", bridge: "br-ex" }];
  return networkSpec.parse({ cloud: { name: "prod" }, physicalNetworks, ...wishes });
}

/** What an operator brings along, in tests: the real services, images under a name that nobody has. */
export const means: Means = {
  services,
  images: (name) => `registry.example.org/nephos/${name}`,
  paths: upgradePaths,
};

/** The same with the first service only, for what holds of a plan whatever its services are. */
export const withKeystone: Means = { ...means, services: services.slice(0, 1) };

/** What services are rendered from, in tests. */
export function contextWith(changes: Partial<ServiceContext> = {}): ServiceContext {
  const spec = changes.spec ?? specOf();
  return {
    namespace,
    cloud: "prod",
    release: spec.release,
    minute: 29_000_000,
    running: () => undefined,
    attached: () => undefined,
    versionOf: () => "1",
    lacks: () => false,
    upgrade: { gates: [], rolled: {} },
    region: spec.region,
    spec,
    network: {
      ...{ name: "fabric", spec: networkOf() },
      ...{ northbound: "ssl:10.96.0.6:6641", southbound: "ssl:10.96.0.7:6642" },
    },
    publicHost: "192.0.2.10",
    authority: "authority-1",
    certificates: () => "c0ffee00",
    incarnation: "volume-1",
    broker: "volume-2",
    cells: [],
    image: (name) => `registry.example.org/nephos/${name}`,
    ...changes,
  };
}

/** Steps as golden files have them: what they want, without what is computed while they are judged. */
export function stepsYaml(steps: readonly Step[]): string {
  const shown = steps.map(({ name, after, objects, held }) => ({
    step: name,
    after,
    ...(held === undefined ? {} : { held }),
    objects,
  }));
  return shown.map((step) => stringify(step, { lineWidth: 140, aliasDuplicateObjects: false })).join("---\n");
}

/** A composed value as people read it: `<secret/key>`, with how it is written, where a Secret's value goes. */
export function withoutValues(parts: readonly Part[]): string {
  return parts
    .map((part) => (typeof part === "string" ? part : `<${part.secret}/${part.key}${part.as ?? ""}>`))
    .join("");
}
