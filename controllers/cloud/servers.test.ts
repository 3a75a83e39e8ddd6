import { at, listAt } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import { contextWith, specOf } from "../testing/render.ts";
import { cacheSteps } from "./cache.ts";
import { databaseSteps } from "./database.ts";
import { messagingSteps } from "./messaging.ts";

const managed = (memory: object) => ({ managed: { resources: memory } });
const asking = (memory: string) => managed({ requests: { memory } });
const limited = (memory: string) => managed({ limits: { memory } });

const steps = {
  database: (wishes: object) => databaseSteps(contextWith({ spec: specOf({ database: wishes }) }), []),
  messaging: (wishes: object) => messagingSteps(contextWith({ spec: specOf({ messaging: wishes }) }), []),
  cache: (wishes: object) => cacheSteps(contextWith({ spec: specOf({ cache: wishes }) }), undefined),
};

const containersIn = (all: readonly Step[]): readonly unknown[] =>
  all.flatMap(({ objects }) => objects.flatMap((each) => listAt(each, "spec", "template", "spec", "containers")));

describe("a server that Nephos runs", () => {
  it.each([
    ["database", "caches half of the memory that it asks for", {}, "innodb_buffer_pool_size = 256M"],
    ["database", "caches more where more is asked for", asking("4Gi"), "innodb_buffer_pool_size = 2048M"],
    ["database", "asks for its limit, where only that is said", limited("1Gi"), "innodb_buffer_pool_size = 512M"],
    ["database", "has some cache in any case", asking("1Mi"), "innodb_buffer_pool_size = 16M"],
    ["messaging", "takes twice what it asks for", {}, "vm_memory_high_watermark.absolute = 512MiB"],
    ["messaging", "stays below its limit", limited("1000Mi"), "vm_memory_high_watermark.absolute = 600MiB"],
    ["cache", "remembers two thirds of what it asks for", {}, "--memory-limit=64"],
    ["cache", "remembers more where more is asked for", asking("768Mi"), "--memory-limit=512"],
  ] as const)("as %s %s", (part, _, wishes, expected) => {
    expect(JSON.stringify(steps[part](wishes))).toContain(expected);
  });

  it.each(["database", "messaging", "cache"] as const)("has the resources that the user wants of the %s", (part) => {
    const [container] = containersIn(steps[part](managed({ requests: { cpu: 2 }, limits: { memory: "2Gi" } })));
    expect(at(container, "resources")).toEqual({ requests: { cpu: "2" }, limits: { memory: "2Gi" } });
  });
});
